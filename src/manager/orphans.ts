// A manager that forks is the subreaper of everything below it, and process 1 of a container that of everything there, so
// it inherits what others leave behind: child processes of dead workers, for instance. These must be reaped when they end,
// or they stay as zombies. Nobody is told of them. Runs in the manager.
import { readFileSync } from 'node:fs';
import { binding } from '../binding/load.js';

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // Gone meanwhile, or a kernel without the children file.
    return '';
  }
}

function childrenOfThisProcess(): number[] {
  const text = readText(`/proc/self/task/${process.pid}/children`);
  return text.split(' ').filter(Boolean).map(Number);
}

function isZombie(pid: number): boolean {
  // The state follows the name, which is in parentheses and may contain anything.
  return /^.*\) Z/s.test(readText(`/proc/${pid}/stat`));
}

/**
 * libuv reaps its children as soon as they end, and the reaper does so with the workers. What is still a zombie at two
 * sweeps in a row belongs to nobody.
 */
export class Orphans {
  #suspects = new Set<number>();

  /** @param isKnown children that somebody else looks after */
  sweep(isKnown: (pid: number) => boolean): void {
    const zombies = childrenOfThisProcess().filter((pid) => !isKnown(pid) && isZombie(pid));
    for (const pid of zombies) {
      if (this.#suspects.has(pid)) binding.reap(pid);
    }
    this.#suspects = new Set(zombies);
  }
}
