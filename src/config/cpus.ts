// How many CPUs this process may use: its affinity, and the quota of its control group, which Node 20 does not look at.
// Runs in the manager, once.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

/** Where the kernel tells of control groups; another place for tests. */
export interface ControlGroups {
  /** Which groups this process is in. */
  readonly list: string;
  readonly root: string;
}

const OWN: ControlGroups = { list: '/proc/self/cgroup', root: '/sys/fs/cgroup' };

/** The line of cpu.max (cgroup v2), "max 100000" or "150000 100000", as a number of CPUs. */
export function quotaOf(cpuMax: string): number {
  const [quota, period] = cpuMax.trim().split(' ').map(Number);
  return quota && quota > 0 && period ? quota / period : Number.POSITIVE_INFINITY;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not there: another cgroup version, no control group, no /proc.
    return undefined;
  }
}

/** cgroup v1 has a file for each of the two numbers, and -1 for none. */
function quotaIn(folder: string): number {
  const line = readText(join(folder, 'cpu.max'));
  if (line !== undefined) return quotaOf(line);
  const quota = readText(join(folder, 'cpu.cfs_quota_us'));
  const period = readText(join(folder, 'cpu.cfs_period_us'));
  return quota && period ? quotaOf(`${quota.trim()} ${period.trim()}`) : Number.POSITIVE_INFINITY;
}

/** Of v1 the hierarchy of the controller `cpu`, else the only one of v2. */
function ownGroup(list: string, root: string): { base: string; path: string } | undefined {
  const [, controllers, path] = /^\d+:((?:[^:\n]*,)?cpu(?:,[^:\n]*)?):(.*)$/m.exec(list) ?? [];
  if (controllers !== undefined && path !== undefined) return { base: join(root, controllers), path };
  const unified = /^0::(.*)$/m.exec(list)?.[1];
  return unified === undefined ? undefined : { base: root, path: unified };
}

/**
 * The least quota, in CPUs, of the process's control group and of those above it; infinite without one. A container that
 * sees the path of its group on the host finds no folder there, and its own quota at the root.
 */
export function cgroupQuota({ list, root }: ControlGroups = OWN): number {
  const own = ownGroup(readText(list) ?? '', root);
  if (own === undefined) return Number.POSITIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  for (let group = own.path; ; group = dirname(group)) {
    least = Math.min(least, quotaIn(join(own.base, group)));
    if (group === '/' || group === '.') return least;
  }
}

/** At least 1; a share of a CPU counts as a whole one. */
export function cpusAvailable(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.ceil(cgroupQuota())));
}
