// Serves requests of the engine through a (req, res) listener, or through an http.Server with all of its events, which
// does not listen itself. Runs where (req, res) listeners do.
import diagnostics from 'node:diagnostics_channel';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as TlsServer } from 'node:tls';
import type { ConnectionObserver } from '../http/connection-observer.js';
import { REQUEST_FLAG } from '../http/layout.js';
import type { Request as NativeRequest } from '../http/request.js';
import type { Wire } from '../http/wire.js';
import { install } from './answer.js';
import { ConnectionSocket, chosenHighWaterMark } from './connection-socket.js';
import { Exchange } from './exchange.js';
import { answerTo, faultOf } from './fault.js';
import { keepHearing } from './hearing.js';
import { type Making, makingOf, type Request, type Response } from './internals.js';
import { SecureSocket } from './secure-socket.js';

/** What node:http calls a request listener; an Express application is one. */
export type NodeListener = (req: IncomingMessage, res: ServerResponse) => unknown;

const startChannel = diagnostics.channel('http.server.request.start');

const MAX_PENDING = 64 * 1024;
const CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i;

/** node's: so many header lines of a request are kept, unless maxHeadersCount says otherwise; 0 is for all. */
const HEADERS_KEPT = 1000;
/** How long a client that has sent no request, and was told so, may keep its connection. */
const FAULT_LINGER_MS = 5_000;

export class ListenerHost implements ConnectionObserver<Wire> {
  private readonly server: Server;
  private readonly refuses: boolean;
  private readonly making: Making;
  /** The event that brings a connection that is to be read from. */
  private readonly connectionEvent: 'connection' | 'secureConnection';
  /** node's own, for sockets that it reads from itself. */
  private readonly connectionListeners: number;

  /** The server's timeout is another one. Nothing to do before it serves. */
  hearAnew = (): void => {};

  /** @param refuses whether what is no request is refused in node's words; else in the engine's */
  constructor(server: Server, refuses = false) {
    install();
    this.server = server;
    this.refuses = refuses;
    this.making = makingOf(server);
    this.connectionEvent = server instanceof TlsServer ? 'secureConnection' : 'connection';
    this.connectionListeners = server.rawListeners(this.connectionEvent).filter(isNodes).length;
  }

  attach(wire: Wire): void {
    const connections = () => this.tellsOfConnections || this.server.timeout > 0;
    this.hearAnew = keepHearing(this.server, wire, { connections, refusals: this.refuses });
  }

  onOpened(wire: Wire, connection: number): void {
    this.socketOf(wire, connection);
  }

  onFault(wire: Wire, connection: number, sequence: number, status: number): void {
    const socket = this.socketOf(wire, connection);
    const isInBody = socket.isAsked(sequence);
    const packet = wire.engine.retained(connection, sequence);
    if (!socket.takeFault(sequence)) return;
    const { maxHeaderSize: headBytes } = this.server as { maxHeaderSize?: number };
    const fault = faultOf({ status, packet: packet && Buffer.from(packet), isInBody, headBytes });
    socket.once('finish', () => socket.setTimeout(FAULT_LINGER_MS, () => socket.destroy()));
    if (this.server.emit('clientError', fault, socket)) return;
    // node's is destroyed with it.
    socket.once('finish', () => socket.emit('error', fault));
    socket.end(answerTo(fault));
  }

  handle(native: NativeRequest): void {
    const socket = this.socketOf(native.wire, native.connection);
    const req = this.requestFor(native, socket);
    if (native.canUpgrade && this.takesOver(native)) {
      this.upgrade(native, req, socket);
      return;
    }
    const res = this.responseFor(native, req);
    const exchange = new Exchange(native, socket, req, res);
    socket.enter(exchange);
    if (startChannel.hasSubscribers) {
      startChannel.publish({ request: req, response: res, socket, server: this.server });
    }
    const { maxRequestsPerSocket: most } = this.server;
    if ((native.flags & REQUEST_FLAG.hostless) !== 0 && this.requiresHost) {
      res.writeHead(400, ['Connection', 'close']);
      res.end();
    } else if (most === null || !(most > 0) || !this.drops(native, req, res, socket, most)) {
      this.emit(native, req, res);
    }
    exchange.listenerReturned();
  }

  private get requiresHost(): boolean {
    return (this.server as { requireHostHeader?: boolean }).requireHostHeader !== false;
  }

  private get tellsOfConnections(): boolean {
    return this.server.listenerCount(this.connectionEvent) > this.connectionListeners;
  }

