// What the manager has to know before it lets a host be forked: threads, and what is open. Runs in hosts.
import { binding } from '../binding/load.js';
import { isThread } from '../channel/announcement.js';
import type { ForkReport } from '../channel/messages.js';
import { forkUnsafeReason } from './probe.js';
import { openResources, placesOfThreads } from './resources.js';

export { stopWatching } from './resources.js';

export async function forkReport(): Promise<ForkReport> {
  if (isThread) return { forkUnsafe: 'it is a thread', resources: [] };
  // Before this looks for threads, with a request of its own.
  const resources = openResources(binding.pendingRequests());
  const reason = await forkUnsafeReason();
  const places = reason === undefined ? [] : placesOfThreads();
  const forkUnsafe = places.length > 0 ? `${reason}; started at ${places.join(', ')}` : reason;
  return { forkUnsafe, resources };
}
