// Start method spawn: every worker is a fresh process that loads the application by itself. Runs in the manager.
import type { TlsState } from '../channel/messages.js';
import { PronghornError, reasonOf } from '../errors.js';
import { HostHandle, type SetupContent } from './host-handle.js';
import type { HostProgram } from './host-program.js';
import type { Spawner } from './spawner.js';
import type { WorkerHandle } from './worker-handle.js';

export interface ProcessSpawnerOptions {
  readonly program: HostProgram;
  readonly setup: SetupContent;
  readonly fds: readonly number[];
  readonly tls: TlsState | undefined;
  /** Loaded already, for the first worker: the manager had to know the application's own options. */
  readonly first?: HostHandle;
}

export class ProcessSpawner implements Spawner {
  readonly method = 'spawn';
  readonly generation = 1;
  readonly canSpawn = true;
  onChange = (): void => {};
  readonly #program: HostProgram;
  readonly #setup: SetupContent;
  readonly #fds: readonly number[];
  #tls: TlsState | undefined;
  #first: HostHandle | undefined;

  constructor({ program, setup, fds, tls, first }: ProcessSpawnerOptions) {
    this.#program = program;
    this.#setup = setup;
    this.#fds = fds;
    this.#tls = tls;
    this.#first = first;
  }

  spawn(worker: WorkerHandle): void {
    let host: HostHandle;
    try {
      host = this.#takeFirst() ?? new HostHandle(this.#program, 'serve');
    } catch (error) {
      setImmediate(() => worker.ended({ code: null, signal: null, error: asSpawnError(error) }));
      return;
    }
    worker.exists(host.pid, () => host.kill());
    host.ended.then((end) => worker.ended(end));
    host.loaded.then(
      () => {
        host.setUp(this.#setup, this.#fds, this.#tls);
        host.serve(worker.place, worker.peerFd);
      },
      // The end of the process tells the same.
      () => {},
    );
  }

  /** A process that waits for its first worker is ended by end(). */
  retire(): void {}

  updateTls(state: TlsState): void {
    this.#tls = state;
  }

  async end(): Promise<void> {
    await this.#takeFirst()?.end();
  }

  #takeFirst(): HostHandle | undefined {
    const first = this.#first;
    this.#first = undefined;
    return first?.hasEnded ? undefined : first;
  }
}

function asSpawnError(error: unknown): PronghornError {
  if (error instanceof PronghornError) return error;
  return new PronghornError('ERR_PRONGHORN_SPAWN', { what: 'worker', reason: reasonOf(error), cause: error });
}
