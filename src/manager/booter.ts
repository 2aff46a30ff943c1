// Loads the application, in a process made for the way in which workers will be started: decides whether they can be
// forked. Runs in the manager; at the start and at every reload.
import { binding } from '../binding/load.js';
import { succeeded } from '../binding/status.js';
import type { Loaded } from '../channel/messages.js';
import { PronghornError } from '../errors.js';
import type { Log } from '../log.js';
import { HostHandle } from './host-handle.js';
import type { HostProgram } from './host-program.js';
import type { Reaper } from './reaper.js';
import { bootZygote, type ZygoteStart } from './zygote-boot.js';

type StartMethod = 'auto' | 'fork' | 'spawn';

/** A process that has loaded the application, and whether workers can be forked from it. */
export interface Boot {
  readonly host: HostHandle;
  readonly loaded: Loaded;
  readonly method: 'fork' | 'spawn';
}

export class Booter {
  readonly #program: HostProgram;
  readonly #reaper: Reaper;
  readonly #log: Log;
  #host: HostHandle | undefined;
  #forkUnsafe: PronghornError | undefined;
  #isSubreaper = false;

  constructor(program: HostProgram, reaper: Reaper, log: Log) {
    this.#program = program;
    this.#reaper = reaper;
    this.#log = log;
  }

  /** What its descendants leave behind becomes this process's. */
  get isSubreaper(): boolean {
    return this.#isSubreaper;
  }

  /** For whoever boots zygotes later. */
  get zygoteStart(): ZygoteStart {
    const onHost = (host: HostHandle) => {
      this.#host = host;
    };
    return { program: this.#program, reaper: this.#reaper, onHost };
  }

  /** @throws what the application failed with, ERR_PRONGHORN_FORK_UNSAFE; nothing is left running then */
  async boot(wanted: StartMethod): Promise<Boot> {
    if (wanted === 'spawn') return this.#bootProcess();
    if (!this.#isSubreaper) succeeded('prctl', binding.becomeSubreaper());
    this.#isSubreaper = true;
    const zygote = await bootZygote(this.zygoteStart);
    if (zygote.unsafe === undefined) return { ...zygote, method: 'fork' };
    this.#forkUnsafe = new PronghornError('ERR_PRONGHORN_FORK_UNSAFE', { reason: zygote.unsafe });
    if (wanted === 'fork') throw this.#forkUnsafe;
    this.#log.warn(
      { reason: zygote.unsafe },
      'workers cannot be forked, each loads the application by itself',
    );
    return this.#bootProcess();
  }

  /** The application's own options, known only now, may want another start method than was tried. */
  async agreed(boot: Boot, wanted: StartMethod): Promise<Boot> {
    if (wanted === 'fork' && boot.method === 'spawn' && this.#forkUnsafe) {
      await boot.host.end();
      throw this.#forkUnsafe;
    }
    if (boot.method === 'fork' && wanted !== 'spawn') this.#warnOfResources(boot.loaded);
    if (boot.method === 'spawn' || wanted !== 'spawn') return boot;
    await boot.host.end();
    return this.#bootProcess();
  }

  /** The process is somebody else's to end from now on. */
  handOver(): void {
    this.#host = undefined;
  }

  /** What is being booted ends now. */
  kill(): void {
    this.#host?.kill();
  }

  async end(): Promise<void> {
    await this.#host?.end();
  }

  async #bootProcess(): Promise<Boot> {
    const host = new HostHandle(this.#program, 'serve');
    this.#host = host;
    return { host, loaded: await host.loaded, method: 'spawn' };
  }

  #warnOfResources({ resources }: Loaded): void {
    if (resources.length === 0) return;
    const reason = resources.join(', ');
    this.#log.warn(
      { reason },
      "opened while loading and shared by all workers; on('spawn') is the place for it",
    );
  }
}
