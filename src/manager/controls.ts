// What commands can ask of a running manager over the control socket, and the status that they show. Runs in the manager;
// asks no worker anything, so it works while they hang.
import type { Config } from '../config/options.js';
import type { Controlled } from '../control/control-server.js';
import type { Command, Progress, Request, ScaleTo } from '../control/protocol.js';
import { reasonOf } from '../errors.js';
import { type ProcessMemory, processMemory } from '../hosts/process-times.js';
import { type Log, record } from '../log.js';
import type { Count } from '../pool/members.js';
import type { ServerStatus, WorkerStatus } from '../status.js';
import type { ManagerOptions } from './manager-options.js';

const LOOK_INTERVAL_MS = 50;
/** A rate over less says nothing. */
const RATE_PERIOD_MIN_MS = 500;

export interface WorkerReport extends WorkerStatus {
  /** Requests per second, as of late. */
  readonly rate: number;
  /** Undefined where the kernel does not tell, and of threads. */
  readonly memory: ProcessMemory | undefined;
}

/** What a server was made of. */
export interface Origin {
  /** Of the application, as the command line or the program names it. */
  readonly app: string;
  /** Path of the configuration file; undefined: none was read. */
  readonly configFile: string | undefined;
}

export const originOf = ({ program, configFile }: ManagerOptions): Origin => ({
  app: program.shownAs,
  configFile: configFile?.path,
});

/** What `pronghorn status --json` prints. */
export interface StatusReport extends Omit<ServerStatus, 'workers'>, Origin {
  readonly node: string;
  readonly workers: readonly WorkerReport[];
}

/** The manager, as far as it is controlled. */
export interface Controllable {
  readonly origin: Origin;
  readonly status: ServerStatus;
  readonly progress: Progress;
  reload(): Promise<void>;
  upgrade(command?: Command): Promise<void>;
  reconfigure(config: Config): Promise<unknown>;
  stop(reason: string): void;
  stopAtOnce(reason: string): void;
}

type ChangeAsked = 'reload' | 'upgrade' | 'scale';

interface Sample {
  readonly requests: number;
  readonly at: number;
  readonly rate: number;
}

/** Of a thread there is none of its own. */
async function memoryOf({ pid, threadId }: WorkerStatus): Promise<ProcessMemory | undefined> {
  return pid === undefined || threadId !== undefined ? undefined : processMemory(pid);
}

export class Controls implements Controlled {
  readonly #manager: Controllable;
  readonly #log: Log;
  #samples = new Map<number, Sample>();

  constructor(manager: Controllable, log: Log) {
    this.#manager = manager;
    this.#log = log;
  }

  get progress(): Progress {
    return this.#manager.progress;
  }

  /** At every regular look: how many requests there are in a second. */
  look(counts: readonly Count[]): void {
    const at = performance.now();
    const samples = new Map<number, Sample>();
    for (const { id, requests } of counts) {
      const before = this.#samples.get(id) ?? { requests, at, rate: 0 };
      const elapsed = at - before.at;
      const isLong = elapsed >= RATE_PERIOD_MIN_MS;
      samples.set(
        id,
        isLong ? { requests, at, rate: ((requests - before.requests) * 1000) / elapsed } : before,
      );
    }
    this.#samples = samples;
  }

  async status(): Promise<StatusReport> {
    const { origin, status } = this.#manager;
    const workers = await Promise.all(
      status.workers.map(async (worker) => ({
        ...worker,
        rate: this.#samples.get(worker.id)?.rate ?? 0,
        memory: await memoryOf(worker),
      })),
    );
    return { ...status, ...origin, node: process.version, workers };
  }

  reload(): Promise<void> {
    return this.#told('reload', () => this.#manager.reload());
  }

  upgrade({ command }: Extract<Request, { type: 'upgrade' }>): Promise<void> {
    return this.#told('upgrade', () => this.#manager.upgrade(command));
  }

  async scale(to: ScaleTo): Promise<void> {
    const { minServers, maxServers } = this.#manager.status;
    const by = 'by' in to ? to.by : 0;
    const bounds =
      'by' in to
        ? { minServers: Math.max(1, minServers + by), maxServers: Math.max(1, maxServers + by) }
        : to;
    await this.#manager.reconfigure(bounds);
    await this.#settled();
  }

  stop(isAtOnce: boolean): void {
    if (isAtOnce) this.#manager.stopAtOnce('the command stop --now');
    else this.#manager.stop('the command stop');
  }

  /** For a signal, whose sender hears nothing but the log. */
  async attempt(what: ChangeAsked, change: () => Promise<unknown>): Promise<void> {
    await this.#told(what, change).catch(() => {});
  }

  /** Who asked is told, and the log as well. */
  async #told(what: ChangeAsked, change: () => Promise<unknown>): Promise<void> {
    try {
      await change();
    } catch (error) {
      if (this.#manager.status.state !== 'stopping') {
        record(this.#log, 'change.failed', { change: what, reason: reasonOf(error) });
      }
      throw error;
    }
  }

  /** As many workers are ready as there should be, and no other is left. */
  async #settled(): Promise<void> {
    for (;;) {
      const { ready, wanted, present } = this.#manager.progress;
      if (this.#manager.status.state === 'stopping' || (ready === wanted && present === wanted)) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
    }
  }
}
