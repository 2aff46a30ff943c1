// Waits for what the application has begun while loading and has not waited for, such as an import: whoever waits for it
// in a forked worker would wait for ever. Runs in hosts, before anything is forked.
import { setTimeout as delay } from 'node:timers/promises';
import { binding } from '../binding/load.js';

const INTERVAL_MS = 2;
/** One request leads to the next, with moments between them. */
const QUIET_LOOKS = 3;
/** In looks, not in time: an event loop that is busy with evaluating modules is not one that waits in vain. */
const LOOKS_MAX = 500;

/** Resolves when libuv has nothing to finish, or when that takes too long. */
export async function requestsSettled(): Promise<void> {
  let quiet = 0;
  for (let look = 0; look < LOOKS_MAX; look++) {
    quiet = binding.pendingRequests() > 0 ? 0 : quiet + 1;
    if (quiet === QUIET_LOOKS) return;
    await delay(INTERVAL_MS);
  }
}
