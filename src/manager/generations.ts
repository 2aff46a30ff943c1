// What workers are made from: the application as it was loaded, and during a reload its next generation beside it. The
// new one is on trial until a worker of it has proved itself; the old one is kept until every worker has been replaced,
// and comes back whole if the new one fails. Runs in the manager.
import type { TlsState } from '../channel/messages.js';
import { PronghornError } from '../errors.js';
import { isProven } from '../policy/setbacks.js';
import { staying, type WorkerView } from '../policy/view.js';
import type { Equipment, Spawner } from './spawner.js';

interface Rollout {
  readonly previous: Spawner;
  readonly resolve: () => void;
  readonly reject: (error: PronghornError) => void;
  isTrusted: boolean;
}

export class Generations {
  readonly #onChange: () => void;
  #current: Spawner;
  #rollout: Rollout | undefined;

  /** @param onChange workers can be made again, or cannot any more */
  constructor(first: Spawner, onChange: () => void) {
    this.#onChange = onChange;
    this.#current = this.#watched(first);
  }

  /** What the workers of now are made by. */
  get current(): Spawner {
    return this.#current;
  }

  get isRolling(): boolean {
    return this.#rollout !== undefined;
  }

  /** Workers as they are made now are known to work. */
  get isTrusted(): boolean {
    return this.#rollout?.isTrusted ?? true;
  }

  get canSpawn(): boolean {
    return this.#all.some(({ canSpawn }) => canSpawn);
  }

  /** @param isTried the worker may be of a generation on trial; with others to serve beside it, only replacements are */
  spawnerFor(isTried: boolean): Spawner {
    const { previous, isTrusted = true } = this.#rollout ?? {};
    const wanted = previous && !isTrusted && !isTried ? previous : this.#current;
    return wanted.canSpawn ? wanted : (this.#all.find(({ canSpawn }) => canSpawn) ?? wanted);
  }

  /**
   * Resolves when the last worker of the old generation was replaced.
   * @throws ERR_PRONGHORN_RELOAD_WORKERS when the old generation came back, ERR_PRONGHORN_SERVER_STOPPING
   */
  begin(next: Spawner): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#rollout = { previous: this.#current, resolve, reject, isTrusted: false };
      this.#current = this.#watched(next);
    });
  }

  /** This worker is of a generation on trial: no client is to depend on it yet. */
  isOnTrial(spawner: Spawner): boolean {
    return !this.isTrusted && spawner === this.#current;
  }

  /** Looks how far it is. @returns what is so since this look */
  judge(workers: readonly WorkerView[], now: number): 'trusted' | 'deployed' | undefined {
    const rollout = this.#rollout;
    if (!rollout) return undefined;
    const { isTrusted: wasTrusted } = rollout;
    const present = staying(workers);
    rollout.isTrusted ||= present.some((worker) => !worker.isOutdated && isProven(worker, now));
    if (!rollout.isTrusted) return undefined;
    if (present.some(({ isOutdated }) => isOutdated)) return wasTrusted ? undefined : 'trusted';
    this.#rollout = undefined;
    void rollout.previous.end();
    rollout.resolve();
    return 'deployed';
  }

  /** The old generation is the current one again. */
  rollBack(reason: string): void {
    const rollout = this.#rollout!;
    const failed = this.#current;
    this.#current = rollout.previous;
    this.#rollout = undefined;
    failed.retire();
    void failed.end();
    const { generation } = failed;
    rollout.reject(new PronghornError('ERR_PRONGHORN_RELOAD_WORKERS', { generation, reason }));
  }

  updateTls(state: TlsState): void {
    for (const spawner of this.#all) spawner.updateTls(state);
  }

  equip(equipment: Equipment): void {
    for (const spawner of this.#all) spawner.equip(equipment);
  }

  /** Nothing will be made any more. */
  retire(): void {
    for (const spawner of this.#all) spawner.retire();
    this.#rollout?.reject(new PronghornError('ERR_PRONGHORN_SERVER_STOPPING'));
  }

  async end(): Promise<void> {
    await Promise.all(this.#all.map((spawner) => spawner.end()));
  }

  get #all(): Spawner[] {
    return this.#rollout ? [this.#current, this.#rollout.previous] : [this.#current];
  }

  #watched(spawner: Spawner): Spawner {
    spawner.onChange = this.#onChange;
    return spawner;
  }
}
