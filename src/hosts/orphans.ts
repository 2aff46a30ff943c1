// A manager that forks is the subreaper of everything below it, and process 1 of a container that of everything there, so
// it inherits what others leave behind: child processes of dead workers, for instance. These must be reaped when they end,
// or they stay as zombies. Nobody is told of them. Runs in the manager.
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { binding } from '../binding/load.js';
import { isZombie } from './process-times.js';

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

/** For libuv to reap what it has started. Its children of which this module does not know get this long. */
const LIBUV_MS = 2_000;

const own = new Set<number>();

/** A child of libuv's: what it ends with is for whoever has started it. */
export function keepFromOrphans(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  own.add(pid);
  child.once('exit', () => own.delete(pid));
}

/**
 * libuv reaps its children as soon as they end, and the reaper does so with the workers. What is still a zombie after a
 * while belongs to nobody. A process looks like one as soon as its main thread is gone, while others still run: it can
 * end, and be taken from libuv, at any later moment.
 */
export class Orphans {
  /** Zombies, and when they were seen first. */
  #suspects = new Map<number, number>();

  /** @param isKnown children that somebody else looks after */
  sweep(isKnown: (pid: number) => boolean): void {
    const now = performance.now();
    const zombies = childrenOfThisProcess().filter((pid) => !isKnown(pid) && !own.has(pid) && isZombie(pid));
    const seenAt = zombies.map((pid) => [pid, this.#suspects.get(pid) ?? now] as const);
    for (const [pid, at] of seenAt) {
      if (now - at >= LIBUV_MS) binding.reap(pid);
    }
    this.#suspects = new Map(seenAt);
  }
}
