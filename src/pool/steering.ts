// Who accepts what: which worker from which slots' sockets, how many of the new connections each gets, and who helps out
// where one is stuck. Pure.

/** A worker that new connections may go to. */
export interface Server {
  readonly slot: number;
  /** Busy share of its event loop, 0 to 1. */
  readonly busy: number;
  /** It does not come round to what waits for it. */
  readonly isStuck: boolean;
}

/** Weight of a worker with nothing to do. */
const WEIGHT_MAX = 16;
/** One that has no time left still gets a little, since a figure of now says little about the next second. */
const WEIGHT_MIN = 2;
/** A program is put into the kernel again when a weight has changed by so much. */
const WEIGHT_STEP = 4;

/**
 * Slot of a live worker → the slots that it accepts from: its own, and its share of the deserted ones.
 * @param live slots whose workers are ready, ascending
 */
export function assignSlots(live: readonly number[], slotCount: number): Map<number, number[]> {
  const assigned = new Map(live.map((slot) => [slot, [slot]]));
  if (live.length === 0) return assigned;
  let next = 0;
  for (let slot = 0; slot < slotCount; slot++) {
    if (assigned.has(slot)) continue;
    assigned.get(live[next % live.length]!)!.push(slot);
    next += 1;
  }
  return assigned;
}

/** Slot → how often it gets a new connection. Stuck workers get none, as long as there is somebody else. */
export function weigh(servers: readonly Server[]): Map<number, number> {
  const able = servers.filter(({ isStuck }) => !isStuck);
  if (able.length === 0) return new Map(servers.map(({ slot }) => [slot, WEIGHT_MAX]));
  const weightOf = (busy: number) => Math.max(WEIGHT_MIN, Math.round(WEIGHT_MAX * (1 - busy)));
  return new Map(able.map(({ slot, busy }) => [slot, weightOf(busy)]));
}

/** Whether the kernel has to be told. */
export function differs(
  weights: ReadonlyMap<number, number>,
  from: ReadonlyMap<number, number> | undefined,
): boolean {
  if (!from || weights.size !== from.size) return true;
  return [...weights].some(([slot, weight]) => {
    const before = from.get(slot);
    return before === undefined || Math.abs(weight - before) >= WEIGHT_STEP;
  });
}

/**
 * Slot of a stuck worker → slot of the one that accepts for it meanwhile: the one it was, else the least busy that does
 * it for nobody else.
 */
export function substitutes(
  servers: readonly Server[],
  before: ReadonlyMap<number, number>,
): Map<number, number> {
  const able = servers.filter(({ isStuck }) => !isStuck).sort((one, other) => one.busy - other.busy);
  const result = new Map<number, number>();
  if (able.length === 0) return result;
  const stuck = servers.filter(({ isStuck }) => isStuck);
  for (const { slot } of stuck) {
    const old = before.get(slot);
    if (old !== undefined && able.some((server) => server.slot === old)) result.set(slot, old);
  }
  const taken = new Set(result.values());
  const fresh = able.filter(({ slot }) => !taken.has(slot));
  const candidates = fresh.length > 0 ? fresh : able;
  let next = 0;
  for (const { slot } of stuck) {
    if (result.has(slot)) continue;
    result.set(slot, candidates[next % candidates.length]!.slot);
    next += 1;
  }
  return result;
}
