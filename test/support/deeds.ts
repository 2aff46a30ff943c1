// What can be done to a running server: deploys good and bad, changes of its workers and its options, harm. Each deed ends
// when its effect can be seen, and fails when that is not to be seen; a deed that reaches a manager which is about to go
// is for the next one.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ControlledServer, type Outcome } from './controlled.js';
import { temporaryFolder } from './paths.js';
import { isRunning } from './processes.js';
import { waitFor } from './wait.js';

/** Those of one lane happen one after the other: code that is on the disk for one deploy is not to get into another. */
export type Lane = 'code' | 'pool' | 'harm';

interface Deed {
  readonly lanes: readonly Lane[];
  readonly run: () => Promise<unknown>;
}

interface WorkerStatus {
  readonly pid: number;
  readonly state: string;
}

interface Status {
  readonly generation: number;
  readonly workers: readonly WorkerStatus[];
}

export interface Kill {
  readonly pid: number;
  readonly at: number;
}

/** Because of a process that was killed meanwhile, a good deploy may come to nothing; all else goes on as it was. */
const NO_FAULT_OF_THE_CODE = [
  'ERR_PRONGHORN_RELOAD_WORKERS',
  'ERR_PRONGHORN_RECONFIGURE_WORKERS',
  'ERR_PRONGHORN_RESTART_WORKERS',
  'ERR_PRONGHORN_UPGRADE',
];
const GONE = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'];

function isGone(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return GONE.includes(code ?? '') || message === 'the manager hung up';
}

/** @returns whether there was such a process */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

export class Deeds {
  readonly server: ControlledServer;
  /** Workers that were killed with SIGKILL. */
  readonly kills: Kill[] = [];
  readonly all: Readonly<Record<string, Deed>>;
  readonly #random: () => number;
  /** Kills of this kind so far, and those of them that are over. */
  readonly #harm = { begun: 0, ended: 0 };
  readonly #pidFile: string;
  readonly #fault: string;

