// createServer() and the server that it gives. The same script runs in several processes or threads, and run() plays
// another part in each: in what the user started it is the manager, in those that the manager starts it is a host, from
// which workers come. Never serves in the manager.
import { EventEmitter } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { resolve } from 'node:path';
import type { WebSocket } from 'ws';
import { hostChannelFd } from './channel/announcement.js';
import { cpusAvailable } from './config/cpus.js';
import { configFromEnvironment } from './config/environment.js';
import type { Config } from './config/options.js';
import { resolveConfig } from './config/resolve.js';
import { validateConfig } from './config/validate.js';
import { PronghornError } from './errors.js';
import type { ManagerEvents } from './events.js';
import type { FetchApplication } from './fetch/application.js';
import { type Handler, type Handling, handlingOf } from './handler.js';
import type { Request } from './http/request.js';
import {
  type HandleProtocols,
  type WebSocketListener,
  type WebSocketSupport,
  webSocketServerClass,
} from './http/websockets.js';
import { parseAddresses } from './listener/address.js';
import type { Manager } from './manager/manager.js';
import type { FastifyLike } from './node-http/application.js';
import type { NodeListener } from './node-http/listener.js';
import type { ServerStatus } from './status.js';
import { APPLICATION, type Application, type WorkerInfo } from './worker/application.js';

/**
 * Events of a server, and what their listeners get. Those of ManagerEvents are emitted in the process that manages, the others
 * in workers, which run the same program.
 */
export interface ServerEvents extends ManagerEvents {
  /** In workers, for every request, before 'request'. What a listener answers goes no further; a promise is awaited. */
  route: [request: Request];
  /** In workers, for every request. */
  request: [request: Request];
  /** In workers, for every WebSocket that a client opens, in place of 'request'. */
  websocket: [socket: WebSocket, request: Request];
  /** In each worker, once, before it serves. A promise is awaited: the place to connect to databases. */
  spawn: [worker: WorkerInfo];
  /** In a worker, once: it takes no new connections from now on, and finishes what it has begun. */
  drain: [];
  /** In a worker, once: no connection is left, and the process ends. What a listener starts is not waited for. */
  stop: [];
}

const notFound: Handler = (request) => request.respond({ code: 404 });
const upgradeRequired: Handler = (request) =>
  request.respond({ code: 426, headers: { Upgrade: 'websocket', Connection: 'close' } });

/**
 * The server whose run() was called. One in a process: the processes that it starts run the same script and would not
 * know which of several servers they belong to.
 */
let runner: Server | undefined;

/** A server of workers; from createServer(). In each of its processes the same script has one, which plays another part. */
export class Server extends EventEmitter<ServerEvents> {
  /** For 'websocket' listeners. Without it, the first subprotocol that a client offers is spoken. */
  handleProtocols: HandleProtocols | undefined;
  readonly #config: Config;
  readonly #handling: Handling | undefined;
  #manager: Manager | undefined;
  #running: Promise<void> | undefined;
  #drainWorker: (() => void) | undefined;

  /** @internal Use createServer(). */
  constructor(config: Config, handling: Handling | undefined) {
    super();
    this.#config = config;
    this.#handling = handling;
    if (handling) this.on('request', handling.handler);
  }

  /**
   * Serves. Resolves when the server has stopped. In the processes that serve, it never does: what follows it runs
   * only in the process that the user started.
   * @throws ERR_PRONGHORN_SERVER_STARTED when it was called before, ERR_PRONGHORN_SERVER_SECOND when another server's
   * was, ERR_PRONGHORN_SERVER_HANDLER, ERR_PRONGHORN_SERVER_LISTENER, and whatever keeps the server from starting
   */
  async run(): Promise<void> {
    if (runner === this) throw new PronghornError('ERR_PRONGHORN_SERVER_STARTED');
    if (runner) throw new PronghornError('ERR_PRONGHORN_SERVER_SECOND');
    runner = this;
    this.#handler();
    this.#running = hostChannelFd === undefined ? this.#manage() : this.#host();
    return this.#running;
  }

