// What the workers have done since the last look, some twenty times a second while there is anything to see: how busy
// each one is at the moment, and whether more comes than is served. Runs in the manager; reads the scoreboard alone.
import type { QuickFigures } from '../policy/rush.js';
import type { Glance, Scoreboard } from '../scoreboard/scoreboard.js';

const NS_PER_MS = 1_000_000;

interface Mark {
  readonly workerId: number;
  readonly at: number;
  readonly idleMs: number;
  readonly requests: number;
}

interface Place {
  readonly workerId: number;
  readonly slot: number;
}

/** Of the batch that its handler goes through, those that have not had their turn. */
function left({ handling, batch }: Glance): number {
  return handling === 0 ? 0 : Math.max(0, batch - handling);
}

/** Requests and sockets that wait for this worker. Where no handler runs, one of the sockets is being served. */
function waitingFor(found: Glance): number {
  if (found.handling === 0) return Math.max(0, found.ready - 1);
  return left(found) + Math.max(0, found.ready - 1 - found.batch);
}

export class QuickLook {
  readonly #scoreboard: Scoreboard;
  #marks = new Map<number, Mark>();
  #busy = new Map<number, number>();
  #at = 0;

  constructor(scoreboard: Scoreboard) {
    this.#scoreboard = scoreboard;
  }

  /** Busy share of the worker in this slot between the last two looks, 0 to 1. */
  busyOf(slot: number): number {
    return this.#busy.get(slot) ?? 0;
  }

  /** @param queued connections that nobody has accepted */
  look(places: readonly Place[], queued: number, now: number): QuickFigures {
    const marks = new Map<number, Mark>();
    const busy = new Map<number, number>();
    let served = 0;
    let waiting = queued;
    for (const { workerId, slot } of places) {
      const found = this.#scoreboard.glance(slot);
      if (found.workerId !== workerId) continue;
      // While it waits, the time of this wait is not in the total yet.
      const waitsMs = found.turnNs === 0 ? Math.max(0, now - found.heartbeatNs / NS_PER_MS) : 0;
      const mark = {
        workerId,
        at: now,
        idleMs: found.idleNs / NS_PER_MS + waitsMs,
        // All of a batch is counted before it begins.
        requests: found.requests - left(found),
      };
      marks.set(slot, mark);
      const before = this.#marks.get(slot);
      if (before?.workerId !== workerId || now <= before.at) continue;
      busy.set(slot, Math.min(1, Math.max(0, 1 - (mark.idleMs - before.idleMs) / (now - before.at))));
      served += mark.requests - before.requests;
      waiting += waitingFor(found);
    }
    const spanMs = now - this.#at;
    this.#marks = marks;
    this.#busy = busy;
    this.#at = now;
    const total = [...busy.values()].reduce((sum, share) => sum + share, 0);
    return { at: now, spanMs, workers: busy.size, busy: total, served, waiting };
  }
}
