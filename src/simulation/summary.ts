// What a simulation comes to: workers, waits, how often the pool changed its mind, how long it took to recover. Pure.
import type { Action } from '../policy/view.js';
import type { Run } from './run.js';

/** How long the pool took to serve as well as before. */
export interface Recovery {
  readonly what: string;
  readonly atMs: number;
  /** Undefined: it did not. */
  readonly tookMs: number | undefined;
}

export interface Summary {
  readonly requests: number;
  readonly lost: number;
  readonly workersLeast: number;
  readonly workersMost: number;
  readonly workersMean: number;
  /** Turns from growing to shrinking or back while the load stayed the same. */
  readonly flaps: number;
  readonly waitMs: { readonly p50: number; readonly p99: number; readonly most: number };
  readonly recoveries: readonly Recovery[];
}

const BASELINE_MS = 5000;
const WINDOW_MS = 50;
/** Windows in a row that are as good as before. */
const WINDOWS = 3;
const FACTOR = 2;

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** When the load or the circumstances change. */
function turningPoints({ trace }: Run): { what: string; atMs: number }[] {
  const load = trace.load.slice(1).map(({ atMs, rps }) => ({ what: `load ${rps}/s`, atMs }));
  const events = trace.events.map(({ kind, atMs }) => ({ what: kind, atMs }));
  return [...load, ...events].sort((one, other) => one.atMs - other.atMs);
}

/** 1: the pool grows, -1: it shrinks, for want of workers or of work; 0: it does neither. */
function directionOf(action: Action): number {
  if (action.kind === 'spawn') return /of at least \d+ workers$/.test(action.reason) ? 0 : 1;
  return action.kind === 'drain' && /is below minLoad|idle workers/.test(action.reason) ? -1 : 0;
}

function flapsOf(run: Run): number {
  const points = turningPoints(run).map(({ atMs }) => atMs);
  let last = 0;
  let changedAt = 0;
  let flaps = 0;
  for (const { action, atMs } of run.decisions) {
    const direction = directionOf(action);
    if (direction === 0) continue;
    const isCaused = points.some((point) => point > changedAt && point <= atMs);
    if (last !== 0 && direction !== last && !isCaused) flaps += 1;
    last = direction;
    changedAt = atMs;
  }
  return flaps;
}

function recoveriesOf(run: Run): Recovery[] {
  const points = turningPoints(run);
  const jobs = run.jobs;
  const within = (from: number, to: number) => {
    let low = 0;
    let high = jobs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (jobs[middle]!.atMs < from) low = middle + 1;
      else high = middle;
    }
    const times: number[] = [];
    for (let i = low; i < jobs.length && jobs[i]!.atMs < to; i++) {
      const { startMs, serviceMs, atMs, isLost } = jobs[i]!;
      times.push(isLost ? Number.POSITIVE_INFINITY : startMs + serviceMs - atMs);
    }
    return quantile(
      times.sort((one, other) => one - other),
      0.99,
    );
  };
  return points.map(({ what, atMs }, i) => {
    const end = points[i + 1]?.atMs ?? run.trace.lengthMs;
    const limit = FACTOR * within(atMs - BASELINE_MS, atMs);
    let good = 0;
    for (let from = atMs; from + WINDOW_MS <= end; from += WINDOW_MS) {
      good = within(from, from + WINDOW_MS) <= limit ? good + 1 : 0;
      if (good === WINDOWS) return { what, atMs, tookMs: from - (WINDOWS - 1) * WINDOW_MS - atMs };
    }
    return { what, atMs, tookMs: undefined };
  });
}

export function summarize(run: Run): Summary {
  const served = run.jobs.filter(({ isLost }) => !isLost);
  const waits = served.map(({ startMs, atMs }) => startMs - atMs).sort((one, other) => one - other);
  const workers = run.samples.map((sample) => sample.workers);
  return {
    requests: run.jobs.length,
    lost: run.jobs.length - served.length,
    workersLeast: workers.reduce((least, count) => Math.min(least, count), Number.POSITIVE_INFINITY),
    workersMost: workers.reduce((most, count) => Math.max(most, count), 0),
    workersMean: workers.reduce((sum, count) => sum + count, 0) / Math.max(1, workers.length),
    flaps: flapsOf(run),
    waitMs: { p50: quantile(waits, 0.5), p99: quantile(waits, 0.99), most: waits.at(-1) ?? 0 },
    recoveries: recoveriesOf(run),
  };
}
