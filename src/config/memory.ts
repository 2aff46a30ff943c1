// How much memory this process and its children may use, and what of it a worker may have if nobody says. Runs in the
// manager.
import { join } from 'node:path';
import { type ControlGroups, leastLimit, OWN_GROUPS, readText } from './control-groups.js';

/** Of v2 the hard limit and the one from which on the kernel slows down; of v1 the only one. */
const FILES = ['memory.max', 'memory.high', 'memory.limit_in_bytes'];
/** v1 says no limit as the largest number of pages. */
const NO_LIMIT = 2 ** 60;
/** Of the limit. The rest is for the manager, the zygote, and workers that take the place of others. */
const WORKERS_SHARE = 0.75;
/** What is less than a worker needs anyway would only have it replaced again and again. */
const WORKER_BYTES_MIN = 64 * 1024 * 1024;

function limitIn(folder: string): number {
  const limits = FILES.map((name) => Number.parseInt(readText(join(folder, name)) ?? '', 10));
  return Math.min(...limits.filter((limit) => limit > 0 && limit < NO_LIMIT));
}

/** Bytes; infinite: there is no limit. */
export function memoryLimit(groups: ControlGroups = OWN_GROUPS): number {
  return leastLimit(groups, 'memory', limitIn);
}

/** The default of maxMemory. @param limit bytes, of all together */
export function workerMemory(limit: number, maxServers: number): number {
  if (!Number.isFinite(limit)) return 0;
  return Math.max(WORKER_BYTES_MIN, Math.floor((limit * WORKERS_SHARE) / maxServers));
}
