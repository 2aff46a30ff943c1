// What a manager tells the program that runs it. Types only.
import type { WorkerStatus } from './status.js';

/** How a worker ended. */
export interface WorkerEnd {
  /** Its exit code; null if a signal ended it. */
  readonly code: number | null;
  /** As in SIGKILL; null if it ended by itself. */
  readonly signal: string | null;
  /** For people. */
  readonly reason: string;
  /** The manager had asked it to end. */
  readonly isWanted: boolean;
}

/** The pool is to have another number of workers. */
export interface PoolChange {
  /** Workers until now. */
  readonly from: number;
  /** Workers from now on. */
  readonly to: number;
  /** For people. */
  readonly reason: string;
}

/** Workers are to run another generation of the application. */
export interface GenerationChange {
  /** The generation until now. */
  readonly from: number;
  /** The generation from now on. */
  readonly to: number;
  /** The new one was no good, and the one before it is back. */
  readonly isRollback: boolean;
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
  scale: [change: PoolChange];
  /** Workers run another generation of the application, or go back to the one before. */
  generation: [change: GenerationChange];
  /** Options have changed; their names. */
  reconfigure: [names: readonly string[]];
  /** The server begins to stop. */
  finish: [isGraceful: boolean];
}

export type Emit = <Name extends keyof ManagerEvents>(name: Name, ...args: ManagerEvents[Name]) => void;
