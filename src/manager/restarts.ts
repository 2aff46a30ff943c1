// Who waits until the workers of a certain time have been replaced. Runs in the manager.
import { PronghornError } from '../errors.js';
import { staying, type WorkerView } from '../policy/view.js';

interface Waiter {
  readonly before: number;
  readonly resolve: () => void;
  readonly reject: (error: PronghornError) => void;
}

export class Restarts {
  #waiters: Waiter[] = [];

  /** @param before the number of the first worker that is not meant */
  wait(before: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ before, resolve, reject });
    });
  }

  look(workers: readonly WorkerView[]): void {
    const outdated = staying(workers).filter(({ isOutdated }) => isOutdated);
    const isDone = ({ before }: Waiter) => outdated.every(({ id }) => id >= before);
    const done = this.#waiters.filter(isDone);
    this.#waiters = this.#waiters.filter((waiter) => !isDone(waiter));
    for (const { resolve } of done) resolve();
  }

  abandon(): void {
    for (const { reject } of this.#waiters.splice(0))
      reject(new PronghornError('ERR_PRONGHORN_SERVER_STOPPING'));
  }
}
