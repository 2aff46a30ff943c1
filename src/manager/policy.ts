// The policy of the manager: what should happen to the workers now, and why. A pure function of what is known about
// them, the configuration and the time; it starts nothing and stops nothing itself, and never looks at a clock.
import type { ResolvedConfig } from '../config/options.js';
import { PROVEN_AFTER_MS, retryAt, type Setbacks, trialOf } from './setbacks.js';

export type WorkerState = 'spawned' | 'booting' | 'ready' | 'draining';

/** One worker, as the policy sees it. Times are milliseconds of one monotonic clock. */
export interface WorkerView {
  readonly id: number;
  readonly slot: number;
  readonly state: WorkerState;
  readonly spawnedAt: number;
  readonly readyAt?: number;
  readonly drainingAt?: number;
  readonly isKilled: boolean;
  /** Busy share of its event loop, 0 to 1. */
  readonly load: number;
}

export interface PoolView {
  readonly mode: 'running' | 'draining' | 'killing';
  readonly workers: readonly WorkerView[];
  /** When a worker was last added or taken away: older loads say nothing about the pool as it is now. */
  readonly changedAt: number;
  readonly setbacks: Setbacks;
  /** False while there is nothing that workers could be made from. */
  readonly canSpawn: boolean;
  readonly slots: number;
}

export type Action =
  | { readonly kind: 'spawn'; readonly slot: number; readonly reason: string }
  | { readonly kind: 'drain'; readonly worker: number; readonly reason: string }
  | { readonly kind: 'kill'; readonly worker: number; readonly reason: string }
  | { readonly kind: 'giveUp'; readonly attempts: number };

export interface Decision {
  readonly actions: readonly Action[];
  /** The time at which to decide again, if nothing happens before. */
  readonly againAt?: number;
}

export type PolicyConfig = Pick<
  ResolvedConfig,
  | 'minServers'
  | 'maxServers'
  | 'minLoad'
  | 'maxLoad'
  | 'loadAveragePeriodMs'
  | 'minWorkerTtlMs'
  | 'terminationTimeoutMs'
>;

export const BOOT_TIMEOUT_MS = 30_000;

/** Rounds in which no worker ever became ready, after which the manager gives up. */
export const FIRST_ATTEMPTS_MAX = 3;

function percent(load: number): string {
  return `${Math.round(load * 100)} %`;
}

/** Kills what is overdue, and says when the next one will be. */
function decideKills(view: PoolView, config: PolicyConfig, now: number): Decision {
  const actions: Action[] = [];
  let againAt: number | undefined;
  for (const worker of view.workers) {
    if (worker.isKilled) continue;
    if (view.mode === 'killing') {
      actions.push({ kind: 'kill', worker: worker.id, reason: 'stopping at once' });
      continue;
    }
    const deadline = deadlineOf(worker, config);
    if (deadline === undefined) continue;
    if (now >= deadline.at) actions.push({ kind: 'kill', worker: worker.id, reason: deadline.reason });
    else againAt = Math.min(againAt ?? deadline.at, deadline.at);
  }
  return { actions, againAt };
}

function deadlineOf(worker: WorkerView, config: PolicyConfig): { at: number; reason: string } | undefined {
  if (worker.state === 'ready') return undefined;
  if (worker.state !== 'draining') {
    return { at: worker.spawnedAt + BOOT_TIMEOUT_MS, reason: `not ready after ${BOOT_TIMEOUT_MS / 1000} s` };
  }
  const timeoutMs = config.terminationTimeoutMs;
  if (timeoutMs === 0 || worker.drainingAt === undefined) return undefined;
  return {
    at: worker.drainingAt + timeoutMs,
    reason: `not finished ${timeoutMs / 1000} s after it was asked to stop`,
  };
}

/**
 * A young worker's load covers its short life only, most of which was starting. It counts as idle for the rest of the
 * period, so that a start is not taken for a rush.
 */
function countedLoad(worker: WorkerView, config: PolicyConfig, now: number): number {
  if (worker.state !== 'ready' || worker.readyAt === undefined) return 0;
  return worker.load * Math.min(1, (now - worker.readyAt) / config.loadAveragePeriodMs);
}

interface Wish {
  readonly count: number;
  readonly reason: string;
}

