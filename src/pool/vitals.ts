// How the workers are: what they write into the scoreboard, and what the kernel says about those that write nothing.
// Runs in the manager; asks no worker anything, so it works while they hang.

import { loopTimes, processMemory } from '../hosts/process-times.js';
import type { WorkerHandle } from '../hosts/worker-handle.js';
import { feel, type Pulse } from '../policy/stall.js';
import type { WorkerView } from '../policy/view.js';
import type { Glance, Scoreboard } from '../scoreboard/scoreboard.js';

export type Vitals = Pick<
  WorkerView,
  'load' | 'inFlight' | 'requests' | 'accepted' | 'memory' | 'firstMemory' | 'stalledMs'
>;

const NS_PER_MS = 1_000_000;
/** Without a heartbeat for so long, an event loop does not turn, and cannot say how busy it is. */
const STANDSTILL_MS = 2_000;
/** Heartbeats come at least ten times in a second. What is younger than this needs no closer look. */
const FRESH_MS = 250;
/** The kernel walks through all the memory of a process to tell how much it is. */
const MEMORY_INTERVAL_MS = 5_000;

const UNKNOWN: Vitals = {
  load: 0,
  inFlight: 0,
  requests: 0,
  accepted: 0,
  memory: 0,
  firstMemory: 0,
  stalledMs: 0,
};

interface Sheet {
  pulse?: Pulse;
  beatTaken?: number;
  memory: number;
  firstMemory: number;
  memoryAt: number;
}

export class VitalSigns {
  readonly #scoreboard: Scoreboard;
  readonly #records = new Map<number, Sheet>();

  constructor(scoreboard: Scoreboard) {
    this.#scoreboard = scoreboard;
  }

  /** @param lookMs the time between two looks @param measuresMemory whether anybody wants to know */
  of(worker: WorkerHandle, now: number, lookMs: number, measuresMemory: boolean): Vitals {
    const slot = this.#slotOf(worker);
    if (!slot) return UNKNOWN;
    const { workerId } = worker.place;
    const record = this.#records.get(workerId) ?? { memory: 0, firstMemory: 0, memoryAt: now };
    this.#records.set(workerId, record);
    record.pulse = this.#feel(worker, slot, record.pulse, now, lookMs);
    if (worker.threadId !== undefined) record.memory = slot.memory;
    else if (measuresMemory && now - record.memoryAt >= MEMORY_INTERVAL_MS)
      this.#measure(worker, record, now);
    const { busyPermille, inFlight, requests, accepted, heartbeatNs } = slot;
    const isStanding = now - heartbeatNs / NS_PER_MS > STANDSTILL_MS;
    const load = worker.state === 'ready' ? (isStanding ? 1 : busyPermille / 1000) : 0;
    record.firstMemory ||= record.memory;
    const { memory, firstMemory, pulse } = record;
    return { load, inFlight, requests, accepted, memory, firstMemory, stalledMs: pulse.stalledMs };
  }

  /** Whether its event loop has turned since the last call. */
  takeBeat(worker: WorkerHandle): boolean {
    const record = this.#records.get(worker.place.workerId);
    const beatAt = record?.pulse?.heartbeatAt;
    if (!record || beatAt === undefined || beatAt === record.beatTaken) return false;
    record.beatTaken = beatAt;
    return true;
  }

  forget(workerId: number): void {
    this.#records.delete(workerId);
  }

  #slotOf(worker: WorkerHandle): Glance | undefined {
    if (worker.state === 'spawned') return undefined;
    const slot = this.#scoreboard.glance(worker.place.slot);
    return slot.workerId === worker.place.workerId ? slot : undefined;
  }

  #feel({ pid }: WorkerHandle, slot: Glance, pulse: Pulse | undefined, now: number, lookMs: number): Pulse {
    const heartbeatAt = slot.heartbeatNs / NS_PER_MS;
    const isFresh = now - heartbeatAt < FRESH_MS;
    if (isFresh || pid === undefined) return feel(pulse, { heartbeatAt }, now, lookMs);
    return feel(pulse, { heartbeatAt, ...loopTimes(pid, slot.tid) }, now, lookMs);
  }

  #measure({ pid }: WorkerHandle, record: Sheet, now: number): void {
    record.memoryAt = now;
    if (pid === undefined) return;
    void processMemory(pid).then((memory) => {
      if (memory) record.memory = memory.private;
    });
  }
}
