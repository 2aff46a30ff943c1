// The native engine behind one listening http.Server: takes a socket that node has bound over, serves what comes, and
// ends when the server is closed. It has the place and the methods of node's own handle. Runs where applications listen
// by themselves.
import { chmodSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AdjustableLimits, EngineOptions } from '../binding/contract.js';
import { binding } from '../binding/load.js';
import { succeeded } from '../binding/status.js';
import type { NativeTlsEndpoint } from '../binding/tls-contract.js';
import type { Listeners } from '../http/dispatch.js';
import { HttpServer } from '../http/server.js';
import type { Log } from '../log.js';
import { Scoreboard } from '../scoreboard/scoreboard.js';

/** What net.Server does its listening with. */
export interface Handle {
  readonly fd: number;
  close(done?: () => void): void;
}

/** What it listens with. */
export interface Listening {
  readonly handle: Handle;
  readonly server: Server;
  readonly listeners: Listeners;
  /** Undefined: its connections are in the clear. */
  readonly tls: NativeTlsEndpoint | undefined;
}

const CLIENTS_MOST = 1_000_000;
/** Lines of a head: all that fit into one. What is more than maxHeadersCount is left out later. */
const HEADERS = 4096;
/** Of node:http, which has no name for it. */
const HEAD_BYTES = 16 * 1024;
const LOAD_WINDOW_MS = 3_000;
/** As many as the requests of a pipelining client that node reads at once. */
const PIPELINE = 1024;
const SEND_TIMEOUT_MS = 120_000;

/** node:http lets an exception of a listener end the process, unless somebody catches those. */
const throwing = {
  error({ err }: { err: unknown }) {
    process.nextTick(() => {
      throw err;
    });
  },
  isLevelEnabled: (level: string) => level === 'error',
} as unknown as Log;

/** node's; newer versions have it as a field of the server. */
const KEEP_ALIVE_BUFFER_MS = 1_000;
const LIMIT_MOST = 2 ** 31 - 1;

/** Fields of a server hold whatever an application has assigned; for node, nothing is no limit. */
function limitOf(value: unknown): number {
  const limit = Number(value);
  return limit > 0 && limit <= LIMIT_MOST ? limit : 0;
}

/** A request that is sent just before the told time is over shall find the connection open. */
function keepAliveBufferOf(server: Server): number {
  return limitOf(
    (server as { keepAliveTimeoutBuffer?: number }).keepAliveTimeoutBuffer ?? KEEP_ALIVE_BUFFER_MS,
  );
}

function limitsOf(server: Server): AdjustableLimits {
  const keptMs = limitOf(server.keepAliveTimeout);
  const requestMs = limitOf(server.requestTimeout);
  return {
    clients: limitOf(server.maxConnections) || CLIENTS_MOST,
    keepAliveTimeoutMs: keptMs && limitOf(keptMs + keepAliveBufferOf(server)),
    // maxRequestsPerSocket is the listener's to count: what is beyond it is heard of, and answered.
    keepAliveRequests: 0,
    headerTimeoutMs: Math.min(limitOf(server.headersTimeout) || requestMs, requestMs || LIMIT_MOST),
    bodyTimeoutMs: 0,
    requestTimeoutMs: requestMs,
  };
}

function optionsOf(server: Server, scoreboard: Scoreboard): EngineOptions {
  const { maxHeaderSize } = server as { maxHeaderSize?: number };
  return {
    scoreboard: scoreboard.native,
    slot: 0,
    ...limitsOf(server),
    maxHeaderSize: maxHeaderSize || HEAD_BYTES,
    maxHeaders: HEADERS,
    // It is no fault for node, and none of those that leave HTTP: the listener refuses it.
    requiresHost: false,
    maxBodySize: Number.MAX_SAFE_INTEGER,
    maxPipeline: PIPELINE,
    sendTimeoutMs: SEND_TIMEOUT_MS,
    loadWindowMs: LOAD_WINDOW_MS,
    accessLog: 'off',
  };
}

function writeAddress(fd: number, out: object): number {
  const name = binding.localName(fd);
  if (typeof name === 'number') return name;
  if ('host' in name) {
    const { host: address, port } = name;
    Object.assign(out, { address, family: address.includes(':') ? 'IPv6' : 'IPv4', port });
  }
  return 0;
}

export class ListeningEngine implements Handle {
  readonly fd: number;
  /** Writes the address into `out`; a unix socket has none, and no such method. */
  readonly getsockname: ((out: object) => number) | undefined;
  readonly #http: HttpServer;
  readonly #scoreboard = Scoreboard.create(1);
  readonly #path: string | undefined;
  readonly #onEnded: () => void;
  #isClosing = false;

  /** @param onEnded called when it was closed and no connection is left */
  constructor({ handle, server, listeners, tls }: Listening, onEnded: () => void) {
    this.#onEnded = onEnded;
    this.fd = succeeded('fcntl', binding.duplicateFd(handle.fd));
    const name = binding.localName(this.fd);
    this.#path = typeof name === 'object' && 'path' in name ? name.path : undefined;
    this.getsockname = this.#path === undefined ? (out) => writeAddress(this.fd, out) : undefined;
    this.#takeOver(handle);
    this.#http = new HttpServer({
      engine: optionsOf(server, this.#scoreboard),
      listeners,
      compression: false,
      webSockets: { timeoutMs: 0, deflate: false, messageSizeMost: 0 },
      log: throwing,
    });
    this.adjust(server);
    succeeded('epoll_ctl', this.#http.listen(this.fd, { shared: false, proxyProtocol: false, tls }));
  }

  get connections(): number {
    return this.#scoreboard.slot(0).connections;
  }

  /** No new connections; those that are open end after their answers. */
  close(done?: () => void): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    if (this.#path !== undefined && !this.#path.startsWith('\0')) rmSync(this.#path, { force: true });
    void this.#http.drain().then(() => {
      this.#http.close();
      binding.closeFd(this.fd);
      done?.();
      this.#onEnded();
    });
  }

  /** Fields of the server have other values. */
  adjust(server: Server): void {
    this.#http.adjust(limitsOf(server), keepAliveBufferOf(server));
  }

  endConnections(onlyIdle: boolean): void {
    this.#http.endConnections(onlyIdle);
  }

  /** Who may use the file of a unix socket, beside its owner. @param all a sum of libuv's UV_READABLE, UV_WRITABLE */
  fchmod(all: number): number {
    if (this.#path === undefined) return 0;
    const bits = ((all & 1) !== 0 ? 0o444 : 0) | ((all & 2) !== 0 ? 0o222 : 0);
    chmodSync(this.#path, (statSync(this.#path).mode & 0o777) | bits);
    return 0;
  }

  /** While it listens, its process goes on. */
  ref(): void {
    this.#http.keepLoop(true);
  }

  /** Its process goes on only while it has connections. */
  unref(): void {
    this.#http.keepLoop(false);
  }

  /** Ends node's listening. It removes the file of a unix socket with that, so it must not find it. */
  #takeOver(handle: Handle): void {
    const path = this.#path;
    if (path === undefined || !existsSync(path)) {
      handle.close();
      return;
    }
    const aside = `${path}.${process.pid}`;
    renameSync(path, aside);
    handle.close();
    renameSync(aside, path);
  }
}
