// Answers the commands on the control socket: reads one request, lets the manager do it, reports how far it is, and says
// how it ended. Runs in the manager; a client that goes away changes nothing.
import { createServer, type Server, type Socket } from 'node:net';
import { PronghornError, reasonOf } from '../errors.js';
import {
  CONTROL_VERSION,
  type Progress,
  type Reply,
  type Request,
  type RequestType,
  readLines,
  type ScaleTo,
  writeLine,
} from './protocol.js';

/** The manager, as far as commands are concerned. */
export interface Controlled {
  readonly progress: Progress;
  status(): Promise<object>;
  reload(): Promise<unknown>;
  upgrade(request: Extract<Request, { type: 'upgrade' }>): Promise<unknown>;
  /** Resolves when there are so many workers. */
  scale(to: ScaleTo): Promise<unknown>;
  /** Asks for it; close() tells when it is done. */
  stop(isAtOnce: boolean): void;
}

const REPORT_INTERVAL_MS = 100;
/** Commands ask at once. */
const ASK_TIMEOUT_MS = 10_000;
const TYPES: readonly RequestType[] = ['status', 'reload', 'upgrade', 'scale', 'stop'];

function requestOf(message: Record<string, unknown> | undefined): Request {
  const refuse = (reason: string) => new PronghornError('ERR_PRONGHORN_CONTROL_REQUEST', { reason });
  if (message === undefined) throw refuse('it is no JSON object');
  const { version, type } = message;
  if (version !== CONTROL_VERSION) {
    const own = CONTROL_VERSION;
    throw new PronghornError('ERR_PRONGHORN_CONTROL_VERSION', { own, other: String(version) });
  }
  if (!(TYPES as readonly unknown[]).includes(type))
    throw refuse(`there is no request ${JSON.stringify(type)}`);
  if (type === 'scale' && (typeof message.to !== 'object' || message.to === null))
    throw refuse('it says no number of workers');
  return message as unknown as Request;
}

function failure(error: unknown): Reply {
  const code = error instanceof PronghornError ? error.code : 'ERR_PRONGHORN_INTERNAL';
  return { type: 'failed', code, message: reasonOf(error) };
}

export class ControlServer {
  readonly #controlled: Controlled;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  /** Of those that wait for the end of the server. */
  readonly #waiting = new Set<Socket>();
  #isRetired = false;

  /** @param fd listening, which the server owns from now on */
  constructor(fd: number, controlled: Controlled) {
    this.#controlled = controlled;
    this.#server = createServer((socket) => this.#accept(socket));
    // By its descriptor, and not by its path, whose file Node would remove with it.
    this.#server.listen({ fd });
    this.#server.on('error', () => {});
    this.#server.unref();
  }

  /** Takes no new request. Those under way are answered. */
  retire(): void {
    this.#isRetired = true;
    this.#server.close();
  }

  /** The server has stopped. @param error why, if it was not asked to */
  close(error?: unknown): void {
    this.retire();
    const reply: Reply = error === undefined ? { type: 'done' } : failure(error);
    for (const socket of this.#waiting) writeLine(socket, reply);
    for (const socket of this.#connections) socket.end();
  }

  #accept(socket: Socket): void {
    this.#connections.add(socket);
    socket.unref();
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#connections.delete(socket);
      this.#waiting.delete(socket);
    });
    let isAsked = false;
    const silence = setTimeout(() => socket.destroy(), ASK_TIMEOUT_MS).unref();
    socket.once('close', () => clearTimeout(silence));
    readLines(socket, (message) => {
      if (isAsked) return;
      isAsked = true;
      clearTimeout(silence);
      void this.#answer(socket, message);
    });
  }

  async #answer(socket: Socket, message: Record<string, unknown> | undefined): Promise<void> {
    let reports: NodeJS.Timeout | undefined;
    try {
      const request = requestOf(message);
      if (request.type !== 'status') reports = this.#report(socket);
      if (request.type === 'stop') {
        // It would not reach the manager that goes on.
        if (this.#isRetired) throw new PronghornError('ERR_PRONGHORN_SERVER_STOPPING');
        this.#waiting.add(socket);
        socket.once('close', () => clearInterval(reports));
        this.#controlled.stop(request.isAtOnce);
        return;
      }
      const result = await this.#carryOut(request);
      clearInterval(reports);
      if (request.type !== 'status') writeLine(socket, { type: 'progress', ...this.#controlled.progress });
      writeLine(socket, { type: 'done', result });
    } catch (error) {
      clearInterval(reports);
      writeLine(socket, failure(error));
    }
    socket.end();
  }

  #carryOut(request: Exclude<Request, { type: 'stop' }>): Promise<unknown> {
    switch (request.type) {
      case 'status':
        return this.#controlled.status();
      case 'reload':
        return this.#controlled.reload();
      case 'upgrade':
        return this.#controlled.upgrade(request);
      case 'scale':
        return this.#controlled.scale(request.to);
    }
  }

  /** The first at once: from where it begins. */
  #report(socket: Socket): NodeJS.Timeout {
    const report = () => writeLine(socket, { type: 'progress', ...this.#controlled.progress });
    report();
    return setInterval(report, REPORT_INTERVAL_MS).unref();
  }
}
