// Everything that can happen to a running server, at random and for as long as wanted, while a process of its own keeps
// it busy. What fails there is put beside the deaths that were inflicted: nothing else may fail.
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ControlledServer } from './controlled.js';
import type { Failure } from './ledger.js';
import { temporaryFolder } from './paths.js';
import { isRunning } from './processes.js';
import { waitFor } from './wait.js';

export interface Report {
  events: Record<string, number>;
  connections: number;
  answered: number;
  /** Requests in the works of a worker that was killed with SIGKILL. */
  lostWithWorker: number;
  /** With what was done to the server meanwhile. */
  wrong: (Failure & { during: string[] })[];
}

interface WorkerStatus {
  pid: number;
  state: string;
  isOutdated: boolean;
}

interface Kill {
  readonly pid: number;
  readonly at: number;
}

/** A failure becomes known a little after the kill that caused it. */
const KILL_SHADOW_MS = 1000;

/** The same numbers again for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class Churn {
  readonly server: ControlledServer;
  readonly report: Report = { events: {}, connections: 0, answered: 0, lostWithWorker: 0, wrong: [] };
  readonly #folder = temporaryFolder();
  readonly #pidFile = join(this.#folder, 'pid');
  readonly #fault = join(this.#folder, 'fault');
  readonly #kills: Kill[] = [];
  readonly #done: { name: string; from: number; to: number }[] = [];
  readonly #isThreaded: boolean;
  readonly #random: () => number;
  #load: ChildProcess | undefined;

  constructor(config: { workerModel?: string; [option: string]: unknown }, seed: number) {
    this.#random = randomNumbers(seed);
    this.#isThreaded = config.workerModel === 'thread';
    writeFileSync(this.#fault, '');
    const quick = { checkInterval: 0.05, minWorkerTtl: 0, minServers: 2, maxServers: 4, logLevel: 'info' };
    const files = { pidFile: this.#pidFile };
    this.server = new ControlledServer({ ...quick, ...files, ...config }, [], { TEST_FAULT: this.#fault });
  }

  async run(events: number): Promise<Report> {
    await this.server.listening();
    const script = fileURLToPath(new URL('./load-process.js', import.meta.url));
    this.#load = fork(script, [String(this.server.port), '2']);
    this.#load.on('message', (message: Partial<Report> & { failures: Failure[] }) => this.#take(message));
    const ended = new Promise((resolve) => this.#load!.once('exit', resolve));
    for (let i = 0; i < events; i++) await this.#one();
    this.#load.send('end');
    await ended;
    return this.report;
  }

  /** Of the manager, whichever it is now. */
  get pid(): number {
    return Number(readFileSync(this.#pidFile, 'latin1'));
  }

  end(): void {
    this.#load?.kill('SIGKILL');
  }

  #take({ connections = 0, answered = 0, failures }: Partial<Report> & { failures: Failure[] }): void {
    this.report.connections += connections;
    this.report.answered += answered;
    for (const failure of failures) {
      const { from, to, answeredBy } = failure;
      const isInflicted = this.#kills.some(({ pid, at }) => {
        const isTheirs = answeredBy === undefined || Number.parseInt(answeredBy, 10) === pid;
        return isTheirs && from <= at && to >= at && to - at < KILL_SHADOW_MS;
      });
      if (isInflicted) this.report.lostWithWorker += 1;
      else this.report.wrong.push({ ...failure, during: this.#during(failure) });
    }
  }

  async #one(): Promise<void> {
    const deeds = this.#deeds();
    const names = Object.keys(deeds);
    const name = names[Math.floor(this.#random() * names.length)]!;
    this.report.events[name] = (this.report.events[name] ?? 0) + 1;
    const deed = { name, from: Date.now(), to: Number.POSITIVE_INFINITY };
    this.#done.push(deed);
    await deeds[name]!();
    deed.to = Date.now();
  }

  #during({ from, to }: Failure): string[] {
    const meanwhile = this.#done.filter((deed) => deed.from <= to && deed.to >= from - 200);
    return meanwhile.map((deed) => `${deed.name} ${deed.from - from}..${deed.to - from} ms`);
  }

  #deeds(): Record<string, () => Promise<unknown>> {
    const deeds = {
      reload: () => this.#call('reload'),
      restart: () => this.#call('restartWorkers'),
      upgrade: () => this.#upgrade(),
      scaleUp: () => this.#reconfigure({ minServers: 3, maxServers: 5 }),
      scaleDown: () => this.#reconfigure({ minServers: 1, maxServers: 3 }),
      recycle: () => this.#reconfigure({ maxRequests: 50 + Math.floor(this.#random() * 500) }),
      limits: () => this.#reconfigure({ maxBodySize: 4000 + Math.floor(this.#random() * 500) }),
      address: () => this.#address(),
      deployThrows: () => this.#badDeploy('throws'),
      deployDies: () => this.#badDeploy('dies'),
      wait: () => this.#wait(this.#random() * 200),
    };
    if (this.#isThreaded) {
      // Threads load what is on the disk whenever one is started: such code would not only be in the new generation.
      const { deployDies: _, ...others } = deeds;
      return others;
    }
    return {
      ...deeds,
      killWorker: () => this.#kill(),
      killZygote: () => this.#killZygote(),
      stopWorker: () => this.#stopWorker(),
    };
  }

  async #call(method: string, ...args: unknown[]): Promise<void> {
    const { error } = await this.server.call(method, ...args);
    if (error) throw new Error(`${method} failed: ${error.message}`);
  }

  async #reconfigure(config: object): Promise<void> {
    await this.#call('reconfigure', config);
  }

  async #address(): Promise<void> {
    const own = 'http://127.0.0.1:0';
    await this.#reconfigure({ listen: [own, 'http://[::1]:0'] });
    await this.#reconfigure({ listen: own });
  }

  async #badDeploy(fault: string): Promise<void> {
    writeFileSync(this.#fault, fault);
    const { error } = await this.server.call('reload');
    writeFileSync(this.#fault, '');
    if (!error) throw new Error(`a deploy that ${fault} took over`);
  }

  async #upgrade(): Promise<void> {
    const before = this.pid;
    await this.#call('upgrade');
    await waitFor('the new manager', () => this.pid !== before);
    await waitFor('the old manager to end', () => !isRunning(before));
  }

  async #workers(): Promise<WorkerStatus[]> {
    const { result } = await this.server.call('status');
    return (result as { workers: WorkerStatus[] }).workers.filter(({ state }) => state === 'ready');
  }

  async #aWorker(): Promise<number | undefined> {
    const workers = await this.#workers();
    return workers[Math.floor(this.#random() * workers.length)]?.pid;
  }

  async #kill(): Promise<void> {
    const pid = await this.#aWorker();
    if (pid === undefined) return;
    this.#kills.push({ pid, at: Date.now() });
    process.kill(pid, 'SIGKILL');
    await waitFor('its end', () => !isRunning(pid));
    await waitFor('a worker', async () => (await this.#workers()).length > 0);
  }

  async #killZygote(): Promise<void> {
    const workers = (await this.#workers()).map(({ pid }) => pid);
    const { pid: manager } = this;
    const zygote = this.server.members.find(
      ({ pid, parent, command }) =>
        parent === manager && !workers.includes(pid) && command.includes('--single-threaded'),
    );
    // Only a process that blocks in native code and is no worker that drains.
    if (!zygote || !this.#isZygote(zygote.pid)) return;
    process.kill(zygote.pid, 'SIGKILL');
    await waitFor('its end', () => !isRunning(zygote.pid));
  }

  #isZygote(pid: number): boolean {
    const line = this.server.log.filter(({ msg }) => msg === 'zygote is ready').at(-1);
    return line?.pid === pid;
  }

  async #stopWorker(): Promise<void> {
    const pid = await this.#aWorker();
    if (pid === undefined) return;
    process.kill(pid, 'SIGSTOP');
    await this.#wait(this.#random() * 300);
    process.kill(pid, 'SIGCONT');
  }

  async #wait(milliseconds: number): Promise<void> {
    const from = performance.now();
    await waitFor('a moment to pass', () => performance.now() - from >= milliseconds);
  }
}
