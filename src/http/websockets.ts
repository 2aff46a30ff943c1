// WebSocket connections of a worker: handshake, protocol and compression by the ws package, on connections that have
// left HTTP. Runs in workers of servers with a 'websocket' listener; no other loads ws.

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import { PronghornError } from '../errors.js';
import type { Request } from './request.js';
import type { Fail } from './wire.js';

export type WebSocketListener = (socket: WebSocket, request: Request) => unknown;
/** Of the subprotocols that a client offers, in its order, the one to speak; false for none. */
export type HandleProtocols = (protocols: Set<string>, request: Request) => string | false;

/** What the application wants with WebSockets, and the package that can do it. */
export interface WebSocketSupport {
  readonly serverClass: typeof WebSocketServer;
  readonly listeners: readonly WebSocketListener[];
  readonly handleProtocols?: HandleProtocols;
}

export interface WebSocketOptions {
  /** Of silence before a ping; 0 is unlimited. */
  readonly timeoutMs: number;
  readonly deflate: boolean;
  readonly messageSizeMost: number;
}

/** RFC 6455 section 7.4.1, and the registry that it began. */
const CLOSE = { goingAway: 1001, internalError: 1011, serviceRestart: 1012 } as const;

/** How many looks at the connections there are within one timeout. */
const LOOKS = 4;
/** A client that was closed for its silence will not answer that either. */
const CLOSING_MS = 1_000;

interface Life {
  heardAt: number;
  isPinged: boolean;
}

/** What ws reads of a request of node:http. */
function asMessage(request: Request, socket: Duplex): IncomingMessage {
  const { method, url, headers } = request;
  return { method, url, headers: headers.toJSON(), socket } as unknown as IncomingMessage;
}

export class WebSockets {
  private readonly server: WebSocketServer;
  private readonly support: WebSocketSupport;
  private readonly options: WebSocketOptions;
  private readonly fail: Fail;
  private readonly lives = new Map<WebSocket, Life>();
  private watch: NodeJS.Timeout | undefined = undefined;
  /** Set when the server drains. */
  private farewell: number | undefined = undefined;
  /** Whose handshake it is: ws hands its own request to handleProtocols. */
  private current: Request | undefined = undefined;

  constructor(support: WebSocketSupport, options: WebSocketOptions, fail: Fail) {
    this.support = support;
    this.options = options;
    this.fail = fail;
    const { handleProtocols } = support;
    this.server = new support.serverClass({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: options.deflate,
      maxPayload: options.messageSizeMost,
      ...(handleProtocols && {
        handleProtocols: (protocols: Set<string>) => handleProtocols(protocols, this.current!),
      }),
    });
  }

  /** Whether a request asks for a WebSocket. */
  isMeant(request: Request): boolean {
    return request.canUpgrade && /^websocket$/i.test(request.headers.get('upgrade') ?? '');
  }

  /** A handshake that makes no sense is answered with 400, 405 or 426. */
  accept(request: Request): void {
    if (this.farewell !== undefined) {
      request.respond({ code: 503, headers: { Connection: 'close' } });
      return;
    }
    const { headers } = request;
    if (headers.get('sec-websocket-version') !== '13') {
      const version = { 'Sec-WebSocket-Version': '13' };
      // RFC 9110 section 15.5.22: a 426 says what is spoken.
      const offer = { ...version, Upgrade: 'websocket', Connection: 'Upgrade, close' };
      if (headers.has('sec-websocket-version')) request.respond({ code: 426, headers: offer });
      else request.respond({ code: 400, headers: { ...version, Connection: 'close' } });
      return;
    }
    const socket = request.upgrade();
    this.current = request;
    try {
      this.server.handleUpgrade(asMessage(request, socket), socket, Buffer.alloc(0), (webSocket) => {
        this.open(webSocket, socket, request);
      });
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      this.current = undefined;
    }
  }

  /** Says goodbye to all; each ends when its client has answered. @param isReplaced another worker takes them over */
  drain(isReplaced: boolean): void {
    this.farewell = isReplaced ? CLOSE.serviceRestart : CLOSE.goingAway;
    for (const webSocket of this.lives.keys()) webSocket.close(this.farewell);
  }

  private open(webSocket: WebSocket, socket: Duplex, request: Request): void {
    const life: Life = { heardAt: performance.now(), isPinged: false };
    this.lives.set(webSocket, life);
    this.watch ??= this.startWatch();
    socket.on('data', () => {
      life.heardAt = performance.now();
      life.isPinged = false;
    });
    webSocket.once('close', () => {
      this.lives.delete(webSocket);
      if (this.lives.size === 0) this.stopWatch();
    });
    // ws closes what it cannot understand by itself, and says why here; nobody has to listen.
    webSocket.on('error', () => {});
    for (const listener of this.support.listeners) this.tell(listener, webSocket, request);
  }

  private tell(listener: WebSocketListener, webSocket: WebSocket, request: Request): void {
    const onFailure = (error: unknown) => {
      this.fail(request, error);
      webSocket.close(CLOSE.internalError);
    };
    try {
      const result = listener(webSocket, request);
      if (result instanceof Promise) result.catch(onFailure);
    } catch (error) {
      onFailure(error);
    }
  }

  private startWatch(): NodeJS.Timeout | undefined {
    const { timeoutMs } = this.options;
    if (timeoutMs === 0) return undefined;
    return setInterval(() => this.look(timeoutMs), Math.max(1, timeoutMs / LOOKS)).unref();
  }

  private stopWatch(): void {
    clearInterval(this.watch);
    this.watch = undefined;
  }

  private look(timeoutMs: number): void {
    const now = performance.now();
    for (const [webSocket, life] of this.lives) {
      const silence = now - life.heardAt;
      if (life.isPinged && silence >= 2 * timeoutMs) {
        this.lives.delete(webSocket);
        webSocket.close(CLOSE.goingAway);
        setTimeout(() => webSocket.terminate(), CLOSING_MS).unref();
      } else if (!life.isPinged && silence >= timeoutMs) {
        life.isPinged = true;
        // What is closing already has its own end.
        if (webSocket.readyState === webSocket.OPEN) webSocket.ping();
      }
    }
  }
}

/** @throws ERR_PRONGHORN_INTERNAL when ws is not installed, though it is a dependency */
export async function webSocketServerClass(): Promise<typeof WebSocketServer> {
  try {
    return (await import('ws')).WebSocketServer;
  } catch (cause) {
    throw new PronghornError('ERR_PRONGHORN_INTERNAL', { reason: 'the package ws cannot be loaded', cause });
  }
}
