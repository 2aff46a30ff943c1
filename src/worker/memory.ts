// How much memory a worker has that is a thread. The kernel counts by process, so the thread says it itself. Runs in worker
// threads.
import { getHeapStatistics } from 'node:v8';

const INTERVAL_MS = 1_000;

/** Of this thread's own heap, and of what belongs to it outside: buffers, and what native code has told of. */
function ownBytes(): number {
  const { total_physical_size, external_memory, malloced_memory } = getHeapStatistics();
  return total_physical_size + external_memory + malloced_memory;
}

/** Now and then for the thread's whole life; keeps no thread alive. */
export function reportMemory(report: (bytes: number) => void): void {
  report(ownBytes());
  setInterval(() => report(ownBytes()), INTERVAL_MS).unref();
}
