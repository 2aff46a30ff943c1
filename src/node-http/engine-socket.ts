// A net.Socket without a descriptor of its own: the engine reads and sends for it. After an upgrade it is a plain pipe;
// before that, what is written to it is for the subclass to place among the answers. Runs where (req, res) listeners do.
import { isIPv6, Socket, type SocketConstructorOpts } from 'node:net';
import type { RawInlet } from '../http/live.js';
import type { Watcher } from '../http/watchers.js';
import type { Wire } from '../http/wire.js';

type Done = (error?: Error | null) => void;

interface Buffered {
  readonly chunk: string | Buffer;
  readonly encoding: BufferEncoding;
}

interface End {
  readonly address: string | undefined;
  readonly port: number | undefined;
}

/** Methods of net.Socket that its types leave out. */
const base = Socket.prototype as unknown as {
  _unrefTimer(this: Socket): void;
};

function ignore(): void {}

export abstract class EngineSocket extends Socket implements Watcher, RawInlet {
  protected readonly wire: Wire;
  protected readonly connection: number;
  #resumeWriting: Done | undefined;
  #isGone = false;
  /** Number of the request that has taken the connection over; -1: it speaks HTTP. */
  #raw = -1;
  #untaken = 0;
  /** Since its end was told. */
  #bytesRead = 0;
  #bytesWritten = 0;
  #remote: End | undefined;

  constructor(wire: Wire, connection: number, highWaterMark: number | undefined) {
    // An option of every stream, which the types of this one leave out.
    super({ allowHalfOpen: true, highWaterMark } as SocketConstructorOpts);
    this.wire = wire;
    this.connection = connection;
    // Without a listener it would end the process; node has one too.
    this.on('error', ignore);
    wire.watchers.add(connection, this);
  }

  abstract onHalfClosed(): void;

  abstract onIdle(): void;

  /** Bytes of an answer. @returns as NativeEngine.writeResponse() */
  protected abstract writeAnswer(bytes: Buffer): number;

  get isRaw(): boolean {
    return this.#raw >= 0;
  }

  /** From now on all that comes and goes is the socket's. */
  protected becomeRaw(sequence: number): void {
    this.#raw = sequence;
  }

  /** Something has happened on it: its time begins anew. */
  touch(): void {
    if (this.timeout) base._unrefTimer.call(this);
  }

  onClosed(bytesRead: number, bytesWritten: number): void {
    this.#isGone = true;
    this.#bytesRead = bytesRead;
    this.#bytesWritten = bytesWritten;
    if (this.isRaw && !this.readableEnded) this.push(null);
    this.destroy();
  }

  onGone(): void {
    // That it has closed comes next, and has the numbers.
    this.onClosed(this.#bytesRead, this.#bytesWritten);
  }

  onData(bytes: Buffer): void {
    this.touch();
    if (this.push(bytes)) this.wire.engine.takeBody(this.connection, this.#raw, bytes.length);
    else this.#untaken += bytes.length;
  }

  onEnd(): void {
    this.push(null);
    // node's sockets tell of the end even if nobody has read.
    this.read(0);
  }

  onDrain(): void {
    const done = this.#resumeWriting;
    this.#resumeWriting = undefined;
    done?.();
  }

  override _read(): void {
    if (this.#untaken === 0) return;
    this.wire.engine.takeBody(this.connection, this.#raw, this.#untaken);
    this.#untaken = 0;
  }

  override _write(chunk: string | Buffer, encoding: BufferEncoding, done: Done): void {
    this.#put(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk, done);
  }

  override _writev(chunks: Buffered[], done: Done): void {
    const all = chunks.map(({ chunk, encoding }) =>
      typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk,
    );
    this.#put(Buffer.concat(all), done);
  }

  override _final(done: Done): void {
    const { engine } = this.wire;
    if (this.isRaw) {
      engine.endRaw(this.connection, this.#raw);
      // Who hears of the end may destroy the socket at once: by then everything is with the kernel.
      engine.flush();
    } else {
      engine.endConnection(this.connection, false);
    }
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const isEnded = this.writableFinished && (this.isRaw ? this.readableEnded : error === null);
    if (!this.#isGone && !isEnded) this.wire.engine.endConnection(this.connection, true);
    super._destroy(error, done);
  }

  /** Its client sees a reset. */
  override resetAndDestroy(): this {
    if (!this.#isGone) this.wire.engine.resetConnection(this.connection);
    this.#isGone = true;
    return this.destroy();
  }

  /** It is always on. */
  override setNoDelay(): this {
    return this;
  }

  override setKeepAlive(): this {
    return this;
  }

  override ref(): this {
    return this;
  }

  override unref(): this {
    return this;
  }

  override address(): { address: string; family: string; port: number } | Record<string, never> {
    const { localAddress: address, localPort: port, localFamily: family } = this;
    return address && family && port !== undefined ? { address, family, port } : {};
  }

  /** @internal */
  get readBytes(): number {
    const bytes = this.wire.engine.bytesRead(this.connection);
    return bytes < 0 ? this.#bytesRead : bytes;
  }

  /** @internal */
  get writtenBytes(): number {
    const bytes = this.wire.engine.bytesWritten(this.connection);
    return bytes < 0 ? this.#bytesWritten : bytes + this.#bufferedBytes();
  }

  /** What waits behind a write that goes on. */
  #bufferedBytes(): number {
    const { _writableState } = this as unknown as { _writableState: { getBuffer(): Buffered[] } };
    return _writableState
      .getBuffer()
      .reduce((bytes, { chunk, encoding }) => bytes + Buffer.byteLength(chunk, encoding), 0);
  }

  /** @internal */
  get remoteEnd(): End {
    const { engine } = this.wire;
    // Asked for when the client has gone, it is still who it was.
    this.#remote ??= {
      address: engine.remoteAddress(this.connection) || undefined,
      port: engine.remotePort(this.connection) || undefined,
    };
    return this.#remote;
  }

  /** @internal */
  get localEnd(): End {
    const { engine } = this.wire;
    return {
      address: engine.localAddress(this.connection) || undefined,
      port: engine.localPort(this.connection) || undefined,
    };
  }

  #put(bytes: Buffer, done: Done): void {
    this.touch();
    const waiting = this.isRaw
      ? this.wire.engine.writeRaw(this.connection, this.#raw, bytes)
      : this.writeAnswer(bytes);
    if (waiting > 0) this.#resumeWriting = done;
    else
      done(waiting < 0 ? Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' }) : null);
  }
}

const family = (address: string | undefined) => address && (isIPv6(address) ? 'IPv6' : 'IPv4');

// Accessors of net.Socket that ask its handle, which this one has none of.
for (const [name, get] of Object.entries({
  remoteAddress: (socket: EngineSocket) => socket.remoteEnd.address,
  remotePort: (socket: EngineSocket) => socket.remoteEnd.port,
  remoteFamily: (socket: EngineSocket) => family(socket.remoteEnd.address),
  localAddress: (socket: EngineSocket) => socket.localEnd.address,
  localPort: (socket: EngineSocket) => socket.localEnd.port,
  localFamily: (socket: EngineSocket) => family(socket.localEnd.address),
  pending: () => false,
  connecting: () => false,
  bytesRead: (socket: EngineSocket) => socket.readBytes,
  bytesWritten: (socket: EngineSocket) => socket.writtenBytes,
})) {
  Object.defineProperty(EngineSocket.prototype, name, {
    configurable: true,
    get(this: EngineSocket) {
      return get(this);
    },
    set() {},
  });
}
