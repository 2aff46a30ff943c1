// How many workers there should be: by load, by idle workers, by what waits in the accept queues, within the bounds.
// Pure.
import type { PolicyConfig, PoolView, WorkerView } from './view.js';

/** So many waiting connections are as much work as one worker does. */
const QUEUED_PER_WORKER = 16;

export interface Wish {
  readonly count: number;
  readonly reason: string;
}

function percent(load: number): string {
  return `${Math.round(load * 100)} %`;
}

/**
 * A young worker's load covers its short life only, most of which was starting. It counts as idle for the rest of the
 * period, so that a start is not taken for a rush.
 */
function countedLoad(worker: WorkerView, config: PolicyConfig, now: number): number {
  if (worker.state !== 'ready' || worker.readyAt === undefined) return 0;
  return worker.load * Math.min(1, (now - worker.readyAt) / config.loadAveragePeriodMs);
}

function totalLoad(workers: readonly WorkerView[], config: PolicyConfig, now: number): number {
  return workers.reduce((sum, worker) => sum + countedLoad(worker, config, now), 0);
}

/** A worker and the one that is to take its place count as one until the first of them goes. */
export function places(workers: readonly WorkerView[]): WorkerView[] {
  const there = new Set(workers.map(({ id }) => id));
  return workers.filter(({ replaces }) => replaces === undefined || !there.has(replaces));
}

function idleCount(workers: readonly WorkerView[]): number {
  return workers.filter(({ inFlight }) => inFlight === 0).length;
}

function largest(wishes: readonly Wish[]): Wish {
  return wishes.reduce((most, wish) => (wish.count > most.count ? wish : most));
}

/** Workers to add. @param counted one for each place in the pool */
export function growth(view: PoolView, config: PolicyConfig, now: number, counted: WorkerView[]): Wish {
  const total = counted.length;
  const { minServers, maxServers, maxLoad, minSpareServers } = config;
  const load = totalLoad(counted, config, now);
  // What only waits is no worker's load yet. It counts once it is more than a moment's work, at most as much as all of
  // them do, so that the pool doubles and looks again.
  const queuedLoad = view.queued < QUEUED_PER_WORKER ? 0 : Math.min(total, view.queued / QUEUED_PER_WORKER);
  const average = total > 0 ? (load + queuedLoad) / total : 0;
  const isBusy = maxLoad > 0 && average > maxLoad;
  const byLoad = queuedLoad > 0 ? `${view.queued} connections wait, load` : 'load';
  const { count, reason } = largest([
    { count: minServers - total, reason: `${total} of at least ${minServers} workers` },
    {
      count: isBusy ? Math.ceil((load + queuedLoad) / maxLoad) - total : 0,
      reason: `${byLoad} ${percent(load / Math.max(1, total))} is above maxLoad ${percent(maxLoad)}`,
    },
    {
      count: maxLoad > 0 ? Math.ceil(view.rushDemand / maxLoad) - total : 0,
      reason: `a rush: there is work for ${view.rushDemand.toFixed(1)} workers`,
    },
    {
      count: minSpareServers - idleCount(counted),
      reason: `${idleCount(counted)} of at least ${minSpareServers} idle workers`,
    },
  ]);
  return { count: Math.max(0, Math.min(count, maxServers - total)), reason };
}

/** Workers to take away for lack of work. @param counted one for each place in the pool */
export function surplus(config: PolicyConfig, now: number, counted: WorkerView[]): Wish {
  const total = counted.length;
  const { minServers, minLoad, maxLoad, minSpareServers, maxSpareServers } = config;
  const load = totalLoad(counted, config, now);
  const average = total > 0 ? load / total : 0;
  const isIdle = minLoad > 0 && average < minLoad;
  // What stays must not be so busy that it would grow again.
  const needed = Math.max(Math.floor(load / (minLoad || 1)), maxLoad > 0 ? Math.ceil(load / maxLoad) : 0);
  const idle = idleCount(counted);
  const { count, reason } = largest([
    {
      count: isIdle ? total - needed : 0,
      reason: `load ${percent(average)} is below minLoad ${percent(minLoad)}`,
    },
    {
      count: maxSpareServers > 0 ? idle - maxSpareServers : 0,
      reason: `${idle} idle workers, at most ${maxSpareServers} are wanted`,
    },
  ]);
  // Not so many that the other rules would call them back.
  const keep = Math.max(minServers, minSpareServers > 0 ? total - (idle - minSpareServers) : 0);
  return { count: Math.max(0, Math.min(count, total - keep)), reason };
}
