// What the manager asks for a worker, whichever way it is made. Types only.
import type { Setup, TlsState } from '../channel/messages.js';
import type { Method } from './host-body.js';
import type { WorkerHandle } from './worker-handle.js';

/** What every host gets once, and again when it changes. */
export interface Equipment {
  readonly setup: Omit<Setup, 'type' | 'fdCount'>;
  /** Scoreboard, a bell for each slot, then listeners in layout order; they stay the manager's. */
  readonly fds: readonly number[];
  readonly tls: TlsState | undefined;
}

export interface Spawner {
  readonly method: Method;
  /** Of the application that workers would run now. */
  readonly generation: number;
  /** False while there is nothing that workers could be made from; onChange tells when that is over. */
  readonly canSpawn: boolean;
  onChange: () => void;
  /** Calls worker.exists(), delivered(), unclaimed() and ended() as things happen. Never throws. */
  spawn(worker: WorkerHandle): void;
  /** This worker should exist by now: who was to make it is ended, which ends the worker if there is one. */
  giveUp(worker: WorkerHandle): void;
  /** For the workers that are made from now on; what they have already is not sent again. */
  equip(equipment: Equipment): void;
  /** Nothing will be spawned any more: nothing has to be kept ready for it. Workers and what they need stay. */
  retire(): void;
  /** Ends what the spawner keeps running for itself. Workers are not its business. */
  end(): Promise<void>;
}
