// Which workers are to be replaced, and how: a new one first, and when it says that it is ready, the old one drains.
// Never more than a few at a time. Pure.
import type { Action, PolicyConfig, PoolView, WorkerView } from './view.js';

function ageOf({ spawnedAt }: WorkerView, now: number): number {
  return now - spawnedAt;
}

/** What it may grow by is its own to some part, as its requests are: what it began with is not. */
function memoryMost({ firstMemory, lifeShare }: WorkerView, maxMemory: number): number {
  if (firstMemory === 0 || firstMemory >= maxMemory) return maxMemory;
  return firstMemory + (maxMemory - firstMemory) * lifeShare;
}

/** Why this worker has done its part; undefined: it has not. */
function spentReason(worker: WorkerView, config: PolicyConfig, now: number): string | undefined {
  if (ageOf(worker, now) < config.minWorkerTtlMs) return undefined;
  const { maxRequests, maxAccepts, maxMemory } = config;
  if (maxRequests > 0 && worker.requests >= maxRequests * worker.lifeShare) {
    return `${worker.requests} requests of at most ${maxRequests}`;
  }
  if (maxAccepts > 0 && worker.accepted >= maxAccepts * worker.lifeShare) {
    return `${worker.accepted} connections of at most ${maxAccepts}`;
  }
  if (maxMemory > 0 && worker.memory >= memoryMost(worker, maxMemory)) {
    return `${worker.memory} bytes of memory of at most ${maxMemory}`;
  }
  return undefined;
}

function replacementReason(worker: WorkerView, config: PolicyConfig, now: number): string | undefined {
  if (worker.state !== 'ready') return undefined;
  return worker.isOutdated ? 'replaced by a worker of now' : spentReason(worker, config, now);
}

export interface Replacements {
  readonly drains: readonly Action[];
  /** Wishes: whether there is room for them is decided elsewhere. */
  readonly spawns: readonly { readonly replaces: number; readonly reason: string }[];
}

/**
 * @param workers that stay, and so are there to be replaced or to replace
 * @param extra workers that there may be beyond the pool's size for this
 */
export function decideReplacements(
  view: PoolView,
  config: PolicyConfig,
  now: number,
  workers: WorkerView[],
): Replacements {
  const successors = new Map(workers.map((worker) => [worker.replaces, worker]));
  const drains: Action[] = [];
  const spawns: { replaces: number; reason: string }[] = [];
  let pairs = 0;
  // Spent ones before those that only run what is not current: they may be short of memory.
  const outgoing = workers
    .map((worker) => ({ worker, reason: replacementReason(worker, config, now) }))
    .filter((entry): entry is { worker: WorkerView; reason: string } => entry.reason !== undefined)
    .sort((one, other) => Number(one.worker.isOutdated) - Number(other.worker.isOutdated));
  for (const { worker, reason } of outgoing) {
    const successor = successors.get(worker.id);
    // On trial is only what is not outdated.
    if (successor?.state === 'ready' && (view.isTrusted || successor.isOutdated)) {
      drains.push({ kind: 'drain', worker: worker.id, reason });
    } else if (successor) {
      pairs += 1;
    } else {
      spawns.push({ replaces: worker.id, reason });
    }
  }
  // As long as new workers have not proved themselves, one has to.
  const most = view.isTrusted ? config.maxExtraServers : 1;
  return { drains, spawns: spawns.slice(0, Math.max(0, most - pairs)) };
}
