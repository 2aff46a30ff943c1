// The HTTP server of one worker: runs the user's handler for every request that the native engine hands over.
// Runs in workers. A handler that throws costs its request a 500 and a line in the log, never the worker.
import { AsyncResource } from 'node:async_hooks';
import type { AdjustableLimits, EngineOptions, ListenerOptions, NativeEngine } from '../binding/contract.js';
import { binding } from '../binding/load.js';
import { succeeded } from '../binding/status.js';
import type { CompressionSetting } from '../config/compression.js';
import { reasonOf } from '../errors.js';
import { type Log, record } from '../log.js';
import { answerToFault, isGone } from './client-fault.js';
import { Compression } from './compression.js';
import { dispatcher, type Listeners, type RequestListener } from './dispatch.js';
import { ENTRY } from './layout.js';
import { Request } from './request.js';
import type { TrustedProxies } from './trusted-proxies.js';
import { type WebSocketOptions, type WebSocketSupport, WebSockets } from './websockets.js';
import { Wire } from './wire.js';

export interface HttpServerOptions {
  readonly engine: EngineOptions;
  /** They answer by request.respond(), now or later. A promise is watched only for its rejection. */
  readonly listeners: Listeners;
  /** Whose word on a client is taken; undefined: nobody's. */
  readonly proxies?: TrustedProxies | undefined;
  readonly compression: CompressionSetting;
  readonly webSockets: WebSocketOptions;
  /** Undefined: the application does not want any. */
  readonly webSocketSupport?: WebSocketSupport;
  readonly log: Log;
}

export interface HttpDrain {
  readonly idleGraceMs?: number;
  /** Another worker takes over: WebSocket clients are told to come back. */
  readonly isReplaced?: boolean;
  /** Nobody accepts connections any more: from now on they are refused. */
  readonly isLast?: boolean;
}

const INTERNAL_ERROR = {
  code: 500,
  headers: { 'Content-Type': 'text/plain' },
  body: 'Internal Server Error\n',
};

/** One per request would otherwise be tracked by the garbage collector; nobody waits for its destroy hook. */
const UNTRACKED = { requireManualDestroy: true };

export class HttpServer {
  private readonly engine: NativeEngine;
  private readonly wire: Wire;
  private readonly webSockets: WebSockets | undefined;
  private readonly handler: RequestListener;
  private readonly log: Log;
  private readonly notesClients: boolean;
  /** Where the manager sees which entry of the batch the handler has, from 1 on. */
  private readonly handling: Int32Array;
  private readonly flush = (): void => this.engine.flush();

  constructor(options: HttpServerOptions) {
    const { compression, webSocketSupport, engine } = options;
    this.log = options.log;
    this.notesClients = engine.accessLog !== 'off' && options.proxies !== undefined;
    this.engine = new binding.Engine(options.engine, () => this.takeBatch());
    this.handling = new Int32Array(this.engine.memory.handling);
    this.wire = new Wire(this.engine, options.proxies, (request, error) => this.report(request, error));
    if (compression !== false) {
      this.wire.compression = new Compression(compression === true ? {} : compression, engine.maxBodySize);
    }
    if (webSocketSupport !== undefined) {
      this.webSockets = new WebSockets(webSocketSupport, options.webSockets, this.wire.fail);
    }
    this.wire.keeping = { timeoutMs: engine.keepAliveTimeoutMs, requests: engine.keepAliveRequests };
    this.handler = dispatcher(options.listeners, this.webSockets);
    this.wire.observer = options.listeners.observer;
    this.wire.observer?.attach(this.wire);
    // What is answered when the process ends still reaches its client.
    process.on('exit', this.flush);
  }

  /** From now on accepts only while it holds a lock on this file. @returns 0, or a negative errno */
  useLockFile(path: string): number {
    return this.engine.useLockFile(path);
  }

  /** Connections are shared fairly with the workers to whom these bells belong. @returns 0, or a negative errno */
  shareBy(bells: readonly number[]): number {
    return this.engine.shareBy([...bells]);
  }

  /** Where the worker of that slot listens. */
  addNeighbour(slot: number, fd: number, options: ListenerOptions): void {
    this.engine.addNeighbour(slot, fd, options);
  }

  /** @returns 0, or a negative errno */
  listen(fd: number, options: ListenerOptions): number {
    return this.engine.listen(fd, options);
  }

