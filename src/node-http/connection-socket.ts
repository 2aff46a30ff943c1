// A client's connection, as (req, res) listeners know it: a net.Socket without a descriptor of its own. The engine reads
// and sends for it; what node's own code writes is an answer in pieces, and after an upgrade the socket is a plain pipe.
// Runs where (req, res) listeners do.
import type { Server } from 'node:http';
import { isIPv6, Socket } from 'node:net';
import { binding } from '../binding/load.js';
import type { RawInlet } from '../http/live.js';
import type { Request as NativeRequest } from '../http/request.js';
import type { Watcher } from '../http/watchers.js';
import type { Wire } from '../http/wire.js';
import { type Exchange, type ExchangeSocket, exchangeOf } from './exchange.js';
import type { Response } from './internals.js';
import { clampedStatus } from './status.js';

const FLAG = binding.contract.responseFlags;
const STREAMED = FLAG.raw! | FLAG.stream!;

type Done = (error?: Error | null) => void;

/** Methods of net.Socket that its types leave out. */
const base = Socket.prototype as unknown as {
  _onTimeout(this: Socket): void;
  _unrefTimer(this: Socket): void;
};

function ignore(): void {}

function onClose(this: ConnectionSocket): void {
  this.abortAll();
}

function onDrain(this: ConnectionSocket): void {
  this._httpMessage?.emit('drain');
}

export class ConnectionSocket extends Socket implements ExchangeSocket, Watcher, RawInlet {
  readonly server: Server;
  /** The response that may write to it, as in node. */
  _httpMessage: Response | null = null;
  readonly #wire: Wire;
  readonly #connection: number;
  /** Those that are not over, in the order of their requests. */
  readonly #exchanges: Exchange[] = [];
  #resumeWriting: Done | undefined;
  #isGone = false;
  /** Number of the request that has taken the connection over; -1: it speaks HTTP. */
  #raw = -1;
  #untaken = 0;
  #remote: { address: string | undefined; port: number | undefined } | undefined;

  constructor(server: Server, wire: Wire, connection: number) {
    super({ allowHalfOpen: true });
    this.server = server;
    this.#wire = wire;
    this.#connection = connection;
    // Without a listener it would end the process; node has one too.
    this.on('error', ignore);
    this.on('close', onClose);
    this.on('drain', onDrain);
    wire.watchers.add(connection, this);
  }

  /** Whether nothing is under way on it. */
  get isIdle(): boolean {
    return !this.isRaw && this.#exchanges.length === 0;
  }

  get isRaw(): boolean {
    return this.#raw >= 0;
  }

  enter(exchange: Exchange): void {
    this.#exchanges.push(exchange);
    if (this._httpMessage === null) {
      this._httpMessage = exchange.res;
      exchange.res.socket = this;
    }
    if (this.timeout) base._unrefTimer.call(this);
  }

  /** The next response may write, before all of this one has been told. */
  pass(res: Response): void {
    if (this._httpMessage !== res) return;
    this._httpMessage = null;
    const next = this.#exchanges.find(({ res: other, isGiven }) => other !== res && !isGiven);
    if (next === undefined) return;
    this._httpMessage = next.res;
    next.res.socket = this;
    next.res.emit('socket', this);
    next.res._flush();
  }

  /** An exchange is over. */
  release(exchange: Exchange): void {
    const at = this.#exchanges.indexOf(exchange);
    if (at >= 0) this.#exchanges.splice(at, 1);
    this.pass(exchange.res);
  }

  /** node has written the whole answer. */
  endAnswer(exchange: Exchange): void {
    const { native, res } = exchange;
    this.#wire.engine.endResponse(this.#connection, native.sequence, '');
    native.live().closeOutlet();
    if (res._last) this.#wire.engine.endConnection(this.#connection, false);
  }

