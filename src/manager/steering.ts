// Which worker accepts from which slots' sockets. A slot without a live worker is adopted by one that lives, so that
// nothing waits unseen in its accept queue. Pure.

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
