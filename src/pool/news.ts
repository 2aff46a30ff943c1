// What is told of the workers, and in which words: to the log, to the program that runs the server, and to whoever asks
// for the last decisions. Runs in the manager; decides nothing.

import type { Emit, ManagerEvents, WorkerEnd } from '../events.js';
import type { Verdict } from '../hosts/worker-end.js';
import type { WorkerHandle } from '../hosts/worker-handle.js';
import { type Address, printAddress } from '../listener/address.js';
import { type Log, record } from '../log.js';
import { places } from '../policy/demand.js';
import { type Action, staying, type WorkerView } from '../policy/view.js';
import type { DecisionStatus, WorkerStatus } from '../status.js';
import type { LastFacts } from './last-facts.js';

const DECISIONS_KEPT = 100;

const UNKNOWN: LastFacts = {
  inHand: undefined,
  stack: undefined,
  inFlight: undefined,
  requests: undefined,
  heartbeatMs: undefined,
  memory: undefined,
};

export interface EndDetails {
  /** Until another one is tried. */
  readonly retryInMs: number | undefined;
  readonly facts: LastFacts | undefined;
}

export class News {
  readonly #log: Log;
  readonly #isHeard: (name: keyof ManagerEvents) => boolean;
  readonly #emit: Emit;
  readonly #decisions: DecisionStatus[] = [];
  /** Before the pool is up, and when it ends, its single steps are of no interest. */
  #isQuiet = true;

  /** @param isHeard somebody listens for this event */
  constructor(log: Log, isHeard: (name: keyof ManagerEvents) => boolean, emit: Emit) {
    this.#log = log;
    this.#isHeard = isHeard;
    this.#emit = emit;
  }

  /** Newest last. */
  get decisions(): readonly DecisionStatus[] {
    return [...this.#decisions];
  }

  set isQuiet(isQuiet: boolean) {
    this.#isQuiet = isQuiet;
  }

  get #level(): 'debug' | 'info' {
    return this.#isQuiet ? 'debug' : 'info';
  }

  decided(action: Action): void {
    const reason = action.kind === 'giveUp' ? `${action.attempts} attempts failed` : action.reason;
    const worker = 'worker' in action ? action.worker : undefined;
    this.#decisions.push({ at: Date.now(), kind: action.kind, worker, reason });
    if (this.#decisions.length > DECISIONS_KEPT) this.#decisions.shift();
  }

  /** The lower bound of workers serves for the first time. */
  up(addresses: readonly Address[], count: number, method: string): void {
    record(this.#log, 'server.listening', {
      addresses: addresses.map(printAddress),
      workers: count,
      startMethod: method,
      pid: process.pid,
    });
  }

  spawning(status: WorkerStatus, replaces: number | undefined, reason: string): void {
    const { id: worker, slot, generation } = status;
    record(this.#log, 'worker.spawning', { worker, slot, generation, replaces, reason }, this.#level);
    this.#emit('boot', status);
  }

  cannotSpawn(slot: number, reason: string): void {
    record(this.#log, 'worker.spawn-failed', { slot, reason });
  }

  ready(worker: WorkerHandle, status: WorkerStatus): void {
    record(this.#log, 'worker.ready', worker.fields);
    this.#emit('ready', status);
  }

  leaving(worker: WorkerHandle): void {
    record(this.#log, 'worker.leaving', worker.fields);
  }

  draining(worker: WorkerHandle, reason: string): void {
    record(this.#log, 'worker.draining', { ...worker.fields, reason }, this.#level);
  }

  hanging(worker: WorkerHandle, reason: string, facts: LastFacts | undefined): void {
    record(this.#log, 'worker.hangs', { ...worker.fields, reason, ...(facts ?? UNKNOWN) });
  }

  killing(worker: WorkerHandle, reason: string, facts: LastFacts | undefined): void {
    record(this.#log, 'worker.killing', { ...worker.fields, reason, ...(facts ?? UNKNOWN) });
  }

  ended(
    worker: WorkerHandle,
    status: WorkerStatus,
    { event, level, reason }: Verdict,
    end: WorkerEnd,
    { retryInMs, facts }: EndDetails,
  ): void {
    const fields = { ...worker.fields, reason, retryInMs };
    if (event === 'worker.died') record(this.#log, event, { ...fields, ...(facts ?? UNKNOWN) }, level);
    else record(this.#log, event, fields, level);
    this.#emit('reap', status, end);
  }

  deploying(from: number, to: number): void {
    this.#emit('generation', { from, to, isRollback: false });
  }

  deployed(generation: number): void {
    record(this.#log, 'generation.deployed', { generation });
  }

  rolledBack(from: number, to: number, reason: string): void {
    record(this.#log, 'generation.rolled-back', { generation: to, reason });
    this.#emit('generation', { from, to, isRollback: true });
  }

  takenBack(reason: string): void {
    record(this.#log, 'options.taken-back', { reason });
  }

  /** @param to places in the pool after the actions */
  scaled(before: readonly WorkerView[], to: number, actions: readonly Action[]): void {
    const isScaling = (action: Action) => action.kind !== 'spawn' || action.replaces === undefined;
    const action = actions.find(isScaling);
    const from = places(staying(before)).length;
    if (from === to || action === undefined || action.kind === 'giveUp') return;
    this.#emit('scale', { from, to, reason: action.reason });
  }

  /** @param alive those whose event loops have turned since the last look */
  looked(alive: () => readonly WorkerStatus[]): void {
    if (this.#isHeard('heartbeat')) for (const status of alive()) this.#emit('heartbeat', status);
    this.#emit('wait');
  }
}
