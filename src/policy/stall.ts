// Is an event loop stuck, or was it only never given the processor? Counts the time in which a loop did not turn although
// it could have: not the time in which its process was throttled or starved, and not the time in which nobody looked,
// because the whole machine or the manager itself stood still. Pure.

export interface Pulse {
  /** When the event loop last turned, on the clock of the manager, ms. */
  readonly heartbeatAt: number;
  readonly seenAt: number;
  /** Processor time of the process so far, ms; undefined where nobody had to look. */
  readonly cpuMs: number | undefined;
  readonly stalledMs: number;
}

export interface Sign {
  readonly heartbeatAt: number;
  readonly cpuMs: number | undefined;
  /** It computes, or would if it got a processor; not: it waits for something, or was stopped. */
  readonly isRunnable: boolean;
}

/** A loop that computes on a machine with four times as much to do as it has processors gets so much of its time. */
const FAIR_SHARE = 0.25;

/**
 * @param pulse of the last look; undefined at the first
 * @param lookMs the time between two looks if nothing delays the manager: no look counts for more than twice that
 */
export function feel(pulse: Pulse | undefined, sign: Sign, now: number, lookMs: number): Pulse {
  const { heartbeatAt, cpuMs } = sign;
  if (!pulse || heartbeatAt > pulse.heartbeatAt) return { heartbeatAt, seenAt: now, cpuMs, stalledMs: 0 };
  const passedMs = Math.min(now - pulse.seenAt, 2 * lookMs);
  const ranMs = cpuMs === undefined || pulse.cpuMs === undefined ? 0 : cpuMs - pulse.cpuMs;
  const countedMs = sign.isRunnable ? Math.min(passedMs, ranMs / FAIR_SHARE) : passedMs;
  return { heartbeatAt, seenAt: now, cpuMs, stalledMs: pulse.stalledMs + countedMs };
}
