// Who waits until the pool is as it was asked to be: workers replaced, or as many ready as there should be. They wait
// until it is so or a new worker has failed, never for ever. Runs in the manager.
import { PronghornError } from '../errors.js';
import { places } from '../policy/demand.js';
import { staying, type WorkerView } from '../policy/view.js';

type IsDone = (workers: readonly WorkerView[]) => boolean;
type Failure = (reason: string) => PronghornError;

interface Waiter {
  readonly isDone: IsDone;
  /** Number of the first worker that was made for it. */
  readonly from: number;
  readonly failure: Failure;
  readonly resolve: () => void;
  readonly reject: (error: PronghornError) => void;
}

export interface WaitersOptions {
  /** Number of the next worker. */
  readonly nextId: () => number;
  /** Somebody waits: the pool is to look. */
  readonly onWait: () => void;
}

export class Waiters {
  readonly #options: WaitersOptions;
  #waiters: Waiter[] = [];

  constructor(options: WaitersOptions) {
    this.#options = options;
  }

  /** Resolves when no worker of before now is left that is not what it should be. @throws ERR_PRONGHORN_RESTART_WORKERS */
  replaced(): Promise<void> {
    const before = this.#options.nextId();
    return this.#wait(
      (workers) => staying(workers).every(({ id, isOutdated }) => id >= before || !isOutdated),
      (reason) => new PronghornError('ERR_PRONGHORN_RESTART_WORKERS', { reason }),
    );
  }

  /** Resolves when so many are ready, as of the moment of the look. @throws the failure, when a new one was none */
  ready(least: () => number, failure: Failure): Promise<void> {
    return this.#wait((workers) => {
      const ready = places(staying(workers)).filter(({ state }) => state === 'ready');
      return ready.length >= least();
    }, failure);
  }

  look(workers: readonly WorkerView[]): void {
    const done = this.#waiters.filter(({ isDone }) => isDone(workers));
    this.#waiters = this.#waiters.filter((waiter) => !done.includes(waiter));
    for (const { resolve } of done) resolve();
  }

  /** Number of the first worker that is made for anybody; undefined: nobody waits. */
  get from(): number | undefined {
    return this.#waiters.length > 0 ? Math.min(...this.#waiters.map(({ from }) => from)) : undefined;
  }

  /** Workers cannot be made as they were asked for. */
  fail(reason: string): void {
    for (const { reject, failure } of this.#waiters.splice(0)) reject(failure(reason));
  }

  abandon(): void {
    for (const { reject } of this.#waiters.splice(0))
      reject(new PronghornError('ERR_PRONGHORN_SERVER_STOPPING'));
  }

  #wait(isDone: IsDone, failure: Failure): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      this.#waiters.push({ isDone, from: this.#options.nextId(), failure, resolve, reject });
    });
    this.#options.onWait();
    return done;
  }
}
