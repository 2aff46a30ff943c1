// What is told of the workers, and in which words: to the log, to the program that runs the server, and to whoever asks
// for the last decisions. Runs in the manager; decides nothing.
import { type Address, printAddress } from '../listener/address.js';
import type { Log } from '../log.js';
import { places } from '../policy/demand.js';
import { type Action, staying, type WorkerView } from '../policy/view.js';
import type { DecisionStatus, WorkerStatus } from '../status.js';
import type { Emit, WorkerEnd } from './events.js';
import type { Verdict } from './worker-end.js';
import type { WorkerHandle } from './worker-handle.js';

const DECISIONS_KEPT = 100;

export class News {
  readonly #log: Log;
  readonly #emit: Emit;
  readonly #decisions: DecisionStatus[] = [];
  /** Before the pool is up, and when it ends, its single steps are of no interest. */
  #isQuiet = true;

  constructor(log: Log, emit: Emit) {
    this.#log = log;
    this.#emit = emit;
  }

  /** Newest last. */
  get decisions(): readonly DecisionStatus[] {
    return [...this.#decisions];
  }

  set isQuiet(isQuiet: boolean) {
    this.#isQuiet = isQuiet;
  }

  decided(action: Action): void {
    const reason = action.kind === 'giveUp' ? `${action.attempts} attempts failed` : action.reason;
    const worker = 'worker' in action ? action.worker : undefined;
    this.#decisions.push({ at: Date.now(), kind: action.kind, worker, reason });
    if (this.#decisions.length > DECISIONS_KEPT) this.#decisions.shift();
  }

  /** The lower bound of workers serves for the first time. */
  up(addresses: readonly Address[], count: number, method: string): void {
    const workers = `${count} worker${count === 1 ? '' : 's'}`;
    const way = method === 'thread' ? 'worker model thread' : `start method ${method}`;
    const how = `${workers}, ${way}, pid ${process.pid}`;
    this.#log.info(`listening on ${addresses.map(printAddress).join(', ')} (${how})`);
  }

  spawning(status: WorkerStatus, replaces: number | undefined, reason: string): void {
    const { id: worker, slot, generation } = status;
    this.#log[this.#isQuiet ? 'debug' : 'info'](
      { worker, slot, generation, replaces, reason },
      'spawning worker',
    );
    this.#emit('boot', status);
  }

  cannotSpawn(slot: number, reason: string): void {
    this.#log.error({ slot, reason }, 'cannot spawn a worker');
  }

  ready(worker: WorkerHandle, status: WorkerStatus): void {
    this.#log.debug(worker.fields, 'worker is ready');
    this.#emit('ready', status);
  }

  leaving(worker: WorkerHandle): void {
    this.#log.info(worker.fields, 'worker ends of its own accord');
  }

  draining(worker: WorkerHandle, reason: string): void {
    this.#log[this.#isQuiet ? 'debug' : 'info']({ ...worker.fields, reason }, 'draining worker');
  }

  hanging(worker: WorkerHandle, reason: string): void {
    this.#log.error({ ...worker.fields, reason }, 'worker hangs');
  }

  killing(worker: WorkerHandle, reason: string): void {
    this.#log.warn({ ...worker.fields, reason }, 'killing worker');
  }

  ended(worker: WorkerHandle, status: WorkerStatus, verdict: Verdict, end: WorkerEnd, more: object): void {
    this.#log[verdict.level]({ ...worker.fields, reason: verdict.reason, ...more }, verdict.words);
    this.#emit('reap', status, end);
  }

  deploying(from: number, to: number): void {
    this.#emit('generation', { from, to, isRollback: false });
  }

  deployed(generation: number): void {
    this.#log.info({ generation }, 'every worker runs the new generation');
  }

  rolledBack(from: number, to: number, reason: string): void {
    this.#log.error({ generation: to, reason }, 'the new generation is no good, going back');
    this.#emit('generation', { from, to, isRollback: true });
  }

  /** @param to places in the pool after the actions */
  scaled(before: readonly WorkerView[], to: number, actions: readonly Action[]): void {
    const isScaling = (action: Action) => action.kind !== 'spawn' || action.replaces === undefined;
    const action = actions.find(isScaling);
    const from = places(staying(before)).length;
    if (from === to || action === undefined || action.kind === 'giveUp') return;
    this.#emit('scale', { from, to, reason: action.reason });
  }

  looked(alive: readonly WorkerStatus[]): void {
    for (const status of alive) this.#emit('heartbeat', status);
    this.#emit('wait');
  }
}