  private socketOf(wire: Wire, connection: number): ConnectionSocket {
    const known = wire.watchers.get(connection) as ConnectionSocket | undefined;
    if (known !== undefined) return known;
    const tls = wire.engine.tlsInfo(connection);
    const socket =
      tls === undefined
        ? new ConnectionSocket(this.server, wire, connection)
        : new SecureSocket(this.server, wire, connection, tls);
    if (this.server.timeout) socket.setTimeout(this.server.timeout);
    if (this.tellsOfConnections) this.tellOfConnection(socket);
    return socket;
  }

  private tellOfConnection(socket: ConnectionSocket): void {
    for (const listener of this.server.rawListeners(this.connectionEvent)) {
      if (!isNodes(listener)) listener.call(this.server, socket);
    }
  }

  private requestFor(native: NativeRequest, socket: ConnectionSocket): Request {
    const req = new this.making.request(socket);
    const isOld = (native.flags & REQUEST_FLAG.http10) !== 0;
    req.httpVersionMajor = 1;
    req.httpVersionMinor = isOld ? 0 : 1;
    req.httpVersion = isOld ? '1.0' : '1.1';
    req.joinDuplicateHeaders =
      (this.server as { joinDuplicateHeaders?: boolean }).joinDuplicateHeaders ?? false;
    const lines = native.rawHeaders();
    const most = 2 * (this.server.maxHeadersCount ?? HEADERS_KEPT);
    // rawHeaders has them all.
    req._addHeaderLines(lines, most > 0 && lines.length > most ? most : lines.length);
    req.url = native.url;
    req.method = native.method;
    req.upgrade = false;
    return req;
  }

  private responseFor(native: NativeRequest, req: Request): Response {
    const { server, making } = this;
    const { keeping } = native.wire;
    const { rejectNonStandardBodyWrites } = server as { rejectNonStandardBodyWrites?: boolean };
    const highWaterMark = chosenHighWaterMark(server) ?? MAX_PENDING;
    const res = new making.response(req, { highWaterMark, rejectNonStandardBodyWrites });
    res._keepAliveTimeout = keeping.timeoutMs;
    res._maxRequestsPerSocket = server.maxRequestsPerSocket;
    res.shouldKeepAlive = (native.flags & REQUEST_FLAG.keepAlive) !== 0;
    if (making.uniqueHeaders) res[making.uniqueHeaders.symbol] = making.uniqueHeaders.names;
    return res;
  }

  /** As node counts: requests of HTTP/1.1, while there is a limit. @returns whether this one is beyond it, and refused */
  private drops(
    native: NativeRequest,
    req: Request,
    res: Response,
    socket: ConnectionSocket,
    most: number,
  ): boolean {
    if ((native.flags & REQUEST_FLAG.http10) !== 0) return false;
    const count = ++socket.requestsCounted;
    res.maxRequestsOnConnectionReached = count >= most;
    if (count <= most) return false;
    this.server.emit('dropRequest', req, socket);
    res.writeHead(503);
    res.end();
    return true;
  }

  private emit(native: NativeRequest, req: Request, res: Response): void {
    const { server } = this;
    if ((native.flags & REQUEST_FLAG.expectsOther) !== 0) {
      if (server.emit('checkExpectation', req, res)) return;
      res.writeHead(417);
      res.end();
      return;
    }
    const expect = (native.flags & REQUEST_FLAG.expectsContinue) !== 0 ? req.headers.expect : undefined;
    if (expect === undefined || native.flags & REQUEST_FLAG.http10) {
      server.emit('request', req, res);
      return;
    }
    if (CONTINUE.test(expect)) {
      res._expect_continue = true;
      if (server.listenerCount('checkContinue') > 0) {
        server.emit('checkContinue', req, res);
        return;
      }
      res.writeContinue();
    }
    server.emit('request', req, res);
  }

  private takesOver(native: NativeRequest): boolean {
    return native.method === 'CONNECT' || this.server.listenerCount('upgrade') > 0;
  }

  private upgrade(native: NativeRequest, req: Request, socket: ConnectionSocket): void {
    const event = native.method === 'CONNECT' ? 'connect' : 'upgrade';
    const head = this.server.listenerCount(event) > 0 ? socket.leaveHttp(native) : undefined;
    if (head === undefined) {
      socket.destroy();
      return;
    }
    req.upgrade = true;
    req.complete = true;
    this.server.emit(event, req, socket, head);
  }
}

function isNodes(listener: unknown): boolean {
  return (listener as { name?: string }).name === 'connectionListener';
}
