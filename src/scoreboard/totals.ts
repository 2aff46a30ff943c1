// What all workers have done together, those that are gone included: sums of scoreboard slots, which never fall. Pure.
import type { SlotSnapshot } from './scoreboard.js';

const SUMMED = [
  'accepted',
  'requests',
  'bytesIn',
  'bytesOut',
  'responses1xx',
  'responses2xx',
  'responses3xx',
  'responses4xx',
  'responses5xx',
  'latencySumUs',
] as const;

export type Totals = { readonly [Name in (typeof SUMMED)[number]]: number } & {
  /** Requests by latency; LATENCY_LIMITS_US has the buckets' upper limits. */
  readonly latencies: readonly number[];
};

export const NO_TOTALS: Totals = {
  ...(Object.fromEntries(SUMMED.map((name) => [name, 0])) as Omit<Totals, 'latencies'>),
  latencies: [],
};

export function added(one: Totals, other: Totals | SlotSnapshot): Totals {
  const sums = Object.fromEntries(SUMMED.map((name) => [name, one[name] + other[name]]));
  const buckets = Math.max(one.latencies.length, other.latencies.length);
  const latencies = Array.from(
    { length: buckets },
    (_, bucket) => (one.latencies[bucket] ?? 0) + (other.latencies[bucket] ?? 0),
  );
  return { ...(sums as Omit<Totals, 'latencies'>), latencies };
}
