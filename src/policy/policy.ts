// The policy of the manager: what should happen to the workers now, and why. A pure function of what is known about
// them, the configuration and the time; it starts nothing and stops nothing itself, and never looks at a clock.
import { decideOverdue } from './deadlines.js';
import { growth, places, surplus } from './demand.js';
import { decideReplacements } from './replacement.js';
import { PROVEN_AFTER_MS, retryAt, trialOf } from './setbacks.js';
import {
  type Action,
  combined,
  type Decision,
  NOTHING,
  type PolicyConfig,
  type PoolView,
  staying,
  type WorkerView,
} from './view.js';

/** Rounds in which no worker ever became ready, after which the manager gives up. */
const FIRST_ATTEMPTS_MAX = 3;

interface WantedWorker {
  readonly replaces?: number;
  readonly reason: string;
}

/** Spawns what is wanted, as far as there are slots and what happened to the last ones allows it. */
function decideSpawns(view: PoolView, now: number, wanted: readonly WantedWorker[]): Decision {
  if (wanted.length === 0 || !view.canSpawn) return NOTHING;
  const { setbacks } = view;
  if (setbacks.rounds >= FIRST_ATTEMPTS_MAX && !setbacks.wasEverReady) {
    return { actions: [{ kind: 'giveUp', attempts: setbacks.rounds }] };
  }
  let allowed = wanted.length;
  if (setbacks.rounds > 0) {
    // One worker tries whether the cause of the deaths is gone; the others follow when it has proved itself.
    const at = retryAt(setbacks);
    if (now < at) return { actions: [], againAt: at };
    const trial = trialOf(setbacks, staying(view.workers));
    if (trial) return { actions: [], againAt: trial.readyAt && trial.readyAt + PROVEN_AFTER_MS };
    allowed = 1;
  }
  const taken = new Set(view.workers.map(({ slot }) => slot));
  const free = Array.from({ length: view.slots }, (_, slot) => slot).filter((slot) => !taken.has(slot));
  const spawns = wanted.slice(0, Math.min(allowed, free.length));
  return { actions: spawns.map((worker, index) => ({ kind: 'spawn', slot: free[index]!, ...worker })) };
}

/** Those that are to be replaced anyway first, then those that do the least. */
function byUse(one: WorkerView, other: WorkerView): number {
  return (
    Number(other.isOutdated) - Number(one.isOutdated) ||
    one.inFlight - other.inFlight ||
    one.load - other.load ||
    other.slot - one.slot
  );
}

function drains(victims: readonly WorkerView[], reason: string): Action[] {
  return victims.map(({ id }) => ({ kind: 'drain', worker: id, reason }));
}

/** More than the upper bound is somebody's word, and is obeyed at once. A lack of work has to last. */
function decideShrink(view: PoolView, config: PolicyConfig, now: number, counted: WorkerView[]): Decision {
  const ready = counted.filter(({ state }) => state === 'ready').sort(byUse);
  // What does not serve yet is no reason for one that does to go.
  const excess = ready.length - config.maxServers;
  if (excess > 0) {
    const reason = `${ready.length} workers, at most ${config.maxServers} are wanted`;
    return { actions: drains(ready.slice(0, excess), reason) };
  }
  const { count, reason } = surplus(config, now, counted);
  if (count <= 0 || !view.lull) return NOTHING;
  const countsAt = Math.max(view.changedAt, view.lull.since) + config.loadAveragePeriodMs;
  if (now < countsAt) return { actions: [], againAt: countsAt };
  const grown = ready.filter(({ spawnedAt }) => now - spawnedAt >= config.minWorkerTtlMs);
  return { actions: drains(grown.slice(0, Math.min(count, view.lull.least)), reason) };
}

/** Workers for which there is no work, as of now: what a lull is felt by. */
export function surplusOf({ workers }: Pick<PoolView, 'workers'>, config: PolicyConfig, now: number): number {
  return surplus(config, now, places(staying(workers))).count;
}

/** Every worker goes: those that serve finish first, the others have nothing to finish. */
function decideEnds(workers: readonly WorkerView[]): Decision {
  const actions = staying(workers).map(({ id, state }): Action => {
    if (state === 'ready') return { kind: 'drain', worker: id, reason: 'stopping' };
    return { kind: 'kill', worker: id, reason: 'stopping before it was ready' };
  });
  return { actions };
}

/** Without those to which one of these things was decided. */
function without(
  workers: readonly WorkerView[],
  { actions }: Decision,
  kinds: readonly Action['kind'][],
): WorkerView[] {
  const decided = actions.filter(({ kind }) => kinds.includes(kind));
  const ended = new Set(decided.map((action) => ('worker' in action ? action.worker : undefined)));
  return workers.filter(({ id }) => !ended.has(id));
}

/** Deadlines first, then replacement and growth, and shrinking only where nothing grows. */
export function decide(view: PoolView, config: PolicyConfig, now: number): Decision {
  const overdue = decideOverdue(view, config, now);
  if (view.mode === 'killing') return overdue;
  if (view.mode === 'draining') {
    return combined(overdue, decideEnds(without(view.workers, overdue, ['hang', 'kill'])));
  }
  // What is killed is replaced when it is dead, and what that means for the next one is known.
  const workers = staying(without(view.workers, overdue, ['hang']));
  const { drains, spawns } = decideReplacements(view, config, now, workers);
  const counted = places(workers);
  const wish = growth(view, config, now, counted);
  const added = Array.from({ length: wish.count }, () => ({ reason: wish.reason }));
  const grown = decideSpawns(view, now, [...added, ...spawns]);
  const isChanging = added.length > 0 || drains.length > 0;
  const shrunk = isChanging ? NOTHING : decideShrink(view, config, now, counted);
  return combined(overdue, { actions: drains }, grown, shrunk);
}
