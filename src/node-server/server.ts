// createServer() of node:http on an engine of its own, in this process and without a manager. node's own Server does all
// that is about listening; only the handle below it is ours. Runs wherever an application listens by itself.
import { Server as NodeServer, type RequestListener, type ServerOptions } from 'node:http';
import { Server as NetServer } from 'node:net';
import { PronghornError } from '../errors.js';
import type { Request } from '../http/request.js';
import { node } from '../node-http/application.js';
import { type Handle, ListeningEngine } from './listening-engine.js';

/** Methods and fields of net.Server that its types leave out. */
interface Internals {
  _handle: Handle | ListeningEngine | null;
  _listen2(...args: unknown[]): void;
  _emitCloseIfDrained(): void;
}

/** node looks for slow clients in an interval, among connections that it does not have. */
function clearConnectionsCheck(server: NodeServer): void {
  const symbol = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'http.server.connectionsCheckingInterval',
  );
  if (symbol) clearInterval((server as unknown as Record<symbol, NodeJS.Timeout | undefined>)[symbol]);
}

const base = NodeServer.prototype as unknown as Internals;

/**
 * An `http.Server` whose connections are served by the native engine. Limits that the engine has and node:http has not
 * (bodies, pipelining) are as wide as can be; timeouts and `maxHeadersCount` are taken when it begins to listen. A socket
 * that somebody else has accepted and emits as its `connection` is read by node's own code, as ever.
 */
export class Server extends NodeServer {
  readonly #handler: (request: Request) => unknown;
  #engine: ListeningEngine | undefined;

  /** As node's, whose options and defaults it has. */
  constructor(options?: ServerOptions | RequestListener, listener?: RequestListener) {
    super(options as ServerOptions, listener);
    this.#handler = node(this);
  }

  /** node binds the socket; from then on the engine accepts from it. @internal */
  _listen2(...args: unknown[]): void {
    base._listen2.apply(this as unknown as Internals, args);
    const internals = this as unknown as Internals;
    const handle = internals._handle as Handle | null;
    // It has failed, and an 'error' is on its way.
    if (handle === null) return;
    if (!(handle.fd >= 0)) {
      // Of node:cluster, which hands connections over one by one.
      handle.close();
      internals._handle = null;
      const error = new PronghornError('ERR_PRONGHORN_LISTEN_FAILED', {
        address: String(args[0] ?? args[1]),
        reason:
          "a worker of node:cluster has no socket of its own; listen with exclusive: true, or use Pronghorn's workers",
      });
      process.nextTick(() => this.emit('error', error));
      return;
    }
    const engine = new ListeningEngine(handle, this, this.#handler, () => {
      if (this.#engine === engine) this.#engine = undefined;
      internals._emitCloseIfDrained();
    });
    this.#engine = engine;
    internals._handle = engine;
  }

  /** Not before the engine has finished what it has begun. @internal */
  _emitCloseIfDrained(): void {
    if (this.#engine === undefined) base._emitCloseIfDrained.call(this as unknown as Internals);
  }

  /** Accepts no more; what has begun is finished, idle connections are closed. `done` is called when none is left. */
  override close(done?: (error?: Error) => void): this {
    clearConnectionsCheck(this);
    return NetServer.prototype.close.call(this, done) as this;
  }

  /** Ends every connection now, also in the middle of an answer. */
  override closeAllConnections(): void {
    super.closeAllConnections();
    this.#engine?.closeAllConnections();
  }

  /** Ends the connections that wait for their next request. */
  override closeIdleConnections(): void {
    super.closeIdleConnections();
    this.#engine?.closeIdleConnections();
  }

  /** How many connections are open. */
  override getConnections(done: (error: Error | null, count: number) => void): this {
    process.nextTick(done, null, this.#engine?.connections ?? 0);
    return this;
  }
}

/**
 * The createServer() of node:http, for a server that the native engine serves. It listens by itself, in this process; what
 * cannot be listened to is an 'error' event, as ever, with ERR_PRONGHORN_LISTEN_FAILED in a worker of node:cluster.
 */
export function createServer(options?: ServerOptions | RequestListener, listener?: RequestListener): Server {
  return new Server(options, listener);
}
