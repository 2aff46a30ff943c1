// How many CPUs this process may use: its affinity, and the quota of its control group, which Node 20 does not look at.
// Runs in the manager, once.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

const CGROUP_ROOT = '/sys/fs/cgroup';

/** The line of cpu.max (cgroup v2), "max 100000" or "150000 100000", as a number of CPUs. */
export function quotaOf(cpuMax: string): number {
  const [quota, period] = cpuMax.trim().split(' ').map(Number);
  return quota && period ? quota / period : Number.POSITIVE_INFINITY;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not there: another cgroup version, no control group, no /proc.
    return undefined;
  }
}

/** The least quota of the process's control group and of those above it. */
function cgroupQuota(): number {
  const own = readText('/proc/self/cgroup')?.match(/^0::(.*)$/m)?.[1];
  if (own === undefined) return Number.POSITIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  for (let group = own; ; group = dirname(group)) {
    const cpuMax = readText(join(CGROUP_ROOT, group, 'cpu.max'));
    if (cpuMax !== undefined) least = Math.min(least, quotaOf(cpuMax));
    if (group === '/' || group === '.') return least;
  }
}

/** At least 1; a share of a CPU counts as a whole one. */
export function cpusAvailable(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.ceil(cgroupQuota())));
}
