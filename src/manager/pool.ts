// The workers: asks the policy what should happen, makes it happen, and tells the policy what came of it. Looks again at
// every event and at least once in a check interval. Runs in the manager.
import type { TlsState } from '../channel/messages.js';
import type { ResolvedConfig } from '../config/options.js';
import { PronghornError, reasonOf } from '../errors.js';
import type { Listeners } from '../listener/listeners.js';
import type { Log } from '../log.js';
import { monotonicNs, type Scoreboard } from '../scoreboard/scoreboard.js';
import { type Action, decide, type PoolView } from './policy.js';
import type { ProcessEnd } from './process-end.js';
import type { Cause, Setbacks } from './setbacks.js';
import { afterDeath, afterReady, afterTime, NO_SETBACKS, retryAt } from './setbacks.js';
import type { Spawner } from './spawner.js';
import { assignSlots } from './steering.js';
import { judgeEnd } from './worker-end.js';
import { type WorkerEvents, WorkerHandle } from './worker-handle.js';

const NS_PER_MS = 1_000_000;
/** Without a heartbeat for so long, an event loop does not turn. */
const STANDSTILL_MS = 2_000;

/** The clock of the scoreboard, so that its times compare with ours. */
const clock = (): number => monotonicNs() / NS_PER_MS;

export interface PoolOptions {
  readonly config: ResolvedConfig;
  readonly slots: number;
  readonly spawner: Spawner;
  readonly listeners: Listeners;
  readonly scoreboard: Scoreboard;
  readonly log: Log;
  /** The lower bound of workers is ready for the first time. */
  readonly onUp: () => void;
  /** No worker is left, in a pool that was told to end. */
  readonly onEmpty: () => void;
  /** Workers cannot be had. */
  readonly onGiveUp: (error: PronghornError) => void;
  /** At every regular look. */
  readonly onCheck: () => void;
}

export class Pool {
  readonly #options: PoolOptions;
  readonly #workers = new Map<number, WorkerHandle>();
  readonly #events: WorkerEvents;
  #mode: PoolView['mode'] = 'running';
  #setbacks: Setbacks = NO_SETBACKS;
  #lastReason = '';
  #changedAt = clock();
  #nextId = 1;
  #isUp = false;
  #timer: NodeJS.Timeout | undefined;
  #isChecking = false;
  #isStale = false;
  #isSteerable = true;

