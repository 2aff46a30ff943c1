// What one worker more or less means for the bounds of the pool. Pure.

export interface Bounds {
  readonly minServers: number;
  readonly maxServers: number;
}

/** A fixed pool stays one; else the lower bound moves, and takes the upper one along where they meet. */
export function shifted({ minServers, maxServers }: Bounds, by: 1 | -1): Bounds {
  const least = Math.max(1, minServers + by);
  return { minServers: least, maxServers: minServers === maxServers ? least : Math.max(maxServers, least) };
}