  /**
   * Stops gracefully: what has begun is finished, within terminationTimeout. Resolves when that is done. In the manager
   * it stops the server. In a worker it drains that worker alone, which is then replaced.
   */
  async stop(): Promise<void> {
    this.#drainWorker?.();
    this.#manager?.stop('the program');
    // How it ended is for the caller of run() to know.
    await this.#running?.catch(() => {});
  }

  /**
   * New code, step by step, without a lost request: the application is loaded anew, and when a worker of it has proved
   * itself, the others follow. Resolves when every worker runs it. Options that the new code brings count too. In the
   * manager only; the signal SIGHUP does the same.
   * @throws what the application failed with, ERR_PRONGHORN_RELOAD_WORKERS when its workers died; all goes on as it was
   * then. ERR_PRONGHORN_SERVER_NOT_RUNNING, ERR_PRONGHORN_SERVER_STOPPING
   */
  async reload(): Promise<void> {
    await this.#managing('reload').reload();
  }

  /**
   * A new manager, of the Node and of this package as they are installed now, takes over the sockets; when its workers
   * have proved themselves, this one's finish what they have begun, and run() resolves. SIGUSR2 does the same. Resolves
   * when the new one has taken over.
   * @throws ERR_PRONGHORN_UPGRADE when it did not within upgradeTimeout; all goes on as it was then.
   * ERR_PRONGHORN_SERVER_NOT_RUNNING, ERR_PRONGHORN_SERVER_STOPPING
   */
  async upgrade(): Promise<void> {
    await this.#managing('upgrade').upgrade();
  }

  /**
   * The same code in new processes, step by step. Resolves when every worker was replaced.
   * @throws ERR_PRONGHORN_RESTART_WORKERS when a new one does not start: what was not replaced by then goes on.
   * ERR_PRONGHORN_SERVER_NOT_RUNNING, ERR_PRONGHORN_SERVER_STOPPING
   */
  async restartWorkers(): Promise<void> {
    await this.#managing('restartWorkers').restartWorkers();
  }

  /**
   * Other options, while the server runs: those given are changed, the others stay. Everything is checked before
   * anything is changed. docs/CONFIGURATION.md tells how far the change of each option reaches. Resolves when it is in
   * force everywhere, and as many workers are ready as have to be. Stands above the configuration, also after a reload or
   * an upgrade, until that says something else of the option.
   * @returns names of the options that are others now
   * @throws ERR_PRONGHORN_CONFIG_*, ERR_PRONGHORN_LISTEN_*, ERR_PRONGHORN_TLS_*, and ERR_PRONGHORN_RECONFIGURE_WORKERS when
   * a worker that it needs does not start within bootTimeout; all goes on as it was then.
   * ERR_PRONGHORN_SERVER_NOT_RUNNING, ERR_PRONGHORN_SERVER_STOPPING
   */
  async reconfigure(config: Config): Promise<readonly string[]> {
    return this.#managing('reconfigure').reconfigure(config);
  }

  /**
   * The server and its workers as they are now. Asks no worker anything, so it works while they hang.
   * @throws ERR_PRONGHORN_SERVER_NOT_RUNNING
   */
  status(): ServerStatus {
    return this.#managing('status').status;
  }

  /** @internal What hosts and workers need of this server. */
  async [APPLICATION](): Promise<Application> {
    await this.#handling?.load?.();
    return {
      config: this.#config,
      handler: this.#handler(),
      observer: this.#handling?.observer,
      routes: this.listeners('route').map((listener) => listener.bind(this)) as Handler[],
      webSocketSupport: await this.#webSocketSupport(),
      spawnHooks: async (worker, drain) => {
        this.#drainWorker = drain;
        await this.#handling?.prepare?.();
        for (const listener of this.listeners('spawn')) await listener.call(this, worker);
      },
      settled: async () => this.#handling?.settled?.(),
      onDrain: () => this.emit('drain'),
      onStop: () => this.emit('stop'),
    };
  }

