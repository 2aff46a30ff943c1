// An answer in pieces that is compressed on its way. Runs in workers. What is written reaches the client soon even when
// nothing follows it: events at once, anything else as soon as the writer pauses.
import { pipeline, Writable } from 'node:stream';
import type { Encoder } from './content-coding.js';
import type { HeadersInit } from './header-lines.js';
import type { ResponseStream } from './response-stream.js';

/** A writer that is silent for so long gets what it wrote flushed; more often would cost bytes. */
const PAUSE_MS = 20;

export interface EncodedStreamOptions {
  readonly encoder: Encoder;
  readonly target: ResponseStream;
  /** The encoder's number for a flush. */
  readonly flush: number;
  readonly flushesEachWrite: boolean;
}

export class EncodedStream extends Writable {
  readonly #encoder: Encoder;
  readonly #target: ResponseStream;
  readonly #flush: number;
  readonly #flushesEachWrite: boolean;
  #pause: NodeJS.Timeout | undefined;
  #onEnd: ((error?: Error | null) => void) | undefined;

  /** @internal */
  constructor({ encoder, target, flush, flushesEachWrite }: EncodedStreamOptions) {
    super({ highWaterMark: target.writableHighWaterMark });
    this.#encoder = encoder;
    this.#target = target;
    this.#flush = flush;
    this.#flushesEachWrite = flushesEachWrite;
    pipeline(encoder, target, (error) => {
      if (this.#onEnd) this.#onEnd(error);
      else this.destroy(error ?? undefined);
    });
  }

  /**
   * Header lines behind the last chunk, as of any answer in pieces.
   * @throws ERR_PRONGHORN_HTTP_HEADER
   */
  setTrailers(headers: HeadersInit): this {
    this.#target.setTrailers(headers);
    return this;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    clearTimeout(this.#pause);
    this.#encoder.write(chunk, (error) => {
      if (error) return done(error);
      if (this.#flushesEachWrite) return this.#encoder.flush(this.#flush, done);
      this.#pause = setTimeout(() => this.#encoder.flush(this.#flush), PAUSE_MS);
      done();
    });
  }

  override _final(done: (error?: Error | null) => void): void {
    clearTimeout(this.#pause);
    this.#onEnd = done;
    this.#encoder.end();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#pause);
    // Half an answer breaks the connection off, as without compression.
    if (!this.writableFinished) {
      this.#encoder.destroy();
      this.#target.destroy();
    }
    // That the client has gone is no error of the writer's, as without compression.
    const isOfClient = (error as NodeJS.ErrnoException | null)?.code === 'ERR_STREAM_PREMATURE_CLOSE';
    done(isOfClient ? null : error);
  }
}
