// Waiting for a condition, always with a deadline. The only place in the tests that lets time pass.
import { setTimeout as pause } from 'node:timers/promises';

/** Generous, because the machine may be busy: a deadline tells "hangs" from "works", never "slow" from "fast". */
export const DEADLINE_MS = 30_000;

export interface WaitOptions {
  deadlineMs?: number;
  everyMs?: number;
}

/** Polls until `probe` gives something truthy, and returns that. */
export async function waitFor<T>(
  what: string,
  probe: () => T | Promise<T>,
  { deadlineMs = DEADLINE_MS, everyMs = 15 }: WaitOptions = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const result = await probe();
    if (result) return result;
    if (performance.now() > deadline) throw new Error(`gave up waiting for ${what} after ${deadlineMs} ms`);
    await pause(everyMs);
  }
}

/** The promise's own outcome, or an error when it takes longer than the deadline. */
export async function within<T>(what: string, promise: Promise<T>, deadlineMs = DEADLINE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`gave up waiting for ${what} after ${deadlineMs} ms`)),
      deadlineMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
