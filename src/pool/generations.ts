// What workers are made from: the application and its options as they are, and during a reload or a change of options
// those that come, beside them. The new edition is on trial until a worker of it has proved itself; the old one is kept
// until every worker has been replaced, and comes back whole if the new one fails. Runs in the manager.
import type { TlsState } from '../channel/messages.js';
import { PronghornError } from '../errors.js';
import type { Equipment } from '../hosts/spawner.js';
import { isProven } from '../policy/setbacks.js';
import { staying, type WorkerView } from '../policy/view.js';
import type { Edition } from './edition.js';

/** How a new edition is brought in. */
export interface Deployment {
  readonly edition: Edition;
  /** A worker of it has proved itself: the others follow. */
  readonly onTrusted: () => void;
  /** It is taken back: what came with it has to go before the pool looks again. @returns what that is called */
  readonly onFailure: (reason: string) => PronghornError;
}

interface Rollout extends Deployment {
  readonly previous: Edition;
  readonly resolve: () => void;
  readonly reject: (error: PronghornError) => void;
  isTrusted: boolean;
}

export interface Bounds {
  readonly minServers: number;
  readonly bootTimeoutMs: number;
}

export class Generations {
  readonly #onChange: () => void;
  #current: Edition;
  #rollout: Rollout | undefined;
  #isNewCode = false;
  /** Since when nothing can be made; undefined: it can. */
  #unableSince: number | undefined;

  /** @param onChange workers can be made again, or cannot any more */
  constructor(first: Edition, onChange: () => void) {
    this.#onChange = onChange;
    this.#current = this.#watched(first);
  }

  /** What the workers of now are made from. */
  get current(): Edition {
    return this.#current;
  }

  get isRolling(): boolean {
    return this.#rollout !== undefined;
  }

  /** The last rollout, or the one that goes on, is one of other code. */
  get isNewCode(): boolean {
    return this.#isNewCode;
  }

  /** Workers as they are made now are known to work. */
  get isTrusted(): boolean {
    return this.#rollout?.isTrusted ?? true;
  }

  get canSpawn(): boolean {
    return this.#all.some(({ spawner }) => spawner.canSpawn);
  }

  /** @param isTried the worker may be of an edition on trial; with others to serve beside it, only replacements are */
  editionFor(isTried: boolean): Edition {
    const { previous, isTrusted = true } = this.#rollout ?? {};
    const wanted = previous && !isTrusted && !isTried ? previous : this.#current;
    return wanted.spawner.canSpawn ? wanted : (this.#all.find(({ spawner }) => spawner.canSpawn) ?? wanted);
  }

  /**
   * Resolves when the last worker of the old edition was replaced, and there are as many as there should be.
   * @throws the deployment's failure when the old edition came back, ERR_PRONGHORN_SERVER_STOPPING
   */
  begin(deployment: Deployment): Promise<void> {
    this.#isNewCode = deployment.edition.spawner !== this.#current.spawner;
    return new Promise((resolve, reject) => {
      this.#rollout = { ...deployment, previous: this.#current, resolve, reject, isTrusted: false };
      this.#current = this.#watched(deployment.edition);
    });
  }

  /** This worker is of an edition on trial: no client is to depend on it yet. */
  isOnTrial(edition: Edition): boolean {
    return !this.isTrusted && edition === this.#current;
  }

  /** Looks how far it is. @returns what is so since this look */
  judge(
    workers: readonly WorkerView[],
    { minServers }: Bounds,
    now: number,
  ): 'trusted' | 'deployed' | undefined {
    const rollout = this.#rollout;
    if (!rollout) return undefined;
    const present = staying(workers);
    if (!rollout.isTrusted) {
      if (!present.some((worker) => !worker.isOutdated && isProven(worker, now))) return undefined;
      rollout.isTrusted = true;
      rollout.onTrusted();
      return 'trusted';
    }
    const ready = present.filter(({ state }) => state === 'ready').length;
    if (ready < minServers || present.some(({ isOutdated }) => isOutdated)) return undefined;
    this.#settle(rollout);
    rollout.resolve();
    return 'deployed';
  }

  /** @returns why nobody is to wait for workers of now any longer, if it has been impossible for too long to make any */
  lost({ bootTimeoutMs }: Bounds, now: number): string | undefined {
    if (this.#current.spawner.canSpawn) this.#unableSince = undefined;
    else this.#unableSince ??= now;
    const isLost = this.#unableSince !== undefined && now - this.#unableSince >= bootTimeoutMs;
    return isLost ? `there was nothing to make workers from for ${bootTimeoutMs / 1000} s` : undefined;
  }

  /** The old edition is the current one again. */
  rollBack(reason: string): void {
    const rollout = this.#rollout!;
    const failed = this.#current;
    this.#current = rollout.previous;
    this.#rollout = undefined;
    this.#end(failed);
    this.#current.prepare();
    rollout.reject(rollout.onFailure(reason));
  }

  /** Of the options that are in force: what comes has certificates of its own. */
  updateTls(state: TlsState): void {
    (this.#rollout?.previous ?? this.#current).updateTls(state);
  }

  /** @param edition whose certificates those in force are */
  isInForce(edition: Edition): boolean {
    return edition === (this.#rollout?.previous ?? this.#current);
  }

  equip(equipment: Equipment): void {
    this.#current.equip(equipment);
  }

  /** Nothing will be made any more. */
  retire(): void {
    for (const { spawner } of this.#all) spawner.retire();
    this.#rollout?.reject(new PronghornError('ERR_PRONGHORN_SERVER_STOPPING'));
  }

  async end(): Promise<void> {
    await Promise.all([...new Set(this.#all.map(({ spawner }) => spawner))].map((spawner) => spawner.end()));
  }

  #settle({ previous }: Rollout): void {
    this.#rollout = undefined;
    this.#end(previous);
    // The last worker may have been made from the other one.
    this.#current.prepare();
  }

  /** What only this one was made by has nothing to do any more. */
  #end({ spawner }: Edition): void {
    if (spawner !== this.#current.spawner) void spawner.end();
  }

  get #all(): Edition[] {
    return this.#rollout ? [this.#current, this.#rollout.previous] : [this.#current];
  }

  #watched(edition: Edition): Edition {
    edition.spawner.onChange = this.#onChange;
    return edition;
  }
}
