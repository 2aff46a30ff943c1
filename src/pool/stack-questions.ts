// Asks a worker whose event loop does not turn where its JavaScript stands, before it counts as hung: the log line that says
// so has the answer. The worker tells its slot of the scoreboard, when V8 comes to it. Runs in the manager; waits for nobody.
import { binding } from '../binding/load.js';
import type { WorkerHandle } from '../hosts/worker-handle.js';
import type { Scoreboard } from '../scoreboard/scoreboard.js';

export class StackQuestions {
  readonly #scoreboard: Scoreboard;
  /** Of these workers, in the stall that they are in. */
  readonly #asked = new Set<number>();

  constructor(scoreboard: Scoreboard) {
    this.#scoreboard = scoreboard;
  }

  /** @param timeoutMs without a turn for so long, it counts as hung; 0: never */
  look({ place: { workerId, slot }, pid }: WorkerHandle, stalledMs: number, timeoutMs: number): void {
    if (timeoutMs === 0 || stalledMs < timeoutMs / 2) {
      this.#asked.delete(workerId);
      return;
    }
    if (this.#asked.has(workerId) || pid === undefined) return;
    this.#asked.add(workerId);
    // It is gone by now, or somebody else: then its end tells.
    binding.askForStack(pid, this.#scoreboard.glance(slot).tid);
  }

  forget(workerId: number): void {
    this.#asked.delete(workerId);
  }
}
