// Tells the kernel and the workers who accepts what, whenever another set of workers serves. Runs in the manager.
import { reasonOf } from '../errors.js';
import type { Listeners } from '../listener/listeners.js';
import type { Log } from '../log.js';
import { assignSlots } from './steering.js';
import type { WorkerHandle } from './worker-handle.js';

export class Steering {
  readonly #log: Log;
  #listeners: Listeners;
  #slots: number;
  #isSteerable = true;

  constructor(listeners: Listeners, slots: number, log: Log) {
    this.#listeners = listeners;
    this.#slots = slots;
    this.#log = log;
  }

  /** Connections that nobody has accepted yet. */
  get queued(): number {
    return this.#listeners.queueDepth();
  }

  /** From now on it is about these. */
  use(listeners: Listeners, slots: number): void {
    this.#listeners = listeners;
    this.#slots = slots;
  }

  /** Where new connections go is somebody else's business from now on. */
  leave(): void {
    this.#isSteerable = false;
  }

  /** @param serving all workers that new connections may go to */
  steer(serving: readonly WorkerHandle[]): void {
    const live = serving.map(({ place }) => place.slot).sort((one, other) => one - other);
    this.#steerKernel(live);
    const assigned = assignSlots(live, this.#slots);
    for (const worker of serving) worker.listen(assigned.get(worker.place.slot)!);
  }

  /** Without it, connections also go to deserted slots, where their adopters find them: not worth dying for. */
  #steerKernel(live: readonly number[]): void {
    if (!this.#isSteerable) return;
    try {
      this.#listeners.steer(live);
    } catch (error) {
      this.#isSteerable = false;
      this.#log.warn({ reason: reasonOf(error) }, 'new connections cannot be steered to live workers');
    }
  }
}
