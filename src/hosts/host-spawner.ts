// Every worker is a host of its own, a fresh process (start method spawn) or a thread of this one (workerModel thread),
// that loads the application by itself. Runs in the manager.
import { PronghornError, reasonOf } from '../errors.js';
import type { Method } from './host-body.js';
import { HostHandle } from './host-handle.js';
import type { HostProgram } from './host-program.js';
import type { Equipment, Spawner } from './spawner.js';
import type { WorkerHandle } from './worker-handle.js';
import { warmed } from './zygote-boot.js';

export interface HostSpawnerOptions {
  readonly method: Exclude<Method, 'fork'>;
  readonly program: HostProgram;
  readonly equipment: Equipment;
  readonly generation: number;
  /** Loaded already, for the first worker: the manager had to know the application's own options. */
  readonly first?: HostHandle;
}

export class HostSpawner implements Spawner {
  readonly method: Exclude<Method, 'fork'>;
  readonly generation: number;
  readonly canSpawn = true;
  onChange = (): void => {};
  readonly #program: HostProgram;
  #equipment: Equipment;
  #first: HostHandle | undefined;

  constructor({ method, program, equipment, generation, first }: HostSpawnerOptions) {
    this.method = method;
    this.#program = program;
    this.#equipment = equipment;
    this.generation = generation;
    this.#first = first;
  }

  spawn(worker: WorkerHandle): void {
    let host: HostHandle;
    try {
      host = this.#takeFirst() ?? new HostHandle(this.#program, this.method);
    } catch (error) {
      setImmediate(() => worker.ended({ code: null, signal: null, error: asSpawnError(error) }));
      return;
    }
    worker.exists(host.body, () => host.kill());
    host.ended.then((end) => worker.ended(end));
    const { config } = this.#equipment.setup;
    warmed(host, () => config).then(
      () => {
        host.setUp(this.#equipment);
        host.serve(worker.place, worker.peerFd);
      },
      // The end of the host tells the same.
      () => {},
    );
  }

  /** A worker is its host, and exists from the beginning. */
  giveUp(): void {}

  /** A host that waits for its first worker is ended by end(). */
  retire(): void {}

  equip(equipment: Equipment): void {
    this.#equipment = equipment;
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
