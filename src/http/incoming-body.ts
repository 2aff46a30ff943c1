// A request's body that is still coming in: chunks in order, handed to whoever asks for the next one. The engine reads
// on from the client as far as chunks are taken. Runs in workers.
import { PronghornError } from '../errors.js';

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
  private readonly chunks: Buffer[] = [];
  private state: 'open' | 'complete' | 'gone' | 'left' = 'open';
  private wake: (() => void) | undefined;
  private isStarted = false;
  private whole: Promise<Buffer> | undefined;
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
    return this.state === 'complete' && this.chunks.length === 0 ? this.lines : undefined;
  }

  /** @param trailers the part of the lines behind it that came with the chunk */
  push(chunk: Buffer, trailers: string): void {
    this.lines += trailers;
    if (chunk.length === 0) return;
    this.chunks.push(chunk);
    this.wake?.();
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

  /**
   * The next chunk, undefined at the end. One reader at a time.
   * @throws ERR_PRONGHORN_CLIENT_GONE when the client went before the end, ERR_PRONGHORN_REQUEST_GONE after leave()
   */
  async next(): Promise<Buffer | undefined> {
    this.start();
    while (this.chunks.length === 0) {
      if (this.state === 'complete') return undefined;
      if (this.state === 'gone') throw new PronghornError('ERR_PRONGHORN_CLIENT_GONE');
      if (this.state === 'left') throw new PronghornError('ERR_PRONGHORN_REQUEST_GONE', { property: 'body' });
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.wake = undefined;
    }
    const chunk = this.chunks.shift()!;
    if (this.state === 'open') this.source.take(chunk.length);
    return chunk;
  }

  /** All of it; asked again, the same again. @throws ERR_PRONGHORN_BODY_USED, and what next() throws */
  all(): Promise<Buffer> {
    this.whole ??= this.collect();
    return this.whole;
  }

  /** In chunks, once. @throws ERR_PRONGHORN_BODY_USED, and what next() throws */
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
    this.chunks.length = 0;
    this.state = 'left';
    this.wake?.();
    this.source.leave();
  }

  private async collect(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this) chunks.push(chunk);
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  }

  private claim(): void {
    if (this.isStarted) throw new PronghornError('ERR_PRONGHORN_BODY_USED');
    this.start();
  }

  private start(): void {
    if (this.isStarted) return;
    this.isStarted = true;
    if (this.state === 'open') this.source.start();
  }
}
