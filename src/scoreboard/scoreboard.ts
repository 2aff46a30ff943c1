// The table in shared memory, one slot per worker. The manager makes it and reads it without asking anyone; a worker
// writes into its own slot only.
import type { NativeScoreboard } from '../binding/contract.js';
import { binding } from '../binding/load.js';
import { succeeded } from '../binding/status.js';

/** Fields of native/contract.h, by name. Times are CLOCK_MONOTONIC nanoseconds. */
export interface SlotSnapshot {
  /** 0: no worker. */
  readonly workerId: number;
  readonly pid: number;
  readonly generation: number;
  readonly state: WorkerState;
  readonly startedNs: number;
  readonly heartbeatNs: number;
  readonly busyPermille: number;
  readonly connections: number;
  readonly inFlight: number;
  readonly accepted: number;
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly responses1xx: number;
  readonly responses2xx: number;
  readonly responses3xx: number;
  readonly responses4xx: number;
  readonly responses5xx: number;
  readonly tid: number;
  readonly memory: number;
  /** Since when the event loop does something; 0: it waits for events. */
  readonly turnNs: number;
  /** Time that it has waited for events, total. */
  readonly idleNs: number;
  /** Sockets that had something for the turn that it is in; 0 while it waits. */
  readonly ready: number;
  /** 1: it takes new connections. */
  readonly isAccepting: number;
  /** 1: connections wait at its sockets that are for others to take. */
  readonly offers: number;
  /** Which entry of its batch the handler has, from 1 on; 0: none. */
  readonly handling: number;
  /** Entries of the batch that its JavaScript has; 0: none. */
  readonly batch: number;
  /** Requests by latency; LATENCY_LIMITS_US has the buckets' upper limits. */
  readonly latencies: readonly number[];
  /** Of these requests, together. */
  readonly latencySumUs: number;
}

/** What is looked at again and again. */
export type Glance = Pick<
  SlotSnapshot,
  | 'workerId'
  | 'heartbeatNs'
  | 'busyPermille'
  | 'inFlight'
  | 'accepted'
  | 'requests'
  | 'tid'
  | 'memory'
  | 'turnNs'
  | 'idleNs'
  | 'ready'
  | 'handling'
  | 'batch'
>;

/** A request that a worker has in hand. */
export interface ActiveRequest {
  readonly method: string;
  /** Without the query; `…` at its end: it is longer. */
  readonly path: string;
  /** On the clock of the scoreboard, ms. */
  readonly startedAt: number;
  /** Its handler has not returned yet. */
  readonly isHandled: boolean;
}

export type WorkerState = 'vacant' | 'booting' | 'ready' | 'draining' | 'exited';
export type SlotField = Exclude<keyof SlotSnapshot, 'latencies'>;

const FIELDS = binding.contract.slotFields as Record<SlotField, number>;
const FIELD_COUNT = Object.keys(FIELDS).length;
const isLatency = (name: string) => /^latency\d+$/.test(name);
const FIRST_LATENCY = binding.contract.slotFields.latency0!;
const END_OF_LATENCIES = FIRST_LATENCY + Object.keys(FIELDS).filter(isLatency).length;
const FIELD_ENTRIES = (Object.entries(FIELDS) as [SlotField, number][]).filter(([name]) => !isLatency(name));

/** Upper limits of the buckets in `latencies`, in microseconds; the last bucket has none. */
export const LATENCY_LIMITS_US: readonly number[] = binding.contract.latencyLimitsUs;
const STATES = binding.contract.workerStates as Record<WorkerState, number>;
const STATE_NAMES = Object.fromEntries(
  Object.entries(STATES).map(([name, number]) => [number, name as WorkerState]),
);

/** The clock of every time in the scoreboard. */
export const monotonicNs: () => number = binding.monotonicNs;
export const monotonicMs = (): number => monotonicNs() / 1_000_000;

export class Scoreboard {
  /** For the engine, which writes into it from native code. */
  readonly native: NativeScoreboard;
  readonly #values = new Float64Array(FIELD_COUNT);

  private constructor(native: NativeScoreboard) {
    this.native = native;
  }

  /** @throws ERR_PRONGHORN_SYSTEM_CALL */
  static create(slots: number): Scoreboard {
    return new Scoreboard(succeeded('memfd_create', binding.createScoreboard(slots)));
  }

  /** @param fd stays the caller's and may be closed afterwards. @throws ERR_PRONGHORN_SYSTEM_CALL */
  static open(fd: number): Scoreboard {
    return new Scoreboard(succeeded('mmap', binding.openScoreboard(fd)));
  }

  /** Descriptor of the memory, to be sent to hosts. */
  get fd(): number {
    return this.native.fd;
  }

  get slots(): number {
    return this.native.slots;
  }

  /** A part of slot() that takes a fraction of its time. */
  glance(index: number): Glance {
    const values = this.#values;
    this.native.read(index, values);
    return {
      workerId: values[FIELDS.workerId]!,
      heartbeatNs: values[FIELDS.heartbeatNs]!,
      busyPermille: values[FIELDS.busyPermille]!,
      inFlight: values[FIELDS.inFlight]!,
      accepted: values[FIELDS.accepted]!,
      requests: values[FIELDS.requests]!,
      tid: values[FIELDS.tid]!,
      memory: values[FIELDS.memory]!,
      turnNs: values[FIELDS.turnNs]!,
      idleNs: values[FIELDS.idleNs]!,
      ready: values[FIELDS.ready]!,
      handling: values[FIELDS.handling]!,
      batch: values[FIELDS.batch]!,
    };
  }

  slot(index: number): SlotSnapshot {
    this.native.read(index, this.#values);
    const latencies = Array.from(this.#values.subarray(FIRST_LATENCY, END_OF_LATENCIES));
    const snapshot: Record<string, number | WorkerState | number[]> = { latencies };
    for (const [name, field] of FIELD_ENTRIES) snapshot[name] = this.#values[field]!;
    snapshot.state = STATE_NAMES[this.#values[FIELDS.state]!] ?? 'vacant';
    return snapshot as unknown as SlotSnapshot;
  }

  /** What the worker of this slot has in hand; of very many, some. */
  requests(index: number): ActiveRequest[] {
    const { handling } = this.slot(index);
    return this.native.requests(index).map(({ startedUs, ring, method, target }) => {
      const query = target.indexOf('?');
      const isCut = query === -1 && target.length === binding.contract.activeTargetBytes;
      return {
        method: binding.methodNames[method]!,
        path: query === -1 ? `${target}${isCut ? '…' : ''}` : target.slice(0, query),
        startedAt: startedUs / 1000,
        isHandled: ring >= 0 && ring === handling - 1,
      };
    });
  }

  /** Where the JavaScript of the worker of this slot stood when it was asked in this turn, the innermost frame first. */
  stack(index: number): string[] {
    return this.native.stack(index).split('\n').filter(Boolean);
  }

  snapshot(): SlotSnapshot[] {
    return Array.from({ length: this.slots }, (_, index) => this.slot(index));
  }

  set(index: number, field: Exclude<SlotField, 'state'>, value: number): void {
    this.native.set(index, FIELDS[field], value);
  }

  setState(index: number, state: WorkerState): void {
    this.native.set(index, FIELDS.state, STATES[state]);
  }

  /** Every field becomes 0, which is the state `vacant`. */
  clear(index: number): void {
    this.native.clear(index);
  }

  close(): void {
    this.native.close();
  }
}
