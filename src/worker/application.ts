// What hosts and workers know of the application: src/server.ts makes one of these from the user's server.
import type { Config } from '../config/options.js';
import type { Listeners } from '../http/dispatch.js';
import type { WebSocketSupport } from '../http/websockets.js';

/** The worker that user code finds itself in. */
export interface WorkerInfo {
  /** Serial number of the worker, never reused. */
  readonly id: number;
  /** Place in the scoreboard, from 0 to below maxServers; taken again by another worker when this one is gone. */
  readonly slot: number;
  /** Of the application that it runs: 1, and one more with each reload. */
  readonly generation: number;
  /** With workerModel thread, the manager's. */
  readonly pid: number;
  /** That node:worker_threads gives it; undefined: the worker is a process. */
  readonly threadId: number | undefined;
}

export interface Application extends Listeners {
  readonly webSocketSupport?: WebSocketSupport;
  /** What the application passed to createServer(). */
  readonly config?: Config;
  /** Runs the user's 'spawn' listeners, one after the other. @param drain lets this worker finish and end */
  spawnHooks(worker: WorkerInfo, drain: () => void): Promise<void>;
  /** Resolves when nothing of what the application has begun beside its answers is left. */
  settled?(): Promise<void>;
  /** The worker takes no new connections any more. */
  onDrain?(): void;
  /** The worker ends now. */
  onStop?(): void;
}

/**
 * Name of the method by which a server gives its application. Registered for the whole process, because the application
 * may bring another installation of this package than the one that loads it.
 */
export const APPLICATION: unique symbol = Symbol.for('pronghorn.application');

/** What an application's module may export. */
export interface ApplicationSource {
  [APPLICATION](): Application | Promise<Application>;
}

export function isApplicationSource(value: unknown): value is ApplicationSource {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject && typeof (value as Partial<ApplicationSource>)[APPLICATION] === 'function';
}
