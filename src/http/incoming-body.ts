// A request's body that is still coming in: chunks in order, handed to whoever asks for the next one. The engine reads
// on from the client as far as chunks are taken. Runs in workers.
import { PronghornError } from '../errors.js';
import { PieceQueue } from './piece-queue.js';

export interface BodySource {
  /** The application wants the body: a client that waits for 100 Continue gets it. */
  start(): void;
  /** So many bytes have been taken. */
  take(bytes: number): void;
  /** Nobody will take the rest. */
  leave(): void;
}

export class IncomingBody {
  private readonly source: BodySource;
  private readonly chunks = new PieceQueue();
  private state: 'open' | 'complete' | 'gone' | 'left' = 'open';
  private wake: (() => void) | undefined = undefined;
  private isStarted = false;
  /** Its reader wants all of it, and is not woken before that is there. */
  private isCollected = false;
  private untaken = 0;
  private whole: Promise<Buffer> | undefined = undefined;
  /** Lines that have come behind it. */
  private lines = '';

  constructor(source: BodySource) {
    this.source = source;
  }

  /** Whether anybody has asked for it. */
  get isWanted(): boolean {
    return this.isStarted;
  }

  /** The lines behind it, when it has been read to its end. */
  get trailers(): string | undefined {
    return this.state === 'complete' && this.chunks.isEmpty ? this.lines : undefined;
  }

  /** @param trailers the part of the lines behind it that came with the chunk */
  push(chunk: Buffer, trailers: string): void {
    this.lines += trailers;
    if (chunk.length === 0) return;
    this.chunks.push(chunk);
    this.untaken += chunk.length;
    if (this.isCollected) this.take(chunk.length);
    else this.wake?.();
  }

  end(): void {
    this.state = 'complete';
    this.wake?.();
  }

  /** The client has gone, or sent something that is no body. */
  fail(): void {
    if (this.state === 'open') this.state = 'gone';
    this.wake?.();
  }

  /** All of it; asked again, the same again. @throws ERR_PRONGHORN_BODY_USED, and what the iterator throws */
  all(): Promise<Buffer> {
    this.whole ??= this.collect();
    return this.whole;
  }

  /**
   * In chunks, once.
   * @throws ERR_PRONGHORN_BODY_USED, ERR_PRONGHORN_CLIENT_GONE when the client went before the end,
   * ERR_PRONGHORN_REQUEST_GONE after leave()
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void> {
    this.claim();
    try {
      for (let chunk = await this.next(); chunk !== undefined; chunk = await this.next()) yield chunk;
    } finally {
      // The loop may have been left before the end: the connection must not wait for its reader.
      this.leave();
    }
  }

  /** Gives up what is still to come. Whoever asks for it is told that it is gone. */
  leave(): void {
    if (this.state !== 'open') return;
    this.chunks.clear();
    this.state = 'left';
    this.wake?.();
    this.source.leave();
  }

  private async next(): Promise<Buffer | undefined> {
    while (this.chunks.isEmpty) {
      if (this.isOver()) return undefined;
      await this.news();
    }
    const chunk = this.chunks.shift()!;
    this.take(chunk.length);
    return chunk;
  }

  private async collect(): Promise<Buffer> {
    this.claim();
    this.isCollected = true;
    this.take(this.untaken);
    while (!this.isOver()) await this.news();
    return this.chunks.takeAll();
  }

  /** Whether it is complete. @throws when it never will be */
  private isOver(): boolean {
    if (this.state === 'gone') throw new PronghornError('ERR_PRONGHORN_CLIENT_GONE');
    if (this.state === 'left') throw new PronghornError('ERR_PRONGHORN_REQUEST_GONE', { property: 'body' });
    return this.state === 'complete';
  }

  private async news(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.wake = undefined;
  }

  private take(bytes: number): void {
    this.untaken -= bytes;
    if (bytes > 0 && this.state === 'open') this.source.take(bytes);
  }

  private claim(): void {
    if (this.isStarted) throw new PronghornError('ERR_PRONGHORN_BODY_USED');
    this.isStarted = true;
    if (this.state === 'open') this.source.start();
  }
}
