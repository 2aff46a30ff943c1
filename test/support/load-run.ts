// Load that runs beside the test or benchmark that started it, and what came of it. Never shares an event loop with the
// clients, so that neither waits for the other.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Failure, LoadKind } from './ledger.js';
import type { LoadMessage } from './load-process.js';

export interface LoadResult {
  connections: number;
  answered: number;
  answeredOf: Record<LoadKind, number>;
}

export class LoadRun {
  readonly #child: ChildProcess;
  readonly #onFailure: (failure: Failure) => void;
  readonly #ended: Promise<void>;
  readonly #result: LoadResult = {
    connections: 0,
    answered: 0,
    answeredOf: { keepAlive: 0, oneEach: 0, upload: 0 },
  };

  /**
   * @param clients of each kind
   * @param onFailure is called for each, at once
   */
  constructor(port: number, clients: number, restMs: number, onFailure: (failure: Failure) => void) {
    this.#onFailure = onFailure;
    const script = fileURLToPath(new URL('./load-process.js', import.meta.url));
    this.#child = fork(script, [port, clients, restMs].map(String));
    this.#child.on('message', (message: LoadMessage) => this.#take(message));
    this.#ended = new Promise((resolve) => this.#child.once('exit', () => resolve()));
  }

  /** Lets each client finish. */
  async end(): Promise<LoadResult> {
    this.#child.send('end');
    await this.#ended;
    return this.#result;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #take({ failures, connections, answeredOf }: LoadMessage): void {
    for (const failure of failures) this.#onFailure(failure);
    if (connections === undefined || answeredOf === undefined) return;
    const answered = Object.values(answeredOf).reduce((sum, count) => sum + count, 0);
    Object.assign(this.#result, { connections, answeredOf, answered });
  }
}
