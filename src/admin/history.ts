// The last ten minutes of a server, a sample a second, for the charts of the status page: what happened between two
// looks at totals that only rise. Pure; the admin server owns one.
import type { ServerStatus } from '../status.js';
import { meanLoad } from './metrics.js';

export const INTERVAL_MS = 1000;
const SAMPLES_MAX = 600;

export interface Sample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Per second since the sample before. */
  readonly requests: number;
  readonly errors: number;
  /** Mean busy share, 0 to 1. */
  readonly load: number;
  readonly workers: number;
  readonly draining: number;
  readonly inFlight: number;
  readonly connections: number;
  readonly queued: number;
  /** Seconds, of the requests since the sample before; undefined: there were none. */
  readonly p50?: number;
  readonly p99?: number;
}

type Latency = ServerStatus['totals']['latency'];

/** The upper limit of the bucket in which this share of the requests ends. */
export function percentile(
  counts: readonly number[],
  limits: readonly number[],
  share: number,
): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let below = 0;
  const bucket = counts.findIndex((count) => {
    below += count;
    return below >= share * total;
  });
  return limits[Math.min(bucket, limits.length - 1)];
}

function between(before: Latency, now: Latency): number[] {
  return now.counts.map((count, bucket) => count - (before.counts[bucket] ?? 0));
}

function sampleOf(before: ServerStatus, now: ServerStatus, seconds: number, at: number): Sample {
  const { totals, workers, queued } = now;
  const counts = between(before.totals.latency, totals.latency);
  const { limits } = totals.latency;
  const sum = (field: 'inFlight' | 'connections') => workers.reduce((all, worker) => all + worker[field], 0);
  return {
    at,
    requests: (totals.requests - before.totals.requests) / seconds,
    errors: (totals.responses['5xx'] - before.totals.responses['5xx']) / seconds,
    load: meanLoad(now),
    workers: workers.filter(({ state }) => state === 'ready').length,
    draining: workers.filter(({ state }) => state === 'draining').length,
    inFlight: sum('inFlight'),
    connections: sum('connections'),
    queued,
    p50: percentile(counts, limits, 0.5),
    p99: percentile(counts, limits, 0.99),
  };
}

export class History {
  readonly #samples: Sample[] = [];
  #last: { status: ServerStatus; at: number } | undefined;

  /** Oldest first. */
  get samples(): readonly Sample[] {
    return this.#samples;
  }

  add(status: ServerStatus, at: number): void {
    const last = this.#last;
    this.#last = { status, at };
    if (!last || at <= last.at) return;
    this.#samples.push(sampleOf(last.status, status, (at - last.at) / 1000, at));
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
  }
}
