// What the pool remembers of workers that died before they were of use. Runs in the manager; the rules are in
// policy/setbacks.ts.
import {
  afterDeath,
  afterReady,
  afterTime,
  type Cause,
  NO_SETBACKS,
  retryAt,
  type Setbacks,
} from '../policy/setbacks.js';
import type { WorkerView } from '../policy/view.js';

export class BackOff {
  readonly #clock: () => number;
  #setbacks: Setbacks = NO_SETBACKS;
  #lastReason = '';

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  get setbacks(): Setbacks {
    return this.#setbacks;
  }

  /** Of the last early death. */
  get lastReason(): string {
    return this.#lastReason;
  }

  /** Until the next worker is tried; undefined: nothing keeps it. */
  get retryInMs(): number | undefined {
    if (this.#setbacks.rounds === 0) return undefined;
    return Math.max(0, Math.round(retryAt(this.#setbacks) - this.#clock()));
  }

  died(life: Pick<WorkerView, 'spawnedAt' | 'readyAt'>, cause: Cause, reason: string): void {
    this.#setbacks = afterDeath(this.#setbacks, life, cause, this.#clock());
    this.#lastReason = reason;
  }

  becameReady(): void {
    this.#setbacks = afterReady(this.#setbacks);
  }

  look(workers: readonly WorkerView[], now: number): void {
    this.#setbacks = afterTime(this.#setbacks, workers, now);
  }
}
