// Modelled workers: each serves one request after the other, on a clock that somebody else moves. New requests go to one
// with little before it, as fair shares and weights bring about; never to one that is seen to be stuck. No process, no time.
import type { WorkerState, WorkerView } from '../policy/view.js';
import type { Random } from './random.js';

export interface Job {
  readonly atMs: number;
  readonly serviceMs: number;
  startMs: number;
  /** The worker has died with it. */
  isLost: boolean;
}

/** Between the beginning of a turn that does not end and the moment in which others take over: see slot_watch.h. */
const STUCK_SEEN_MS = 35;
/** Of a large pool, the best of so many. */
const CANDIDATES = 16;

export class ModelWorker {
  state: WorkerState = 'spawned';
  readyAt: number | undefined;
  drainingAt: number | undefined;
  hungAt = Number.POSITIVE_INFINITY;
  hungUntil = 0;
  freeAt = 0;
  requests = 0;
  jobs: Job[] = [];
  #workMs = 0;
  /** Work that was done at earlier times, oldest first. */
  #history: { at: number; doneMs: number }[] = [];
  #lookedMs = 0;
  readonly id: number;
  readonly slot: number;
  readonly spawnedAt: number;
  /** When it will be ready. */
  readonly bootsAt: number;
  readonly replaces: number | undefined;

  constructor(place: Pick<ModelWorker, 'id' | 'slot' | 'spawnedAt' | 'bootsAt' | 'replaces'>) {
    this.id = place.id;
    this.slot = place.slot;
    this.spawnedAt = place.spawnedAt;
    this.bootsAt = place.bootsAt;
    this.replaces = place.replaces;
  }

  take(job: Job, now: number): void {
    this.forget(now);
    job.startMs = Math.max(now, this.freeAt);
    this.freeAt = job.startMs + job.serviceMs;
    this.#workMs += job.serviceMs;
    this.requests += 1;
    this.jobs.push(job);
  }

  /** What has ended is of no interest any more. */
  forget(now: number): void {
    const first = this.jobs.findIndex(({ startMs, serviceMs }) => startMs + serviceMs > now);
    this.jobs.splice(0, first === -1 ? this.jobs.length : first);
  }

  /** Gives back what it has not begun. */
  release(now: number): Job[] {
    this.forget(now);
    const left = this.jobs.filter(({ startMs }) => startMs > now);
    this.jobs = this.jobs.filter(({ startMs }) => startMs <= now);
    for (const { serviceMs } of left) this.#workMs -= serviceMs;
    this.requests -= left.length;
    this.freeAt = Math.max(
      now,
      this.hungUntil,
      ...this.jobs.map(({ startMs, serviceMs }) => startMs + serviceMs),
    );
    return left;
  }

  hang(now: number, forMs: number): Job[] {
    const left = this.release(now);
    // As one request that takes so long.
    this.hungAt = now;
    this.hungUntil = this.freeAt + forMs;
    this.freeAt = this.hungUntil;
    this.#workMs += forMs;
    return left;
  }

  isHung(now: number): boolean {
    return now >= this.hungAt && now < this.hungUntil;
  }

  isSeenStuck(now: number): boolean {
    return this.isHung(now) && now >= this.hungAt + STUCK_SEEN_MS;
  }

  #doneMs(now: number): number {
    return this.#workMs - Math.max(0, this.freeAt - now);
  }

  /** Busy share since the last call. */
  look(now: number, spanMs: number): number {
    const done = this.#doneMs(now);
    const busy = Math.min(1, Math.max(0, (done - this.#lookedMs) / spanMs));
    this.#lookedMs = done;
    return busy;
  }

  loadOver(periodMs: number, now: number): number {
    const done = this.#doneMs(now);
    while (this.#history.length > 1 && this.#history[1]!.at <= now - periodMs) this.#history.shift();
    const oldest = this.#history[0] ?? { at: this.readyAt ?? now, doneMs: 0 };
    if (this.#history.at(-1)?.at !== now) this.#history.push({ at: now, doneMs: done });
    return now > oldest.at ? Math.min(1, Math.max(0, (done - oldest.doneMs) / (now - oldest.at))) : 0;
  }

  view(now: number, periodMs: number): WorkerView {
    this.forget(now);
    const { id, slot, state, spawnedAt, readyAt, drainingAt, replaces, requests } = this;
    const life = { id, slot, state, spawnedAt, readyAt, drainingAt, replaces, isKilled: false };
    const load = state === 'ready' ? this.loadOver(periodMs, now) : 0;
    const stalledMs = this.isHung(now) ? now - this.hungAt : 0;
    const rest = { memory: 0, firstMemory: 0, lifeShare: 1, isOutdated: false };
    return { ...life, load, inFlight: this.jobs.length, requests, accepted: requests, stalledMs, ...rest };
  }
}

/** Who gets the next request. */
export function chosen(ready: readonly ModelWorker[], now: number, random: Random): ModelWorker | undefined {
  let best: ModelWorker | undefined;
  let bestAt = Number.POSITIVE_INFINITY;
  const count = Math.min(ready.length, CANDIDATES);
  const from = Math.floor(random.next() * ready.length);
  const step = Math.max(1, Math.floor(ready.length / CANDIDATES));
  for (let i = 0; i < count; i++) {
    const worker = ready[(from + i * step) % ready.length]!;
    if (worker.isSeenStuck(now)) continue;
    // A turn that has just begun not to end looks like any other.
    const at = worker.isHung(now) ? worker.hungAt : worker.freeAt;
    if (at < bestAt) [best, bestAt] = [worker, at];
  }
  return best ?? ready[from];
}