  abortAll(): void {
    for (const exchange of this.#exchanges.splice(0)) exchange.abort();
  }

  /** @returns false where the connection cannot be taken over */
  leaveHttp(native: NativeRequest): boolean {
    if (!native.leaveHttp(this)) return false;
    this.#raw = native.sequence;
    this.off('drain', onDrain);
    return true;
  }

  onClosed(): void {
    this.#isGone = true;
    if (this.isRaw && !this.readableEnded) this.push(null);
    this.destroy();
  }

  /** node ends its side too, and whoever has not been answered is not answered any more. */
  onHalfClosed(): void {
    if (this.#exchanges.some(({ isGiven }) => !isGiven)) this.end();
  }

  onGone(): void {
    this.onClosed();
  }

  onData(bytes: Buffer): void {
    if (this.timeout) base._unrefTimer.call(this);
    if (this.push(bytes)) this.#wire.engine.takeBody(this.#connection, this.#raw, bytes.length);
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
    this.#wire.engine.takeBody(this.#connection, this.#raw, this.#untaken);
    this.#untaken = 0;
  }

  override _write(chunk: string | Buffer, encoding: BufferEncoding, done: Done): void {
    this.#put(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk, done);
  }

  override _writev(chunks: { chunk: string | Buffer; encoding: BufferEncoding }[], done: Done): void {
    const all = chunks.map(({ chunk, encoding }) =>
      typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk,
    );
    this.#put(Buffer.concat(all), done);
  }

  override _final(done: Done): void {
    const { engine } = this.#wire;
    if (this.isRaw) {
      engine.endRaw(this.#connection, this.#raw);
      // Who hears of the end may destroy the socket at once: by then everything is with the kernel.
      engine.flush();
    } else {
      engine.endConnection(this.#connection, false);
    }
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const isEnded = this.isRaw && this.writableFinished && this.readableEnded;
    if (!this.#isGone && !isEnded) this.#wire.engine.endConnection(this.#connection, true);
    super._destroy(error, done);
  }

  /** node reads the body of a request by letting its socket flow. */
  override resume(): this {
    if (this.isRaw) return super.resume();
    for (const exchange of this.#exchanges) exchange.readBody();
    return this;
  }

  override pause(): this {
    return this.isRaw ? super.pause() : this;
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

  /** Nobody who listens for it: the connection ends. */
  _onTimeout(): void {
    const isHeard = this.listenerCount('timeout') > 0;
    base._onTimeout.call(this);
    if (this.isRaw) return;
    const exchange = this.#exchanges[0];
    const byReq = exchange && !exchange.req.complete && exchange.req.emit('timeout', this);
    const byRes = this._httpMessage?.emit('timeout', this);
    const byServer = this.server.emit('timeout', this);
    if (!isHeard && !byReq && !byRes && !byServer) this.destroy();
  }

  /** @internal */
  get remoteEnd(): { address: string | undefined; port: number | undefined } {
    const { engine } = this.#wire;
    // Asked for when the client has gone, it is still who it was.
    this.#remote ??= {
      address: engine.remoteAddress(this.#connection) || undefined,
      port: engine.remotePort(this.#connection) || undefined,
    };
    return this.#remote;
  }

  /** @internal */
  get localEnd(): { address: string | undefined; port: number | undefined } {
    const { engine } = this.#wire;
    return {
      address: engine.localAddress(this.#connection) || undefined,
      port: engine.localPort(this.#connection) || undefined,
    };
  }

  #put(bytes: Buffer, done: Done): void {
    if (this.timeout) base._unrefTimer.call(this);
    const waiting = this.isRaw
      ? this.#wire.engine.writeRaw(this.#connection, this.#raw, bytes)
      : this.#writeAnswer(bytes);
    if (waiting > 0) this.#resumeWriting = done;
    else
      done(waiting < 0 ? Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' }) : null);
  }

  #writeAnswer(bytes: Buffer): number {
    const exchange = this._httpMessage === null ? undefined : exchangeOf(this._httpMessage);
    // Bytes that answer no request have no place among the answers.
    if (exchange === undefined) return 0;
    const { native, res } = exchange;
    const { engine } = this.#wire;
    if (!native.isAnswered) {
      native.handOver();
      native.live().outlet = this;
      const flags = STREAMED | (res._last ? FLAG.close! : 0);
      engine.beginResponse(this.#connection, native.sequence, clampedStatus(res.statusCode), flags, '');
    }
    return engine.writeResponse(this.#connection, native.sequence, bytes);
  }
}

const family = (address: string | undefined) => address && (isIPv6(address) ? 'IPv6' : 'IPv4');

// Accessors of net.Socket that ask its handle, which this one has none of.
for (const [name, get] of Object.entries({
  remoteAddress: (socket: ConnectionSocket) => socket.remoteEnd.address,
  remotePort: (socket: ConnectionSocket) => socket.remoteEnd.port,
  remoteFamily: (socket: ConnectionSocket) => family(socket.remoteEnd.address),
  localAddress: (socket: ConnectionSocket) => socket.localEnd.address,
  localPort: (socket: ConnectionSocket) => socket.localEnd.port,
  localFamily: (socket: ConnectionSocket) => family(socket.localEnd.address),
  pending: () => false,
  connecting: () => false,
})) {
  Object.defineProperty(ConnectionSocket.prototype, name, {
    configurable: true,
    get(this: ConnectionSocket) {
      return get(this);
    },
    set() {},
  });
}
