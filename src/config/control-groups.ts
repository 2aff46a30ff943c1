// The limits of a process's control group, cgroup v1 and v2. Reads files of the kernel; knows no limit by name.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where the kernel tells of control groups; another place for tests. */
export interface ControlGroups {
  /** Which groups this process is in. */
  readonly list: string;
  readonly root: string;
}

export const OWN_GROUPS: ControlGroups = { list: '/proc/self/cgroup', root: '/sys/fs/cgroup' };

/** Undefined: it is not there: another cgroup version, no control group, no /proc. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Of v1 the hierarchy of the controller, else the only one of v2. */
function ownGroup(
  list: string,
  root: string,
  controller: string,
): { base: string; path: string } | undefined {
  const line = new RegExp(`^\\d+:((?:[^:\\n]*,)?${controller}(?:,[^:\\n]*)?):(.*)$`, 'm');
  const [, controllers, path] = line.exec(list) ?? [];
  if (controllers !== undefined && path !== undefined) return { base: join(root, controllers), path };
  const unified = /^0::(.*)$/m.exec(list)?.[1];
  return unified === undefined ? undefined : { base: root, path: unified };
}

/**
 * The least limit of the process's control group and of those above it; infinite without one. A container that sees the
 * path of its group on the host finds no folder there, and its own limit at the root.
 * @param limitIn what the files in the folder of a group say; infinite: nothing
 */
export function leastLimit(
  { list, root }: ControlGroups,
  controller: 'cpu' | 'memory',
  limitIn: (folder: string) => number,
): number {
  const own = ownGroup(readText(list) ?? '', root, controller);
  if (own === undefined) return Number.POSITIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  for (let group = own.path; ; group = dirname(group)) {
    least = Math.min(least, limitIn(join(own.base, group)));
    if (group === '/' || group === '.') return least;
  }
}