  constructor(options: PoolOptions) {
    this.#options = options;
    options.spawner.onChange = () => this.check();
    this.#events = {
      onReady: (worker) => this.#becameReady(worker),
      onDraining: (worker) => {
        this.#options.log.info(worker.fields, 'worker ends of its own accord');
        this.#changed();
      },
      onEnd: (worker, end) => this.#ended(worker, end),
    };
  }

  get readyCount(): number {
    return [...this.#workers.values()].filter(({ state }) => state === 'ready').length;
  }

  /** Workers finish what they have begun, and end. */
  drain(): void {
    if (this.#mode !== 'running') return;
    this.#mode = 'draining';
    this.#options.spawner.retire();
    this.check();
  }

  /** Workers end now. */
  kill(): void {
    this.#mode = 'killing';
    this.#options.spawner.retire();
    this.check();
  }

  /** Every worker there is, and every one that comes, uses this from now on. */
  updateTls(state: TlsState): void {
    this.#options.spawner.updateTls(state);
    for (const worker of this.#workers.values()) worker.updateTls(state);
  }

  check(): void {
    // An action can change things at once, which asks for another check.
    this.#isStale = true;
    if (this.#isChecking) return;
    this.#isChecking = true;
    this.#isStale = false;
    clearTimeout(this.#timer);
    const { config, slots, spawner } = this.#options;
    const now = clock();
    const workers = [...this.#workers.values()].map((worker) => worker.view(this.#loadOf(worker)));
    this.#setbacks = afterTime(this.#setbacks, workers, now);
    const view: PoolView = {
      mode: this.#mode,
      workers,
      changedAt: this.#changedAt,
      setbacks: this.#setbacks,
      canSpawn: spawner.canSpawn,
      slots,
    };
    const { actions, againAt = Number.POSITIVE_INFINITY } = decide(view, config, now);
    for (const action of actions) this.#act(action);
    this.#isChecking = false;
    if (this.#workers.size === 0 && this.#mode !== 'running') {
      setImmediate(this.#options.onEmpty);
      return;
    }
    const waitMs = this.#isStale ? 0 : Math.max(0, Math.min(againAt - now, config.checkIntervalMs));
    this.#timer = setTimeout(() => this.#regularCheck(), Math.ceil(waitMs));
  }

  #regularCheck(): void {
    this.#options.onCheck();
    this.check();
  }

  #act(action: Action): void {
    if (action.kind === 'spawn') {
      this.#spawn(action.slot, action.reason);
    } else if (action.kind === 'giveUp') {
      const { attempts } = action;
      const reason = this.#lastReason;
      this.#options.onGiveUp(new PronghornError('ERR_PRONGHORN_BOOT_WORKERS', { attempts, reason }));
    } else {
      const worker = this.#workers.get(action.worker)!;
      if (action.kind === 'kill') this.#killWorker(worker, action.reason);
      else this.#drainWorker(worker, action.reason);
    }
  }

  #killWorker(worker: WorkerHandle, reason: string): void {
    this.#options.log.warn({ ...worker.fields, reason }, 'killing worker');
    worker.kill(reason);
  }

  #drainWorker(worker: WorkerHandle, reason: string): void {
    const { config, log } = this.#options;
    log[this.#mode === 'running' ? 'info' : 'debug']({ ...worker.fields, reason }, 'draining worker');
    // First others take over what arrives from now on, then the worker lets go.
    worker.markDraining();
    this.#steer();
    worker.drain(config.terminationTimeoutMs, this.#mode === 'running');
    this.#changedAt = clock();
  }

  #spawn(slot: number, reason: string): void {
    const { spawner, log } = this.#options;
    const place = { workerId: this.#nextId++, slot, generation: spawner.generation };
    const fields = { worker: place.workerId, slot, generation: place.generation, reason };
    log[this.#isUp ? 'info' : 'debug'](fields, 'spawning worker');
    this.#changedAt = clock();
    try {
      const worker = new WorkerHandle(place, clock, this.#events);
      this.#workers.set(place.workerId, worker);
      spawner.spawn(worker);
    } catch (error) {
      // No descriptors left, for instance. Back-off as for a worker that died.
      this.#workers.delete(place.workerId);
      this.#setback({ spawnedAt: clock() }, 'itself', reasonOf(error));
      log.error({ slot, reason: reasonOf(error) }, 'cannot spawn a worker');
    }
  }

  #becameReady(worker: WorkerHandle): void {
    const { config, log } = this.#options;
    this.#setbacks = afterReady(this.#setbacks);
    log.debug(worker.fields, 'worker is ready');
    if (!this.#isUp && this.readyCount >= config.minServers) {
      this.#isUp = true;
      this.#options.onUp();
    }
    this.#changed();
  }

  #ended(worker: WorkerHandle, end: ProcessEnd): void {
    const { scoreboard, log } = this.#options;
    const { workerId, slot } = worker.place;
    this.#workers.delete(workerId);
    scoreboard.clear(slot);
    const { level, words, reason, cause } = judgeEnd(worker, end, this.#mode !== 'running');
    if (cause) this.#setback(worker.view(0), cause, reason);
    const retry = cause === undefined ? {} : this.#retryFields();
    log[level]({ ...worker.fields, reason, ...retry }, words);
    this.#changed();
  }

  #setback(life: { spawnedAt: number; readyAt?: number }, cause: Cause, reason: string): void {
    this.#setbacks = afterDeath(this.#setbacks, life, cause, clock());
    this.#lastReason = reason;
  }

  #retryFields(): { retryInMs?: number } {
    if (this.#setbacks.rounds === 0) return {};
    return { retryInMs: Math.max(0, Math.round(retryAt(this.#setbacks) - clock())) };
  }

  /** The set of serving workers is another one now. */
  #changed(): void {
    this.#changedAt = clock();
    this.#steer();
    this.check();
  }

  #steer(): void {
    const ready = [...this.#workers.values()].filter(({ state, isKilled }) => state === 'ready' && !isKilled);
    const live = ready.map(({ place }) => place.slot).sort((one, other) => one - other);
    this.#steerKernel(live);
    const assigned = assignSlots(live, this.#options.slots);
    for (const worker of ready) worker.listen(assigned.get(worker.place.slot)!);
  }

  /** Without it, connections also go to deserted slots, where their adopters find them: not worth dying for. */
  #steerKernel(live: readonly number[]): void {
    if (!this.#isSteerable) return;
    try {
      this.#options.listeners.steer(live);
    } catch (error) {
      this.#isSteerable = false;
      this.#options.log.warn(
        { reason: reasonOf(error) },
        'new connections cannot be steered to live workers',
      );
    }
  }

  /** A worker whose event loop stands still cannot say how busy it is: it is busy. */
  #loadOf(worker: WorkerHandle): number {
    if (worker.state !== 'ready') return 0;
    const { workerId, busyPermille, heartbeatNs } = this.#options.scoreboard.slot(worker.place.slot);
    if (workerId !== worker.place.workerId) return 0;
    return clock() - heartbeatNs / NS_PER_MS > STANDSTILL_MS ? 1 : busyPermille / 1000;
  }
}
