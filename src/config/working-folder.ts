// The working directory as the user sees it. Reads the environment once; changes nothing.
import { type Stats, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';

function found(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

/**
 * By the name that the shell knows it by: a link such as /srv/current, which leads to another release tomorrow, is not
 * followed once and for all.
 */
export function workingFolder(): string {
  const real = process.cwd();
  const { PWD: named } = process.env;
  if (named === undefined || !isAbsolute(named)) return real;
  const [a, b] = [found(named), found(real)];
  return a && b && a.ino === b.ino && a.dev === b.dev ? named : real;
}
