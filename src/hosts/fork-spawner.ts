// Start method fork: workers are forked from a zygote that has loaded the application. Keeps a zygote alive: workers go
// on serving without one, and a new one is booted with back-off. Runs in the manager.
import { describeErrno } from '../binding/status.js';
import type { Forked, ForkFailed } from '../channel/messages.js';
import { PronghornError, reasonOf } from '../errors.js';
import { type Log, record } from '../log.js';
import type { HostHandle } from './host-handle.js';
import { describeEnd } from './process-end.js';
import type { Reaper } from './reaper.js';
import type { Equipment, Spawner } from './spawner.js';
import type { WorkerHandle } from './worker-handle.js';
import { bootZygote, type ZygoteStart } from './zygote-boot.js';

const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 30_000;
/** A zygote that lives this long was a success. */
const PROVEN_AFTER_MS = 10_000;

export interface ForkSpawnerOptions {
  readonly start: ZygoteStart;
  readonly equipment: Equipment;
  /** Called for every zygote. */
  readonly nextGeneration: () => number;
  readonly log: Log;
}

export class ForkSpawner implements Spawner {
  readonly method = 'fork';
  onChange = (): void => {};
  readonly #options: ForkSpawnerOptions;
  readonly #reaper: Reaper;
  /** Asked for, and the zygote has not answered yet. */
  readonly #pending = new Map<number, WorkerHandle>();
  #generation = 0;
  #equipment: Equipment;
  #zygote: HostHandle | undefined;
  #retryMs = RETRY_MIN_MS;
  #retryTimer: NodeJS.Timeout | undefined;
  #booting: HostHandle | undefined;
  #isRetired = false;

  /** @param zygote of bootZygote(), not yet set up */
  constructor(zygote: HostHandle, options: ForkSpawnerOptions) {
    this.#options = options;
    this.#equipment = options.equipment;
    this.#reaper = options.start.reaper;
    this.#adopt(zygote);
  }

  get generation(): number {
    return this.#generation;
  }

  get canSpawn(): boolean {
    return this.#zygote !== undefined;
  }

  spawn(worker: WorkerHandle): void {
    this.#pending.set(worker.place.workerId, worker);
    this.#zygote!.fork(worker.place, worker.peerFd);
  }

  giveUp(worker: WorkerHandle): void {
    if (!this.#pending.has(worker.place.workerId)) return;
    const { pid } = this.#zygote ?? {};
    record(this.#options.log, 'zygote.stuck', { pid, generation: this.#generation });
    this.#zygote?.kill();
  }

  /** From now on the death of a zygote, which a signal to the whole group can bring about, is no accident. */
  retire(): void {
    this.#isRetired = true;
    clearTimeout(this.#retryTimer);
    this.#booting?.kill();
  }

  equip(equipment: Equipment): void {
    if (equipment === this.#equipment) return;
    this.#equipment = equipment;
    this.#zygote?.setUp(equipment);
  }

  async end(): Promise<void> {
    this.retire();
    await Promise.all([this.#zygote?.end(), this.#booting?.ended]);
  }

  #adopt(zygote: HostHandle): void {
    const { log, nextGeneration } = this.#options;
    this.#generation = nextGeneration();
    this.#zygote = zygote;
    const adoptedAt = performance.now();
    zygote.setUp(this.#equipment);
    zygote.onForkResult = (result) => this.#forked(result);
    record(log, 'zygote.ready', { pid: zygote.pid, generation: this.#generation });
    zygote.ended.then((end) => {
      this.#zygote = undefined;
      for (const worker of this.#pending.values()) worker.unclaimed((pid) => this.#claim(worker, pid));
      this.#pending.clear();
      if (this.#isRetired) return;
      const fields = { pid: zygote.pid, generation: this.#generation, reason: describeEnd(end) };
      record(log, 'zygote.died', fields);
      if (performance.now() - adoptedAt >= PROVEN_AFTER_MS) this.#retryMs = RETRY_MIN_MS;
      this.#retryLater();
    });
  }

  #forked(result: Forked | ForkFailed): void {
    const worker = result.workerId === undefined ? undefined : this.#pending.get(result.workerId);
    if (!worker) return;
    this.#pending.delete(worker.place.workerId);
    worker.delivered();
    if (result.type === 'forked') {
      this.#claim(worker, result.pid);
    } else {
      const reason = describeErrno(result.errno).text;
      const error = new PronghornError('ERR_PRONGHORN_SPAWN', { what: 'worker', reason });
      worker.ended({ code: null, signal: null, error });
    }
  }

  #claim(worker: WorkerHandle, pid: number | undefined): void {
    if (pid === undefined) {
      worker.ended({ code: null, signal: null });
    } else {
      this.#reaper.watch(pid, (end) => worker.ended(end));
      worker.exists({ pid, threadId: undefined }, () => this.#reaper.kill(pid));
    }
  }

  #retryLater(): void {
    this.#retryTimer = setTimeout(() => this.#retry(), this.#retryMs);
    this.#retryMs = Math.min(RETRY_MAX_MS, this.#retryMs * 2);
  }

  async #retry(): Promise<void> {
    const { start, log } = this.#options;
    try {
      const onHost = (host: HostHandle) => {
        this.#booting = host;
      };
      const zygote = await bootZygote({ ...start, onHost });
      this.#booting = undefined;
      if (zygote.unsafe !== undefined) {
        throw new PronghornError('ERR_PRONGHORN_FORK_UNSAFE', { reason: zygote.unsafe });
      }
      if (this.#isRetired) return await zygote.host.end();
      this.#adopt(zygote.host);
      this.onChange();
    } catch (error) {
      this.#booting = undefined;
      if (this.#isRetired) return;
      record(log, 'zygote.failed', { reason: reasonOf(error), retryInMs: this.#retryMs });
      this.#retryLater();
    }
  }
}
