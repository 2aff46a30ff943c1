// Loads the application, in a process or thread made for the way in which workers will be started: decides whether they
// can be forked. Runs in the manager; at the start and at every reload.
import { binding } from '../binding/load.js';
import { succeeded } from '../binding/status.js';
import type { Loaded } from '../channel/messages.js';
import type { Config } from '../config/options.js';
import { PronghornError } from '../errors.js';
import { type Log, record } from '../log.js';
import type { Method } from './host-body.js';
import { HostHandle } from './host-handle.js';
import type { HostProgram } from './host-program.js';
import type { Reaper } from './reaper.js';
import { bootZygote, type ZygoteStart } from './zygote-boot.js';

/** How workers are to come to be; `auto`: forked, where that is safe. */
export type WantedMethod = Method | 'auto';

export function wantedMethod({ workerModel, startMethod = 'auto' }: Config): WantedMethod {
  return workerModel === 'thread' ? 'thread' : startMethod;
}

/** A host that has loaded the application, and how workers come from it or from its like. */
export interface Boot {
  readonly host: HostHandle;
  readonly loaded: Loaded;
  readonly method: Method;
}

export class Booter {
  readonly #program: HostProgram;
  readonly #reaper: Reaper;
  readonly #log: Log;
  readonly #configOf: ZygoteStart['configOf'];
  #host: HostHandle | undefined;
  #forkUnsafe: PronghornError | undefined;
  #isSubreaper = false;

  /** @param configOf all options, once those of the application are known */
  constructor(program: HostProgram, reaper: Reaper, log: Log, configOf: ZygoteStart['configOf']) {
    this.#program = program;
    this.#reaper = reaper;
    this.#log = log;
    this.#configOf = configOf;
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
    return { program: this.#program, reaper: this.#reaper, onHost, configOf: this.#configOf };
  }

  /** @throws what the application failed with, ERR_PRONGHORN_FORK_UNSAFE; nothing is left running then */
  async boot(wanted: WantedMethod): Promise<Boot> {
    if (wanted === 'spawn' || wanted === 'thread') return this.#bootHost(wanted);
    if (!this.#isSubreaper) succeeded('prctl', binding.becomeSubreaper());
    this.#isSubreaper = true;
    const zygote = await bootZygote(this.zygoteStart);
    if (zygote.unsafe === undefined) return { ...zygote, method: 'fork' };
    this.#forkUnsafe = new PronghornError('ERR_PRONGHORN_FORK_UNSAFE', { reason: zygote.unsafe });
    if (wanted === 'fork') throw this.#forkUnsafe;
    record(this.#log, 'fork.unsafe', { reason: zygote.unsafe });
    return this.#bootHost('spawn');
  }

  /** The application's own options, known only now, may want another method than was tried. */
  async agreed(boot: Boot, wanted: WantedMethod): Promise<Boot> {
    const { host, method, loaded } = boot;
    if (wanted === 'auto' || wanted === method) {
      if (method === 'fork') this.#warnOfResources(loaded);
      return boot;
    }
    await host.end();
    if (wanted === 'fork' && this.#forkUnsafe) throw this.#forkUnsafe;
    return this.boot(wanted);
  }

  /** The host is somebody else's to end from now on. */
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

  async #bootHost(method: 'spawn' | 'thread'): Promise<Boot> {
    const host = new HostHandle(this.#program, method);
    this.#host = host;
    return { host, loaded: await host.loaded, method };
  }

  #warnOfResources({ resources }: Loaded): void {
    if (resources.length === 0) return;
    record(this.#log, 'fork.shared-resources', { reason: resources.join(', ') });
  }
}
