// What a manager tells the program that runs it, and what server.status() gives. Types only.
import type { WorkerState } from '../policy/view.js';

/** One worker, as the manager knows it. */
export interface WorkerStatus {
  /** Serial number, never reused. */
  readonly id: number;
  readonly slot: number;
  /** Of the application that it runs. */
  readonly generation: number;
  /** Undefined until the process exists. With workerModel thread, the manager's own. */
  readonly pid: number | undefined;
  /** That node:worker_threads gives it; undefined: it is a process. */
  readonly threadId: number | undefined;
  readonly state: WorkerState;
  /** Seconds since it was started. */
  readonly age: number;
  /** Busy share of its event loop over loadAveragePeriod, 0 to 1. */
  readonly load: number;
  /** Seconds since its event loop last turned. */
  readonly heartbeatAge: number;
  readonly connections: number;
  readonly inFlight: number;
  /** In its whole life. */
  readonly accepted: number;
  readonly requests: number;
  /** It runs code or settings that are not the ones of now, and will be replaced. */
  readonly isOutdated: boolean;
}

/** What the manager has done to its workers, and why. */
export interface DecisionStatus {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: 'spawn' | 'drain' | 'hang' | 'kill' | 'giveUp';
  readonly worker?: number;
  readonly reason: string;
}

/** What can be done to a server that runs, one after the other. */
export type ChangeName = 'reload' | 'upgrade' | 'restart' | 'reconfigure';

export interface ServerStatus {
  readonly pid: number;
  /** Seconds since this manager was started. */
  readonly uptime: number;
  readonly state: 'starting' | 'running' | 'stopping';
  /** Whether new connections should be sent here: false before the pool is up and from the first word of a stop. */
  readonly isReady: boolean;
  readonly generation: number;
  /** What is under way; what waits for its turn is not told. */
  readonly change: ChangeName | undefined;
  /** Undefined before the application is loaded, and with workerModel thread. */
  readonly startMethod: 'fork' | 'spawn' | undefined;
  readonly minServers: number;
  readonly maxServers: number;
  readonly addresses: readonly string[];
  /** Connections that wait to be accepted. Unix sockets do not tell theirs. */
  readonly queued: number;
  readonly workers: readonly WorkerStatus[];
  /** Newest last. */
  readonly decisions: readonly DecisionStatus[];
}

export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly reason: string;
  /** The manager had asked it to end. */
  readonly isWanted: boolean;
}

/** Events of the process that manages; the same names are not used in workers, which run the same program. */
export interface ManagerEvents {
  /** Once, when every socket is bound and before any worker exists. A promise is awaited. */
  start: [];
  /** A worker is being started. */
  boot: [worker: WorkerStatus];
  /** A worker serves. */
  ready: [worker: WorkerStatus];
  /** At each look: a worker's event loop has turned since the last one. */
  heartbeat: [worker: WorkerStatus];
  /** A worker's process is gone. */
  reap: [worker: WorkerStatus, end: WorkerEnd];
  /** At each regular look, once in checkInterval. */
  wait: [];
  /** The pool is to become larger or smaller. */
  scale: [change: { readonly from: number; readonly to: number; readonly reason: string }];
  /** Workers run another generation of the application, or go back to the one before. */
  generation: [change: { readonly from: number; readonly to: number; readonly isRollback: boolean }];
  /** Options have changed; their names. */
  reconfigure: [names: readonly string[]];
  /** The server begins to stop. */
  finish: [isGraceful: boolean];
}

export type Emit = <Name extends keyof ManagerEvents>(name: Name, ...args: ManagerEvents[Name]) => void;
