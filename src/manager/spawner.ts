// What the manager asks for a worker's process, whichever way it is made. Types only.
import type { WorkerHandle } from './worker-handle.js';

export interface Spawner {
  readonly method: 'fork' | 'spawn';
  /** Of the application that workers would run now. */
  readonly generation: number;
  /** False while there is nothing that workers could be made from; onChange tells when that is over. */
  readonly canSpawn: boolean;
  onChange: () => void;
  /** Calls worker.exists(), delivered(), unclaimed() and ended() as things happen. Never throws. */
  spawn(worker: WorkerHandle): void;
  /** Ends what the spawner keeps running for itself. Workers are not its business. */
  end(): Promise<void>;
}
