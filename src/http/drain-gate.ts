// Makes a writer wait while its client does not read: the one place that knows what the engine's word on a write means.
// Runs in workers.

type Done = (error?: Error) => void;

export class DrainGate {
  #waiting: Done | undefined;
  readonly #onGone: () => void;

  /** @param onGone called when a write finds that nobody is there any more; its `done` is never called */
  constructor(onGone: () => void) {
    this.#onGone = onGone;
  }

  /** @param bytes that wait to be sent, as the engine has said: only then the writer waits, for open() */
  pass(bytes: number, done: Done): void {
    if (bytes > 0) this.#waiting = done;
    else if (bytes < 0) this.#onGone();
    else done();
  }

  /** What was written has left. */
  open(): void {
    const done = this.#waiting;
    this.#waiting = undefined;
    done?.();
  }
}
