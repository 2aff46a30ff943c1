// Back-off: how often in a row workers died before they were of use, and when the next one may be tried. Pure values,
// kept by the manager, read by the policy.

/** A worker that lives this long after it was ready was a success. */
export const PROVEN_AFTER_MS = 1000;

const DELAY_MIN_MS = 100;
const DELAY_MAX_MS = 30_000;

/**
 * An early death that somebody else has brought about says nothing about the worker, unless there is another one within
 * this time: what is killed again and again (for want of memory, say) is not to be started as fast as possible.
 */
export const PARDON_INTERVAL_MS = 10_000;

export interface Setbacks {
  /** Rounds of early deaths since the last success. Workers that die together are one round. */
  readonly rounds: number;
  readonly lastAt: number;
  readonly wasEverReady: boolean;
  /** When an early death was last put down to somebody else. */
  readonly pardonedAt?: number;
}

/** What a worker's end is put down to: itself, or a signal that neither it nor the manager has sent. */
export type Cause = 'itself' | 'outside';

interface Life {
  readonly spawnedAt: number;
  readonly readyAt?: number;
}

export const NO_SETBACKS: Setbacks = { rounds: 0, lastAt: 0, wasEverReady: false };

export function isProven({ readyAt }: Life, now: number): boolean {
  return readyAt !== undefined && now - readyAt >= PROVEN_AFTER_MS;
}

/** The first in a while, or one of several that were killed together. */
function isPardoned({ pardonedAt }: Setbacks, { spawnedAt }: Life, now: number): boolean {
  return pardonedAt === undefined || spawnedAt < pardonedAt || now - pardonedAt >= PARDON_INTERVAL_MS;
}

/** After the unwanted death of a worker. */
export function afterDeath(setbacks: Setbacks, worker: Life, cause: Cause, now: number): Setbacks {
  if (isProven(worker, now)) return setbacks;
  if (cause === 'outside' && isPardoned(setbacks, worker, now)) return { ...setbacks, pardonedAt: now };
  const isNewRound = setbacks.rounds === 0 || worker.spawnedAt >= setbacks.lastAt;
  return { ...setbacks, rounds: setbacks.rounds + (isNewRound ? 1 : 0), lastAt: now };
}

export function afterReady(setbacks: Setbacks): Setbacks {
  return setbacks.wasEverReady ? setbacks : { ...setbacks, wasEverReady: true };
}

/** Forgets the past once a worker that was spawned after the last death has proved itself. */
export function afterTime(setbacks: Setbacks, workers: readonly Life[], now: number): Setbacks {
  if (setbacks.rounds === 0) return setbacks;
  const isOver = workers.some((worker) => worker.spawnedAt >= setbacks.lastAt && isProven(worker, now));
  return isOver ? { ...setbacks, rounds: 0 } : setbacks;
}

/** 100 ms after the first round, twice as long after each further one, 30 s at most. */
export function retryAt({ rounds, lastAt }: Setbacks): number {
  return lastAt + Math.min(DELAY_MAX_MS, DELAY_MIN_MS * 2 ** (rounds - 1));
}

/** The worker, spawned since the last death, that shows whether the cause of the deaths is gone. */
export function trialOf<Worker extends Life>(
  { lastAt }: Setbacks,
  workers: readonly Worker[],
): Worker | undefined {
  return workers.find(({ spawnedAt }) => spawnedAt >= lastAt);
}
