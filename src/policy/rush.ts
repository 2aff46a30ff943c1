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
  /** Workers' worth of work that comes in, and of what has piled up; 0: there is no rush. */
  readonly demand: number;
}

/** Workers that have no time left. Less is for the average to judge. */
const BUSY_SHARE = 0.9;
/** What waits takes longer than this to be served. */
const WAIT_MS = 50;
/** What has piled up is to be gone in this time. */
const CLEAR_MS = 150;
/** One long request, or a pause of the garbage collector, is no rush: two looks in a row have to see it. */
const LOOKS = 2;

/** How much more comes than is served, as a factor. */
function growthOf(before: QuickFigures, { served, waiting }: QuickFigures): number {
  const added = Math.max(0, waiting - before.waiting);
  return served > 0 ? 1 + added / served : 2;
}

export function feelRush(previous: Rush | undefined, figures: QuickFigures): Rush {
  const { workers, busy, served, waiting, spanMs } = figures;
  const none = { figures, looks: 0, demand: 0 };
  if (!previous || workers === 0 || busy < BUSY_SHARE * workers) return none;
  // What a worker does in a span, times what waits: the work that has piled up.
  const piledMs = served > 0 ? (waiting / served) * spanMs : waiting > 0 ? Number.POSITIVE_INFINITY : 0;
  if (piledMs <= WAIT_MS) return none;
  const looks = previous.looks + 1;
  const coming = busy * growthOf(previous.figures, figures);
  // Never more than twice what comes: it is gone soon, and too many workers stay.
  const demand = coming + Math.min(coming, busy * (piledMs / CLEAR_MS));
  return { figures, looks, demand: looks >= LOOKS ? demand : 0 };
}