  /** Lines of the access log go to this file from now on. @returns 0, or a negative errno */
  useAccessLog(fd: number): number {
    return this.engine.useAccessLog(fd);
  }

  /** Of the access log, since the last call. */
  lostAccessLines(): number {
    return this.engine.lostAccessLines();
  }

  unlisten(fd: number): void {
    this.engine.unlisten(fd);
  }

  /** A client's end of a connection to this server that no listener has brought. @throws ERR_PRONGHORN_SYSTEM_CALL */
  connect(): number {
    return succeeded('socketpair', this.engine.connect());
  }

  /**
   * Stops accepting and lets connections end: each after its answers, the idle ones after `idleGraceMs`. Resolves when
   * none is left.
   */
  drain({ idleGraceMs = 0, isReplaced = false, isLast = false }: HttpDrain = {}): Promise<void> {
    this.wire.isDraining = true;
    this.webSockets?.drain(isReplaced);
    return new Promise((resolve) => this.engine.drain(idleGraceMs, isLast, resolve));
  }

  /** Ends every connection now. */
  close(): void {
    process.off('exit', this.flush);
    this.engine.close();
  }

  /** After close(): nothing of it is left on the event loop, and its memory is gone. */
  get isGone(): boolean {
    return this.engine.memory.control.byteLength === 0;
  }

  /** Other times and counts, while it serves. @param bufferMs how much shorter the time is that clients are told */
  adjust(limits: AdjustableLimits, bufferMs = 0): void {
    this.engine.adjust(limits);
    const timeoutMs = Math.max(0, limits.keepAliveTimeoutMs - bufferMs);
    this.wire.keeping = { timeoutMs, requests: limits.keepAliveRequests };
  }

  /** Whether listening keeps the event loop alive, as it does at first. A connection does in any case. */
  keepLoop(keeps: boolean): void {
    this.engine.keepLoop(keeps);
  }

  /** Ends all connections at once, or those that have had a request and now have none. */
  endConnections(onlyIdle: boolean): void {
    this.engine.endConnections(onlyIdle);
  }

  private takeBatch(): void {
    const { wire } = this;
    const { handling } = this;
    const count = wire.requestCount;
    for (let i = 0; i < count; i++) {
      const base = wire.baseOf(i);
      const kind = wire.kindOf(base);
      if (kind === ENTRY.request) {
        handling[0] = i + 1;
        this.take(new Request(wire, base));
      } else {
        this.deliver(base, kind);
      }
    }
    handling[0] = 0;
  }

  /** What an application does with it must not keep the rest of the batch from being heard. */
  private deliver(base: number, kind: number): void {
    try {
      this.wire.deliver(base, kind);
    } catch (err) {
      record(this.log, 'connection.failed', { err });
    }
  }

  private take(request: Request): void {
    try {
      if (this.notesClients) this.noteClient(request);
      // A scope of its own, or what AsyncLocalStorage.enterWith() sets in one handler shows up in the next.
      const scope = new AsyncResource('PRONGHORN_REQUEST', UNTRACKED);
      const result = scope.runInAsyncScope(this.handler, undefined, request);
      if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function')
        this.watch(request, result);
    } catch (error) {
      this.fail(request, error);
    }
  }

  /** For the access log: proxies have told who it is. */
  private noteClient({ connection, sequence, remoteAddress }: Request): void {
    if (remoteAddress) this.engine.noteClient(connection, sequence, remoteAddress);
  }

  private report({ method, url }: { method: string; url: string }, error: unknown): void {
    const err = error instanceof Error ? error : new Error(`the handler threw ${String(error)}`);
    record(this.log, 'request.failed', { err, method, url });
  }

  private watch(request: Request, result: unknown): void {
    (result as PromiseLike<unknown>).then(undefined, (error: unknown) => this.fail(request, error));
  }

  private fail(request: Request, error: unknown): void {
    const { method, url, isAnswered } = request;
    request.answerer?.giveUp();
    const answer = isAnswered ? undefined : answerToFault(error);
    if (answer !== undefined) record(this.log, 'request.refused', { method, url, reason: reasonOf(error) });
    else if (isGone(error)) record(this.log, 'request.abandoned', { method, url, reason: reasonOf(error) });
    else this.report(request, error);
    if (!isAnswered) request.respond(answer ?? INTERNAL_ERROR);
  }
}
