// Collects the ends of forked workers, which are children of the manager without being known to libuv. Asks for each
// known pid by itself, never for "any child", because that would steal the ends of libuv's own children.
import { binding } from '../binding/load.js';
import { type ProcessEnd, signalName } from './process-end.js';

export class Reaper {
  readonly #watched = new Map<number, (end: ProcessEnd) => void>();
  readonly #onChild = () => this.#sweep();

  start(): void {
    process.on('SIGCHLD', this.#onChild);
  }

  stop(): void {
    process.removeListener('SIGCHLD', this.#onChild);
  }

  /** @param onEnd called once, later: never from within watch() */
  watch(pid: number, onEnd: (end: ProcessEnd) => void): void {
    this.#watched.set(pid, onEnd);
    // It may have ended before its pid was known.
    setImmediate(() => this.#look(pid));
  }

  isWatched(pid: number): boolean {
    return this.#watched.has(pid);
  }

  /** Does nothing once the process was reaped: its pid may be another's by then. */
  kill(pid: number): void {
    if (!this.#watched.has(pid)) return;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It became a child of somebody else, and is gone there. Its end is found at the next look.
      this.#look(pid);
    }
  }

  #sweep(): void {
    for (const pid of [...this.#watched.keys()]) this.#look(pid);
  }

  #look(pid: number): void {
    const onEnd = this.#watched.get(pid);
    if (!onEnd) return;
    const found = binding.reap(pid);
    if (found === undefined) return;
    this.#watched.delete(pid);
    // A negative errno: it is no child of this process (any more), so nobody can say how it ended.
    const end = typeof found === 'number' ? { code: null, signal: null, peakMemory: undefined } : found;
    const { code, peakMemory } = end;
    const signal = end.signal === null ? null : signalName(end.signal);
    // What it said last is read before it is taken for dead.
    setImmediate(() => onEnd({ code, signal, peakMemory }));
  }
}
