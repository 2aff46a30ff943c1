// How many CPUs this process may use: its affinity, and the quota of its control group, which Node 20 does not look at.
// Runs in the manager, once.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type ControlGroups, leastLimit, OWN_GROUPS, readText } from './control-groups.js';

/** The line of cpu.max (cgroup v2), "max 100000" or "150000 100000", as a number of CPUs. */
export function quotaOf(cpuMax: string): number {
  const [quota, period] = cpuMax.trim().split(' ').map(Number);
  return quota && quota > 0 && period ? quota / period : Number.POSITIVE_INFINITY;
}

/** cgroup v1 has a file for each of the two numbers, and -1 for none. */
function quotaIn(folder: string): number {
  const line = readText(join(folder, 'cpu.max'));
  if (line !== undefined) return quotaOf(line);
  const quota = readText(join(folder, 'cpu.cfs_quota_us'));
  const period = readText(join(folder, 'cpu.cfs_period_us'));
  return quota && period ? quotaOf(`${quota.trim()} ${period.trim()}`) : Number.POSITIVE_INFINITY;
}

/** In CPUs; infinite: there is none. */
export function cgroupQuota(groups: ControlGroups = OWN_GROUPS): number {
  return leastLimit(groups, 'cpu', quotaIn);
}

/** At least 1; a share of a CPU counts as a whole one. */
export function cpusAvailable(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.ceil(cgroupQuota())));
}
