// A lack of work that lasts: for how long there have been more workers than are needed, and how many more at least. One
// quiet moment takes nobody away. Pure; the value is kept by the manager from look to look.

export interface Lull {
  readonly since: number;
  /** Surplus workers, at every look since then. */
  readonly least: number;
}

/**
 * @param surplus workers too many, as of now
 * @param changedAt when a worker was last added or taken away: how many were too many before that says nothing
 */
export function feelLull(
  previous: Lull | undefined,
  surplus: number,
  now: number,
  changedAt: number,
): Lull | undefined {
  if (surplus <= 0) return undefined;
  return previous && previous.since >= changedAt
    ? { since: previous.since, least: Math.min(previous.least, surplus) }
    : { since: now, least: surplus };
}