function growth(total: number, sumLoad: number, config: PolicyConfig): Wish {
  const missing = config.minServers - total;
  const average = total > 0 ? sumLoad / total : 0;
  const isBusy = config.maxLoad > 0 && average > config.maxLoad;
  const wanted = isBusy ? Math.ceil(sumLoad / config.maxLoad) - total : 0;
  const count = Math.min(Math.max(missing, wanted, 0), config.maxServers - total);
  const reason =
    wanted > missing
      ? `load ${percent(average)} is above maxLoad ${percent(config.maxLoad)}`
      : `${total} of at least ${config.minServers} workers`;
  return { count, reason };
}

function totalLoad(workers: readonly WorkerView[], config: PolicyConfig, now: number): number {
  return workers.reduce((sum, worker) => sum + countedLoad(worker, config, now), 0);
}

function decideSpawns(view: PoolView, config: PolicyConfig, now: number, counted: WorkerView[]): Decision {
  const sumLoad = totalLoad(counted, config, now);
  const { count, reason } = growth(counted.length, sumLoad, config);
  if (count <= 0 || !view.canSpawn) return { actions: [] };
  const { setbacks } = view;
  if (setbacks.rounds >= FIRST_ATTEMPTS_MAX && !setbacks.wasEverReady) {
    return { actions: [{ kind: 'giveUp', attempts: setbacks.rounds }] };
  }
  let allowed = count;
  if (setbacks.rounds > 0) {
    // One worker tries whether the cause of the deaths is gone; the others follow when it has proved itself.
    const at = retryAt(setbacks);
    if (now < at) return { actions: [], againAt: at };
    const trial = trialOf(setbacks, counted);
    if (trial) return { actions: [], againAt: trial.readyAt && trial.readyAt + PROVEN_AFTER_MS };
    allowed = 1;
  }
  const taken = new Set(view.workers.map(({ slot }) => slot));
  const free = Array.from({ length: view.slots }, (_, slot) => slot).filter((slot) => !taken.has(slot));
  return { actions: free.slice(0, allowed).map((slot) => ({ kind: 'spawn', slot, reason })) };
}

function decideShrink(view: PoolView, config: PolicyConfig, now: number, counted: WorkerView[]): Decision {
  const total = counted.length;
  const sumLoad = totalLoad(counted, config, now);
  const average = total > 0 ? sumLoad / total : 0;
  if (config.minLoad === 0 || average >= config.minLoad || total <= config.minServers) return { actions: [] };
  const loadsCountAt = view.changedAt + config.loadAveragePeriodMs;
  if (now < loadsCountAt) return { actions: [], againAt: loadsCountAt };
  const needed = Math.max(
    Math.floor(sumLoad / config.minLoad),
    config.maxLoad > 0 ? Math.ceil(sumLoad / config.maxLoad) : 0,
    config.minServers,
  );
  const reason = `load ${percent(average)} is below minLoad ${percent(config.minLoad)}`;
  const victims = counted
    .filter(({ state, spawnedAt }) => state === 'ready' && now - spawnedAt >= config.minWorkerTtlMs)
    .sort((one, other) => one.load - other.load || other.slot - one.slot)
    .slice(0, Math.max(0, total - needed));
  return { actions: victims.map(({ id }) => ({ kind: 'drain', worker: id, reason })) };
}

function earliest(...times: (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

/** Every worker goes: those that serve finish first, the others have nothing to finish. */
function decideEnds(workers: readonly WorkerView[]): Action[] {
  return workers
    .filter(({ state, isKilled }) => state !== 'draining' && !isKilled)
    .map(({ id, state }) => {
      if (state === 'ready') return { kind: 'drain', worker: id, reason: 'stopping' };
      return { kind: 'kill', worker: id, reason: 'stopping before it was ready' };
    });
}

/** Deaths and timeouts first, then growth, and shrinking only where nothing grows. */
export function decide(view: PoolView, config: PolicyConfig, now: number): Decision {
  const kills = decideKills(view, config, now);
  if (view.mode === 'killing') return kills;
  if (view.mode === 'draining') {
    return { actions: [...kills.actions, ...decideEnds(view.workers)], againAt: kills.againAt };
  }
  const counted = view.workers.filter(({ state, isKilled }) => state !== 'draining' && !isKilled);
  const spawns = decideSpawns(view, config, now, counted);
  const isGrowing = spawns.actions.length > 0;
  const shrink = isGrowing ? { actions: [] } : decideShrink(view, config, now, counted);
  return {
    actions: [...kills.actions, ...spawns.actions, ...shrink.actions],
    againAt: earliest(kills.againAt, spawns.againAt, shrink.againAt),
  };
}
