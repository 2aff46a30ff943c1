// The admin server: status page, status as JSON, metrics, probes. Runs in the manager, on Node's own HTTP server, and
// answers from the scoreboard, so it works while workers hang. Never touches a worker and changes nothing.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { binding } from '../binding/load.js';
import { succeeded } from '../binding/status.js';
import { printAddress } from '../listener/address.js';
import type { Listeners } from '../listener/listeners.js';
import { type Log, record } from '../log.js';
import type { ServerStatus } from '../status.js';
import { answerTo, type Knowledge } from './answers.js';
import { History, INTERVAL_MS } from './history.js';

export interface AdminOptions {
  /** Empty: none is needed. */
  readonly token: string;
  readonly status: () => ServerStatus;
  readonly log: Log;
}

/** It serves people and scrapers, a few at a time. */
const CONNECTIONS_MAX = 64;
const REQUEST_TIMEOUT_MS = 10_000;
/** Who says nothing holds a place that a probe may need. */
const HEAD_TIMEOUT_MS = 2_000;
const CHECK_INTERVAL_MS = 500;
const END_TIMEOUT_MS = 1_000;

const TIMEOUTS = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  headersTimeout: HEAD_TIMEOUT_MS,
  connectionsCheckingInterval: CHECK_INTERVAL_MS,
};

export class AdminServer {
  readonly #servers: readonly Server[];
  readonly #sampling: NodeJS.Timeout;

  /** @param fds listening, which the admin server owns from now on */
  private constructor(fds: readonly number[], { token, status, log }: AdminOptions) {
    const history = new History();
    history.add(status(), Date.now());
    this.#sampling = setInterval(() => history.add(status(), Date.now()), INTERVAL_MS).unref();
    const knowledge = { token, status, history };
    this.#servers = fds.map((fd) => {
      const server = createServer(TIMEOUTS, (request, response) => serve(request, response, knowledge, log));
      server.maxConnections = CONNECTIONS_MAX;
      server.on('error', (err) => record(log, 'admin.failed', { err }));
      return server.listen({ fd }).unref();
    });
  }

  /** The sockets stay the caller's. Undefined where there are none. */
  static on(listeners: Listeners, options: AdminOptions): AdminServer | undefined {
    if (listeners.fds.length === 0) return undefined;
    record(options.log, 'admin.listening', { addresses: listeners.addresses.map(printAddress) });
    return new AdminServer(
      listeners.fds.map((fd) => succeeded('fcntl', binding.duplicateFd(fd))),
      options,
    );
  }

  /** Takes no new connections, which are somebody else's. Those that are open are answered. */
  retire(): void {
    clearInterval(this.#sampling);
    for (const server of this.#servers) stopAccepting(server);
  }

  /** Resolves when all that has been asked is answered, or after a second. */
  async end(): Promise<void> {
    const ended = this.#servers.map((server) => new Promise((resolve) => server.once('close', resolve)));
    this.retire();
    await Promise.race([Promise.all(ended), delay(END_TIMEOUT_MS, undefined, { ref: false })]);
    for (const server of this.#servers) server.closeAllConnections();
  }
}

/** As net.Server does. That of node:http also resets connections whose request has not been read yet. */
function stopAccepting(server: Server): void {
  if (server.listening) NetServer.prototype.close.call(server);
}

function serve(request: IncomingMessage, response: ServerResponse, knowledge: Knowledge, log: Log): void {
  const { method = '', url = '/', headers } = request;
  const question = { method, url, host: headers.host, authorization: headers.authorization };
  try {
    const { code, headers: fields, body } = answerTo(question, knowledge);
    // No connection waits idle that an upgrade would have to cut off.
    const length = Buffer.byteLength(body);
    response.writeHead(code, { ...fields, 'Content-Length': length, Connection: 'close' }).end(body);
  } catch (err) {
    record(log, 'admin.page-failed', { err, url });
    response.writeHead(500).end();
  }
}
