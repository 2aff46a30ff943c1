// A rush: more comes than is served, seen in a moment instead of in an average over seconds. Says how many workers' worth
// of work comes in. Pure; the value is kept by the manager from look to look.

/** What the workers have done since the look before. */
export interface QuickFigures {
  /** On the manager's clock, ms. */
  readonly at: number;
  readonly spanMs: number;
  /** Workers that are ready, and how many of them it would have taken without any waiting. */
  readonly workers: number;
  readonly busy: number;
  /** Requests that they have begun. */
  readonly served: number;
  /** Connections that nobody has accepted, or that have sent something nobody has looked at. */
  readonly waiting: number;
}

export interface Rush {
  readonly figures: QuickFigures;
  /** Looks in a row at which there was one. */
  readonly looks: number;
  /** What waited before the first of them, and what has been served since. */
  readonly waitedBefore: number;
  readonly served: number;
  /** Workers' worth of work that there should be room for; 0: there is no rush. */
  readonly demand: number;
}

/** Workers that have no time left. Less is for the average to judge. */
const BUSY_SHARE = 0.9;
/** What waits takes longer than this to be served. */
const WAIT_MS = 50;
/**
 * Workers for so many times what comes: what has piled up is to go, and each worker has a queue of its own, which is long
 * just below maxLoad. With minLoad at half of maxLoad no more of them would stay.
 */
const ROOM = 2;
/** One long request, or a pause of the garbage collector, is no rush: two looks in a row have to see it. */
const LOOKS = 2;

export function feelRush(previous: Rush | undefined, figures: QuickFigures): Rush {
  const { workers, busy, waiting, spanMs } = figures;
  const none = { figures, looks: 0, waitedBefore: waiting, served: 0, demand: 0 };
  if (!previous || workers === 0 || busy < BUSY_SHARE * workers) return none;
  // Work that has piled up: what a worker does in a span, times what waits.
  const piledMs = waiting === 0 ? 0 : (waiting / Math.max(1, figures.served)) * spanMs;
  if (piledMs <= WAIT_MS) return none;
  // With other workers it is another rush: what was served before says nothing about them.
  const isSame = previous.figures.workers === workers;
  const waitedBefore = isSame ? previous.waitedBefore : previous.figures.waiting;
  const served = figures.served + (isSame ? previous.served : 0);
  const looks = isSame ? previous.looks + 1 : 1;
  if (looks < LOOKS) return { figures, looks, waitedBefore, served, demand: 0 };
  const coming = busy * (1 + Math.max(0, waiting - waitedBefore) / Math.max(1, served));
  const demand = ROOM * coming;
  return { figures, looks, waitedBefore, served, demand };
}
