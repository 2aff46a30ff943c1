// Is an event loop stuck, or was it only never given the processor? Counts the time in which a loop did not turn although
// it could have: not the time in which its process was throttled or starved, and not the time in which nobody looked,
// because the whole machine or the manager itself stood still. Pure.

/** Of one thread, or of several together. */
export interface ThreadTimes {
  /** Processor time so far, ms. */
  readonly cpuMs: number;
  /** It computes, or would if it got a processor; not: it waits for something, or was stopped. */
  readonly isRunnable: boolean;
}

export interface Sign {
  /** When the event loop last turned, on the clock of the manager, ms. */
  readonly heartbeatAt: number;
  /** The thread with the event loop; undefined where nobody had to look. */
  readonly own?: ThreadTimes | undefined;
  /** What it may wait for: threads of its process, as a collection of garbage waits for V8's, and its children. */
  readonly companions?: ThreadTimes | undefined;
}

export interface Pulse extends Sign {
  readonly seenAt: number;
  readonly stalledMs: number;
}

/** A loop that computes on a machine with four times as much to do as it has processors gets so much of its time. */
const FAIR_SHARE = 0.25;

/** Processor time since the look before of who could have used it; undefined: nobody could. */
function ranMs(before: Sign, { own, companions }: Sign): number | undefined {
  if (own?.isRunnable) return before.own ? own.cpuMs - before.own.cpuMs : 0;
  if (!companions?.isRunnable) return undefined;
  // Less than before, where one of them has ended.
  return before.companions ? Math.max(0, companions.cpuMs - before.companions.cpuMs) : 0;
}

/**
 * @param pulse of the last look; undefined at the first
 * @param lookMs the time between two looks if nothing delays the manager: no look counts for more than twice that
 */
export function feel(pulse: Pulse | undefined, sign: Sign, now: number, lookMs: number): Pulse {
  const { heartbeatAt, own, companions } = sign;
  if (!pulse || heartbeatAt > pulse.heartbeatAt)
    return { heartbeatAt, own, companions, seenAt: now, stalledMs: 0 };
  const passedMs = Math.min(now - pulse.seenAt, 2 * lookMs);
  const ran = ranMs(pulse, sign);
  const countedMs = ran === undefined ? passedMs : Math.min(passedMs, ran / FAIR_SHARE);
  return { heartbeatAt, own, companions, seenAt: now, stalledMs: pulse.stalledMs + countedMs };
}
