// When the pool looks at its workers: whenever something has happened, and again after a while if nothing does. Runs in
// the manager.

export interface RoundsOptions {
  /** @returns milliseconds until the next round at the latest; undefined: there is none */
  readonly round: () => number | undefined;
  /** Before a round that nothing but time has brought about. */
  readonly onTime: () => void;
}

export class Rounds {
  readonly #options: RoundsOptions;
  #timer: NodeJS.Timeout | undefined;
  #isRunning = false;
  #isStale = false;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  ask(): void {
    // What a round does can change things at once, which asks for another one.
    this.#isStale = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#isStale = false;
    clearTimeout(this.#timer);
    const waitMs = this.#options.round();
    this.#isRunning = false;
    if (waitMs === undefined) return;
    const onTime = () => {
      this.#options.onTime();
      this.ask();
    };
    this.#timer = setTimeout(onTime, this.#isStale ? 0 : Math.ceil(Math.max(0, waitMs)));
  }
}
