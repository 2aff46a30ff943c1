// A connection that has left HTTP: bytes both ways, as a Duplex with what libraries expect of a socket. Runs in
// workers. The engine goes on reading and sending for it, so that it works for TLS as well.
import { Duplex } from 'node:stream';
import type { NativeEngine } from '../binding/contract.js';
import { DrainGate } from './drain-gate.js';
import type { RawInlet } from './live.js';

/** A connection that has left HTTP: bytes both ways, as a Duplex with what libraries expect of a socket. */
export class UpgradedSocket extends Duplex implements RawInlet {
  /** The client's IP address, as its request had it. */
  readonly remoteAddress: string | undefined;
  readonly #engine: NativeEngine;
  readonly #connection: number;
  readonly #sequence: number;
  readonly #gate = new DrainGate(() => this.onGone());
  #isGone = false;
  /** Bytes in the read buffer beyond its mark: the engine stops reading from the client when they are many. */
  #untaken = 0;
  #timeoutMs = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @internal */
  constructor(engine: NativeEngine, connection: number, sequence: number, remoteAddress: string | undefined) {
    super({ allowHalfOpen: true });
    this.#engine = engine;
    this.#connection = connection;
    this.#sequence = sequence;
    this.remoteAddress = remoteAddress;
  }

  /** 'timeout' is emitted after so many milliseconds without a byte in either direction; 0 turns it off. */
  setTimeout(timeoutMs: number, listener?: () => void): this {
    this.#timeoutMs = timeoutMs;
    if (listener) this.once('timeout', listener);
    this.#touch();
    return this;
  }

  /** It is always on. */
  setNoDelay(): this {
    return this;
  }

  /** Does nothing; probes of TCP are not turned on. */
  setKeepAlive(): this {
    return this;
  }

  /** Does nothing: a worker lives for as long as it has connections. */
  ref(): this {
    return this;
  }

  /** Does nothing, as ref(). */
  unref(): this {
    return this;
  }

  /** @internal */
  onData(bytes: Buffer): void {
    this.#touch();
    if (this.push(bytes)) this.#engine.takeBody(this.#connection, this.#sequence, bytes.length);
    else this.#untaken += bytes.length;
  }

  /** @internal */
  onEnd(): void {
    this.push(null);
  }

  /** @internal */
  onDrain(): void {
    this.#gate.open();
  }

  /** @internal */
  onGone(): void {
    this.#isGone = true;
    if (!this.readableEnded) this.push(null);
    this.destroy();
  }

  /** @internal */
  override _read(): void {
    if (this.#untaken === 0) return;
    this.#engine.takeBody(this.#connection, this.#sequence, this.#untaken);
    this.#untaken = 0;
  }

  /** @internal */
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#touch();
    this.#gate.pass(this.#engine.writeRaw(this.#connection, this.#sequence, chunk), done);
  }

  /** @internal */
  override _final(done: (error?: Error) => void): void {
    this.#engine.endRaw(this.#connection, this.#sequence);
    // Who hears of the end may destroy the socket at once: by then everything is with the kernel.
    this.#engine.flush();
    done();
  }

  /** @internal */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    if (!this.#isGone && !(this.writableFinished && this.readableEnded)) {
      this.#engine.drop(this.#connection, this.#sequence);
    }
    done(error);
  }

  #touch(): void {
    clearTimeout(this.#timer);
    if (this.#timeoutMs === 0 || this.destroyed) return;
    this.#timer = setTimeout(() => this.emit('timeout'), this.#timeoutMs).unref();
  }
}