  #managing(method: string): Manager {
    if (this.#manager) return this.#manager;
    throw new PronghornError('ERR_PRONGHORN_SERVER_NOT_RUNNING', { method });
  }

  async #webSocketSupport(): Promise<WebSocketSupport | undefined> {
    const listeners = this.listeners('websocket').map((listener) =>
      listener.bind(this),
    ) as WebSocketListener[];
    if (listeners.length === 0) return undefined;
    return { serverClass: await webSocketServerClass(), listeners, handleProtocols: this.handleProtocols };
  }

  #handler(): Handler {
    const [first, ...others] = this.listeners('request') as Handler[];
    if (!first) {
      if (this.listenerCount('websocket') > 0) return upgradeRequired;
      if (this.listenerCount('route') > 0) return notFound;
      throw new PronghornError('ERR_PRONGHORN_SERVER_HANDLER');
    }
    const wrong = [first, ...others].find(({ length }) => length > 1);
    if (wrong) throw new PronghornError('ERR_PRONGHORN_SERVER_LISTENER', { parameters: wrong.length });
    if (others.length === 0) return first;
    return (request) => Promise.all([first, ...others].map((listener) => listener.call(this, request)));
  }

  async #manage(): Promise<void> {
    const script = process.argv[1];
    if (script === undefined) {
      const reason = 'it runs the script of this process again, and this process has none';
      throw new PronghornError('ERR_PRONGHORN_SPAWN', { what: 'application', reason });
    }
    const { Manager } = await import('./manager/manager.js');
    this.#manager = new Manager({
      program: { script: resolve(script), args: process.argv.slice(2), shownAs: script },
      appConfig: this.#config,
      config: configFromEnvironment(process.env),
      onStart: async () => {
        for (const listener of this.listeners('start')) await listener.call(this);
      },
      emit: (name, ...args) => {
        this.emit(name, ...(args as never));
      },
      isHeard: (name) => this.listenerCount(name) > 0,
    });
    await this.#manager.run();
  }

  async #host(): Promise<void> {
    const { runHost } = await import('./zygote/host.js');
    await runHost(async () => this[APPLICATION]());
  }
}

function handlingFrom(handler: unknown): Handling {
  const handling = handlingOf(handler);
  if ('doubt' in handling) {
    throw new PronghornError('ERR_PRONGHORN_CONFIG_HANDLER', { received: handling.doubt });
  }
  return handling;
}

/**
 * A server; run() starts it. Nothing is opened or started here.
 * @param config options of the table in docs/CONFIGURATION.md
 * @param handler the same as `on('request', handler)`
 * @throws ERR_PRONGHORN_CONFIG_UNKNOWN, ERR_PRONGHORN_CONFIG_VALUE, ERR_PRONGHORN_CONFIG_CONFLICT,
 * ERR_PRONGHORN_CONFIG_HANDLER, ERR_PRONGHORN_LISTEN_ADDRESS
 */
export function createServer(config?: Config, handler?: Handler): Server;
/**
 * The same for an application that was written for something else.
 * @param config options of the table in docs/CONFIGURATION.md
 * @param application a (req, res) listener, known by its two parameters or more; an http.Server that does not listen; a
 * Fastify instance; an object with a method fetch(request)
 * @throws the same; ERR_PRONGHORN_CONFIG_HANDLER for what could be of two kinds, or is of none
 */
export function createServer(
  config: Config,
  application: FetchApplication | NodeListener | HttpServer | FastifyLike,
): Server;
export function createServer(config: Config = {}, handler?: unknown): Server {
  const valid = validateConfig(config);
  parseAddresses(resolveConfig(valid, cpusAvailable()).listen);
  return new Server(structuredClone(valid), handler === undefined ? undefined : handlingFrom(handler));
}
