// An answer that is written in pieces: a Writable whose chunks the engine frames and sends. It makes its writer wait
// while the client does not read. Runs in workers.
import { Writable } from 'node:stream';
import type { NativeEngine } from '../binding/contract.js';
import { PronghornError } from '../errors.js';
import { DrainGate } from './drain-gate.js';
import type { HeadersInit } from './header-lines.js';
import type { Outlet } from './live.js';

/** What a stream needs of its request. */
export interface StreamTarget {
  readonly engine: NativeEngine;
  readonly connection: number;
  readonly sequence: number;
  /** Bytes that a Content-Length has promised. */
  readonly promised: number | undefined;
  trailerLines(headers: HeadersInit): string;
  /** No entry concerns the answer from now on. */
  release(): void;
}

/** As much as the engine keeps before it asks to wait. */
const HIGH_WATER_MARK = 64 * 1024;

export class ResponseStream extends Writable implements Outlet {
  readonly #target: StreamTarget;
  #written = 0;
  #trailers = '';
  #isGone = false;
  readonly #gate = new DrainGate(() => this.onGone());

  /** @internal */
  constructor(target: StreamTarget) {
    super({ highWaterMark: HIGH_WATER_MARK });
    this.#target = target;
  }

  /**
   * Header lines behind the last chunk. Only an HTTP/1.1 client gets them, and only when no Content-Length was given.
   * @throws ERR_PRONGHORN_HTTP_HEADER
   */
  setTrailers(headers: HeadersInit): this {
    this.#trailers = this.#target.trailerLines(headers);
    return this;
  }

  /**
   * Part of a file, from the kernel's own copy of it. Only as the whole of a body with a Content-Length.
   * @param done called when it has gone; never, when the client goes before
   * @returns false where that cannot be: then it has to be written
   * @internal
   */
  writeFile(fd: number, start: number, length: number, done: () => void): boolean {
    const { engine, connection, sequence } = this.#target;
    if (!engine.writeFile(connection, sequence, fd, start, length)) return false;
    this.#written += length;
    this.#gate.pass(length, done);
    return true;
  }

  /** @internal */
  onDrain(): void {
    this.#gate.open();
  }

  /** The client has gone. @internal */
  onGone(): void {
    this.#isGone = true;
    this.destroy();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    const { engine, connection, sequence, promised } = this.#target;
    this.#written += chunk.length;
    if (promised !== undefined && this.#written > promised) {
      done(new PronghornError('ERR_PRONGHORN_HTTP_LENGTH', { promised, written: this.#written }));
      return;
    }
    this.#gate.pass(engine.writeResponse(connection, sequence, chunk), done);
  }

  override _final(done: (error?: Error) => void): void {
    const { engine, connection, sequence, promised } = this.#target;
    if (promised !== undefined && this.#written < promised) {
      done(new PronghornError('ERR_PRONGHORN_HTTP_LENGTH', { promised, written: this.#written }));
      return;
    }
    engine.endResponse(connection, sequence, this.#trailers);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const { engine, connection, sequence } = this.#target;
    // Half an answer cannot be taken back: the client sees that the connection breaks off.
    if (!this.writableFinished && !this.#isGone) engine.drop(connection, sequence);
    this.#target.release();
    done(error);
  }
}
