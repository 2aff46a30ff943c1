// What a manager tells the program that runs it. Types only.
import type { WorkerStatus } from '../status.js';

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
