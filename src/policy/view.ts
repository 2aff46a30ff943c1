// What the policy knows and what it can want: the words in which manager and policy speak with each other. Types only.
import type { ResolvedConfig } from '../config/options.js';
import type { Lull } from './lull.js';
import type { Setbacks } from './setbacks.js';

/** In the order in which a worker goes through them: docs/ARCHITECTURE.md. */
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
  /** Requests that it has not answered yet. */
  readonly inFlight: number;
  /** Requests and connections of its whole life. */
  readonly requests: number;
  readonly accepted: number;
  /** Bytes that it shares with nobody; 0: not measured. */
  readonly memory: number;
  /** The same when it was first measured; 0: not measured. */
  readonly firstMemory: number;
  /** For how long its event loop has not turned although it could have. */
  readonly stalledMs: number;
  /** Its share of maxRequests, maxAccepts and the way to maxMemory, from a half to 1, drawn when it was spawned. */
  readonly lifeShare: number;
  /** It runs code or settings that are not the ones of now. */
  readonly isOutdated: boolean;
  /** The worker that goes when this one is ready. */
  readonly replaces?: number;
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
  /** Connections that nobody has accepted yet. */
  readonly queued: number;
  /** Workers' worth of work that comes in, if that is more than is served at the moment; else 0. */
  readonly rushDemand: number;
  /** For how long there have been more workers than are needed. */
  readonly lull: Lull | undefined;
  /** False while it is open whether workers as they are made now are any good. */
  readonly isTrusted: boolean;
}

export type Action =
  | { readonly kind: 'spawn'; readonly slot: number; readonly replaces?: number; readonly reason: string }
  | { readonly kind: 'drain'; readonly worker: number; readonly reason: string }
  /** Its event loop does not turn: it is asked to end, in case that it turns again. */
  | { readonly kind: 'hang'; readonly worker: number; readonly reason: string }
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
  | 'maxExtraServers'
  | 'minLoad'
  | 'maxLoad'
  | 'loadAveragePeriodMs'
  | 'minSpareServers'
  | 'maxSpareServers'
  | 'maxRequests'
  | 'maxAccepts'
  | 'maxMemory'
  | 'minWorkerTtlMs'
  | 'activityTimeoutMs'
  | 'bootTimeoutMs'
  | 'terminationTimeoutMs'
>;

export const NOTHING: Decision = { actions: [] };

function earliest(...times: (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

/** Both, one after the other. */
export function combined(...decisions: readonly Decision[]): Decision {
  return {
    actions: decisions.flatMap(({ actions }) => actions),
    againAt: earliest(...decisions.map(({ againAt }) => againAt)),
  };
}

/** Neither asked to end nor killed. */
export function staying(workers: readonly WorkerView[]): WorkerView[] {
  return workers.filter(({ state, isKilled }) => state !== 'draining' && !isKilled);
}
