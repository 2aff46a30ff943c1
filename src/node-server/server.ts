// createServer() of node:http on an engine of its own, in this process and without a manager. Runs wherever an
// application listens by itself.
import { Server as NodeServer, type RequestListener, type ServerOptions } from 'node:http';
import { onEngine } from './on-engine.js';

/**
 * An `http.Server` whose connections are served by the native engine: its `close()` waits for what has begun,
 * `closeAllConnections()` and `closeIdleConnections()` end the engine's connections, `getConnections()` counts them.
 */
export class Server extends onEngine(NodeServer, () => undefined) {}

/**
 * The createServer() of node:http, for a server that the native engine serves. It listens by itself, in this process; what
 * cannot be listened to is an 'error' event, as ever, with ERR_PRONGHORN_LISTEN_FAILED in a worker of node:cluster.
 */
export function createServer(options?: ServerOptions | RequestListener, listener?: RequestListener): Server {
  return new Server(options as ServerOptions, listener);
}
