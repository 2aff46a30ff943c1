// A client's connection, as (req, res) listeners know it: which response may write to it, in the order of their requests,
// and what becomes of those that are under way when it ends. Runs where (req, res) listeners do.
import type { Server } from 'node:http';
import { getDefaultHighWaterMark } from 'node:stream';
import { binding } from '../binding/load.js';
import type { Request as NativeRequest } from '../http/request.js';
import type { Wire } from '../http/wire.js';
import { EngineSocket } from './engine-socket.js';
import { type Exchange, type ExchangeSocket, exchangeOf } from './exchange.js';
import type { Request, Response } from './internals.js';
import { clampedStatus } from './status.js';

const FLAG = binding.contract.responseFlags;
const STREAMED = FLAG.raw! | FLAG.stream!;

function onClose(this: ConnectionSocket): void {
  this.abortAll();
}

/** Tells the newest request, the response that may write, and the server; ends it where none of them listens. */
function onTimeout(this: ConnectionSocket): void {
  const req = this.newestRequest;
  const isToldByReq = req !== undefined && !req.complete && req.emit('timeout', this);
  const isToldByRes = this._httpMessage?.emit('timeout', this);
  const isToldByServer = this.server.emit('timeout', this);
  if (!isToldByReq && !isToldByRes && !isToldByServer) this.destroy();
}

function onDrain(this: ConnectionSocket): void {
  this._httpMessage?.emit('drain');
}

/** Undefined where the application has left it to node. */
export function chosenHighWaterMark(server: Server): number | undefined {
  const { highWaterMark } = server as { highWaterMark?: number };
  return highWaterMark === getDefaultHighWaterMark(false) ? undefined : highWaterMark;
}

export class ConnectionSocket extends EngineSocket implements ExchangeSocket {
  readonly server: Server;
  /** The response that may write to it, as in node. */
  _httpMessage: Response | null = null;
  /** Those that count towards maxRequestsPerSocket. */
  requestsCounted = 0;
  /** Those that are not over, in the order of their requests. */
  readonly #exchanges: Exchange[] = [];
  /** Between two requests its time is the engine's keepAliveTimeout, whatever else was set. */
  #isResting = false;

  constructor(server: Server, wire: Wire, connection: number) {
    super(wire, connection, chosenHighWaterMark(server));
    this.server = server;
    // Before listeners of the application, as node's own; they do not keep the connection.
    this.on('timeout', onTimeout);
    this.on('close', onClose);
    this.on('drain', onDrain);
  }

  enter(exchange: Exchange): void {
    if (this.#isResting) this.#wake();
    this.#exchanges.push(exchange);
    if (this._httpMessage === null) {
      this._httpMessage = exchange.res;
      exchange.res.socket = this;
    }
    this.touch();
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
    if (this.timeout && this.#exchanges.length === 0 && !this.isRaw) this.#rest();
  }

  #rest(): void {
    if (this.wire.keeping.timeoutMs === 0) return;
    this.#isResting = true;
    this.setTimeout(0);
  }

  #wake(): void {
    this.#isResting = false;
    this.setTimeout(this.server.timeout);
  }

  /** node has written the whole answer. */
  endAnswer(exchange: Exchange): void {
    const { native, res } = exchange;
    const { engine } = this.wire;
    engine.endResponse(this.connection, native.sequence, '');
    native.live().closeOutlet();
    if (res._last) engine.endConnection(this.connection, false);
  }

  abortAll(): void {
    for (const exchange of this.#exchanges.splice(0)) exchange.abort();
  }

  /** @returns what has come behind the request; undefined where the connection cannot be taken over */
  leaveHttp(native: NativeRequest): Buffer | undefined {
    if (!native.leaveHttp(this)) return undefined;
    if (this.#isResting) this.#wake();
    this.becomeRaw(native.sequence);
    return this.wire.engine.takeHeld(this.connection, native.sequence);
  }

  /** Whether it is the number of a request that is not over. */
  isAsked(sequence: number): boolean {
    return this.#exchanges.some(({ native }) => native.sequence === sequence);
  }

  /** What should have been a request is none: whoever answers it writes to the socket. @returns false if it has gone */
  takeFault(sequence: number): boolean {
    if (!this.wire.engine.upgrade(this.connection, sequence)) return false;
    this.wire.live(this.connection, sequence).raw = this;
    this.becomeRaw(sequence);
    // What else it sends is of no interest; a listener that only notes the fault must not keep a client that leaves.
    this.once('end', this.end);
    this.resume();
    return true;
  }

  protected override becomeRaw(sequence: number): void {
    super.becomeRaw(sequence);
    this.off('timeout', onTimeout);
    this.off('drain', onDrain);
  }

  /** keepAliveTimeout is over. */
  onIdle(): void {
    if (this.#exchanges.length === 0 && !this.isRaw) this.emit('timeout');
  }

  /** @internal */
  get newestRequest(): Request | undefined {
    return this.#exchanges.at(-1)?.req;
  }

  /** node ends its side too, unless told otherwise, and whoever has not been answered is not answered any more. */
  onHalfClosed(): void {
    if ((this.server as { httpAllowHalfOpen?: boolean }).httpAllowHalfOpen) return;
    if (this.#exchanges.some(({ isGiven }) => !isGiven)) this.end();
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

  protected override writeAnswer(bytes: Buffer): number {
    const exchange = this._httpMessage === null ? undefined : exchangeOf(this._httpMessage);
    // Bytes that answer no request have no place among the answers.
    if (exchange === undefined) return 0;
    const { native, res } = exchange;
    const { engine } = this.wire;
    if (!native.isAnswered) {
      native.handOver();
      native.live().outlet = this;
      const flags = STREAMED | (res._last ? FLAG.close! : 0);
      engine.beginResponse(this.connection, native.sequence, clampedStatus(res.statusCode), flags, '');
    }
    return engine.writeResponse(this.connection, native.sequence, bytes);
  }
}
