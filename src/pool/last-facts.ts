// What a worker was doing when it hung, was killed or died, as log lines tell it: from its slot in the shared memory, which
// outlives it, and from the kernel. Runs in the manager; asks no worker anything.

import { residentMemory } from '../hosts/process-times.js';
import type { WorkerHandle } from '../hosts/worker-handle.js';
import type { EventFields } from '../log/events.js';
import type { ActiveRequest, Scoreboard } from '../scoreboard/scoreboard.js';

export type LastFacts = Pick<
  EventFields<'worker.hangs'>,
  'inHand' | 'stack' | 'inFlight' | 'requests' | 'heartbeatMs' | 'memory'
>;

const NS_PER_MS = 1_000_000;
const MS_PER_SECOND = 1000;
const TOLD_MAX = 8;

function inWords({ method, path, startedAt, isHandled }: ActiveRequest, now: number): string {
  const seconds = Math.max(0, (now - startedAt) / MS_PER_SECOND).toFixed(1);
  return `${method} ${path} for ${seconds} s${isHandled ? ', in its handler' : ''}`;
}

/** The one whose handler runs first, then the oldest. */
function byImportance(one: ActiveRequest, other: ActiveRequest): number {
  return Number(other.isHandled) - Number(one.isHandled) || one.startedAt - other.startedAt;
}

/**
 * @param memory bytes, of a process that is gone: the most it ever had
 * @returns undefined: it had not begun to be a worker yet
 */
export function lastFacts(
  scoreboard: Scoreboard,
  { place, pid, threadId }: WorkerHandle,
  now: number,
  memory?: number,
): LastFacts | undefined {
  const slot = scoreboard.slot(place.slot);
  if (slot.workerId !== place.workerId) return undefined;
  const { inFlight, requests, heartbeatNs } = slot;
  const known = scoreboard.requests(place.slot).sort(byImportance);
  const inHand = known.slice(0, TOLD_MAX).map((request) => inWords(request, now));
  const more = Math.max(inFlight, known.length) - inHand.length;
  if (more > 0) inHand.push(`${more} more`);
  const own = threadId !== undefined ? slot.memory : pid === undefined ? undefined : residentMemory(pid);
  const heartbeatMs = Math.round(now - heartbeatNs / NS_PER_MS);
  const stack = scoreboard.stack(place.slot);
  return {
    inHand,
    stack: stack.length > 0 ? stack : undefined,
    inFlight,
    requests,
    heartbeatMs,
    memory: memory ?? own,
  };
}
