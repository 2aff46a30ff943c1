// Tells the kernel and the workers who accepts what: whenever another set of workers serves, whenever one of them is
// stuck, and as their loads change. Runs in the manager; asks no worker anything.
import type { NativeWatch } from '../binding/contract.js';
import { binding } from '../binding/load.js';
import { succeeded } from '../binding/status.js';
import { reasonOf } from '../errors.js';
import type { WorkerHandle } from '../hosts/worker-handle.js';
import type { Listeners } from '../listener/listeners.js';
import { type Log, record } from '../log.js';
import { feelRush, type Rush } from '../policy/rush.js';
import { monotonicNs, type Scoreboard } from '../scoreboard/scoreboard.js';
import { QuickLook } from './quick-look.js';
import { assignSlots, differs, type Server, substitutes, weigh } from './steering.js';

const NS_PER_MS = 1_000_000;

export interface SteeringOptions {
  readonly listeners: Listeners;
  readonly slots: number;
  readonly scoreboard: Scoreboard;
  readonly log: Log;
  /** More comes than is served. */
  readonly onRush: () => void;
}

export class Steering {
  readonly #log: Log;
  readonly #onRush: () => void;
  readonly #watch: NativeWatch;
  readonly #quickLook: QuickLook;
  #listeners: Listeners;
  #slots: number;
  /** Undefined: it is not for this manager's workers yet to get anything. */
  #serving: readonly WorkerHandle[] | undefined;
  #isSteerable = true;
  /** As the kernel has them. */
  #weights: ReadonlyMap<number, number> | undefined;
  #substitutes: ReadonlyMap<number, number> = new Map();
  #rush: Rush | undefined;

  constructor({ listeners, slots, scoreboard, log, onRush }: SteeringOptions) {
    this.#log = log;
    this.#onRush = onRush;
    this.#listeners = listeners;
    this.#slots = slots;
    this.#quickLook = new QuickLook(scoreboard);
    this.#watch = new binding.Watch(scoreboard.native, (isAnyBusy) => this.#notice(isAnyBusy));
    this.#watchSockets();
  }

  /** Connections that nobody has accepted yet. */
  get queued(): number {
    return this.#listeners.queueDepth();
  }

  /** Workers' worth of work that comes in while there is more of it than the workers can do; else 0. */
  get rushDemand(): number {
    return this.#rush?.demand ?? 0;
  }

  /** From now on it is about these. */
  use(listeners: Listeners, slots: number): void {
    this.#listeners = listeners;
    this.#slots = slots;
    this.#weights = undefined;
    this.#watchSockets();
  }

  /** Where new connections go is somebody else's business from now on. */
  leave(): void {
    this.#isSteerable = false;
  }

  /** @param serving all workers that new connections may go to @param isForced somebody else may have steered */
  steer(serving: readonly WorkerHandle[], isForced: boolean): void {
    if (isForced) this.#weights = undefined;
    this.#serving = [...serving].sort((one, other) => one.place.slot - other.place.slot);
    this.#apply();
  }

  close(): void {
    this.#watch.close();
  }

  #watchSockets(): void {
    const { sockets } = this.#listeners;
    const fds = sockets.map(({ fd }) => fd);
    const slots = sockets.map(({ slot }) => slot);
    succeeded('epoll_ctl', this.#watch.use(this.#slots, fds, slots));
  }

  #notice(isAnyBusy: boolean): void {
    if (!this.#serving) return;
    if (isAnyBusy) {
      const places = this.#serving.map(({ place }) => place);
      const now = monotonicNs() / NS_PER_MS;
      this.#rush = feelRush(this.#rush, this.#quickLook.look(places, this.queued, now));
    }
    this.#apply();
    if (this.rushDemand > 0) this.#onRush();
  }

  #apply(): void {
    const serving = this.#serving ?? [];
    const stuck = new Set(this.#watch.stuck());
    const servers: Server[] = serving.map(({ place: { slot } }) => {
      return { slot, busy: this.#quickLook.busyOf(slot), isStuck: stuck.has(slot) };
    });
    this.#steerKernel(weigh(servers));
    const slots = servers.map(({ slot }) => slot);
    const assigned = assignSlots(slots, this.#slots);
    this.#substitutes = substitutes(servers, this.#substitutes);
    const extra = new Map<number, number[]>();
    for (const [slot, by] of this.#substitutes) {
      extra.set(by, [...(extra.get(by) ?? []), ...assigned.get(slot)!]);
    }
    for (const worker of serving) {
      const { slot } = worker.place;
      worker.listen([...assigned.get(slot)!, ...(extra.get(slot) ?? [])]);
    }
  }

  /** Without it, connections also go to deserted slots, where their adopters find them: not worth dying for. */
  #steerKernel(weights: ReadonlyMap<number, number>): void {
    // Nobody serves: better where somebody did, or does again, than anywhere.
    if (weights.size === 0) return;
    if (!this.#isSteerable || !differs(weights, this.#weights)) return;
    try {
      this.#listeners.steer(weights);
      this.#weights = weights;
    } catch (error) {
      this.#isSteerable = false;
      record(this.#log, 'steering.failed', { reason: reasonOf(error) });
    }
  }
}