  constructor(config: { workerModel?: string; [option: string]: unknown }, random: () => number) {
    this.#random = random;
    const folder = temporaryFolder();
    this.#pidFile = join(folder, 'pid');
    this.#fault = join(folder, 'fault');
    writeFileSync(this.#fault, '');
    const bounds = { minServers: 2, maxServers: 4, minWorkerTtl: 0, checkInterval: 0.05 };
    const options = { ...bounds, readinessCheck: '/ready', logLevel: 'info', pidFile: this.#pidFile };
    const more = { TEST_FAULT: this.#fault };
    this.server = new ControlledServer({ ...options, ...config }, [], more, () => this.pid);
    this.all = config.workerModel === 'thread' ? this.#ofThreads : this.#ofProcesses;
  }

  /** Of the manager, whichever it is now. Between two of them, 0. */
  get pid(): number {
    return Number(readFileSync(this.#pidFile, 'latin1'));
  }

  get #ofThreads(): Record<string, Deed> {
    // Threads load what is on the disk whenever one is started. Code whose workers die would not only be in the new
    // generation, and while code is there that throws, no worker can be replaced.
    return {
      reload: { lanes: ['code'], run: () => this.#deploy('reload') },
      upgrade: { lanes: ['code'], run: () => this.#upgrade() },
      deployThrows: { lanes: ['code', 'pool'], run: () => this.#badDeploy('throws') },
      restart: { lanes: ['pool'], run: () => this.#change('restartWorkers') },
      scaleUp: { lanes: ['pool'], run: () => this.#reconfigure({ minServers: 3, maxServers: 5 }) },
      scaleDown: { lanes: ['pool'], run: () => this.#reconfigure({ minServers: 1, maxServers: 3 }) },
      recycle: { lanes: ['pool'], run: () => this.#reconfigure({ maxRequests: this.#between(50, 550) }) },
      limits: { lanes: ['pool'], run: () => this.#reconfigure({ maxBodySize: this.#between(4000, 4500) }) },
      address: { lanes: ['pool'], run: () => this.#address() },
      stopManager: { lanes: ['harm'], run: () => this.#stop(this.pid) },
      wait: { lanes: ['harm'], run: () => this.#wait(this.#between(0, 200)) },
    };
  }

  get #ofProcesses(): Record<string, Deed> {
    return {
      ...this.#ofThreads,
      deployThrows: { lanes: ['code'], run: () => this.#badDeploy('throws') },
      deployDies: { lanes: ['code'], run: () => this.#badDeploy('dies') },
      deployUnready: { lanes: ['code'], run: () => this.#badDeploy('unready') },
      killZygote: { lanes: ['code'], run: () => this.#harmed(() => this.#killZygote()) },
      killWorker: { lanes: ['harm'], run: () => this.#harmed(() => this.#killWorker()) },
      stopWorker: { lanes: ['harm'], run: async () => this.#stop(await this.#aWorker()) },
    };
  }

  #between(least: number, limit: number): number {
    return least + Math.floor(this.#random() * (limit - least));
  }

  async #outcome(method: string, args: unknown[]): Promise<Outcome> {
    return waitFor(`a manager that does ${method}`, async () => {
      try {
        const outcome = await this.server.call(method, ...args);
        return outcome.error?.code === 'ERR_PRONGHORN_SERVER_STOPPING' ? undefined : outcome;
      } catch (error) {
        if (isGone(error)) return undefined;
        throw error;
      }
    });
  }

  async #call(method: string, ...args: unknown[]): Promise<unknown> {
    const { result, error } = await this.#outcome(method, args);
    if (error) throw new Error(`${method} failed: ${error.message}`);
    return result;
  }

  #reconfigure(config: object): Promise<boolean> {
    return this.#change('reconfigure', config);
  }

  async #address(): Promise<void> {
    const own = 'http://127.0.0.1:0';
    await this.#reconfigure({ listen: [own, 'http://[::1]:0'] });
    await this.#reconfigure({ listen: own });
  }

  #deploy(method: string): Promise<boolean> {
    return this.#change(method);
  }

  /** @returns whether it came about: it is taken back when workers or their zygote are killed meanwhile */
  async #change(method: string, ...args: unknown[]): Promise<boolean> {
    const { ended } = this.#harm;
    const { error } = await this.#outcome(method, args);
    if (!error) return true;
    const isHarmed = this.#harm.begun > ended;
    if (!isHarmed || !NO_FAULT_OF_THE_CODE.includes(error.code ?? ''))
      throw new Error(`${method} failed: ${error.message} (${error.code})`);
    return false;
  }

  /** Kills a process, and waits until its like is there again. */
  async #harmed(kill: () => Promise<void>): Promise<void> {
    this.#harm.begun += 1;
    try {
      await kill();
    } finally {
      this.#harm.ended += 1;
    }
  }

  async #upgrade(): Promise<void> {
    const before = this.pid;
    if (!(await this.#deploy('upgrade'))) return;
    await waitFor('the new manager', () => this.pid > 0 && this.pid !== before);
    await waitFor('the old manager to end', () => !isRunning(before));
  }

  async #badDeploy(fault: string): Promise<void> {
    writeFileSync(this.#fault, fault);
    const { error } = await this.#outcome('reload', []);
    writeFileSync(this.#fault, '');
    if (!error) throw new Error(`a deploy that ${fault} took over`);
  }

  async #status(): Promise<Status> {
    return (await this.#call('status')) as Status;
  }

  /** One that serves. */
  async #aWorker(): Promise<number | undefined> {
    const { workers } = await this.#status();
    const pids = workers.filter(({ state }) => state === 'ready').map(({ pid }) => pid);
    return pids[this.#between(0, pids.length)];
  }

  async #killWorker(): Promise<void> {
    const pid = await this.#aWorker();
    if (pid === undefined) return;
    this.kills.push({ pid, at: Date.now() });
    signal(pid, 'SIGKILL');
    await waitFor('its end', () => !isRunning(pid));
    await waitFor('a worker', () => this.#aWorker());
  }

  async #killZygote(): Promise<void> {
    const { pid: manager } = this;
    const children = this.server.members.filter(
      ({ parent, command }) => parent === manager && command.includes('--single-threaded'),
    );
    // In this order: a worker that was forked just now is known to the manager by the time it answers.
    const { generation, workers } = await this.#status();
    const pids = workers.map(({ pid }) => pid);
    const zygote = children.find(({ pid }) => !pids.includes(pid) && isRunning(pid));
    if (!zygote || !signal(zygote.pid, 'SIGKILL')) return;
    // Until then, what is on the disk may get into it.
    await waitFor('another zygote', async () => (await this.#status()).generation > generation);
  }

  async #stop(pid: number | undefined): Promise<void> {
    if (!pid || !signal(pid, 'SIGSTOP')) return;
    try {
      await this.#wait(this.#between(0, 300));
    } finally {
      signal(pid, 'SIGCONT');
    }
  }

  async #wait(milliseconds: number): Promise<void> {
    const from = performance.now();
    await waitFor('a moment to pass', () => performance.now() - from >= milliseconds);
  }
}
