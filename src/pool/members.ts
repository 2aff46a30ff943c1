// The workers of a pool, each with what the pool knows of it beyond its process: who made it, for whom, and whether it
// is what the pool would make now. Runs in the manager.
import type { ResolvedConfig } from '../config/options.js';
import type { WorkerHandle } from '../hosts/worker-handle.js';
import type { WorkerView } from '../policy/view.js';
import type { Scoreboard } from '../scoreboard/scoreboard.js';
import { added, NO_TOTALS, type Totals } from '../scoreboard/totals.js';
import type { WorkerStatus } from '../status.js';
import type { Edition } from './edition.js';
import { type LastFacts, lastFacts } from './last-facts.js';
import { StackQuestions } from './stack-questions.js';
import { VitalSigns } from './vitals.js';

const NS_PER_MS = 1_000_000;
const MS_PER_SECOND = 1000;

export interface Member {
  readonly worker: WorkerHandle;
  readonly edition: Edition;
  /** The worker that goes when this one is ready. */
  readonly replaces?: number;
  /** Of maxRequests, maxAccepts and the way to maxMemory, so that workers that began together do not end together. */
  readonly lifeShare: number;
}

/** Requests of one worker's whole life. */
export interface Count {
  readonly id: number;
  readonly requests: number;
}

export class Members {
  readonly #members = new Map<number, Member>();
  readonly #scoreboard: Scoreboard;
  readonly #vitals: VitalSigns;
  readonly #stacks: StackQuestions;
  /** Of the workers that are gone. */
  #past: Totals = NO_TOTALS;
  /** Workers with a smaller number are outdated, whoever made them. */
  #currentFrom = 0;

  constructor(scoreboard: Scoreboard) {
    this.#scoreboard = scoreboard;
    this.#vitals = new VitalSigns(scoreboard);
    this.#stacks = new StackQuestions(scoreboard);
  }

  get size(): number {
    return this.#members.size;
  }

  get all(): Member[] {
    return [...this.#members.values()];
  }

  /** Ready, and not about to be killed. */
  get serving(): Member[] {
    return this.all.filter(({ worker }) => worker.state === 'ready' && !worker.isKilled);
  }

  /** Of all workers that there ever were. */
  get totals(): Totals {
    return this.all.reduce((sum, { worker }) => this.#withSlot(sum, worker.place), this.#past);
  }

  get requests(): Count[] {
    return this.all.map(({ worker: { place } }) => {
      const { workerId, requests } = this.#scoreboard.glance(place.slot);
      return { id: place.workerId, requests: workerId === place.workerId ? requests : 0 };
    });
  }

  get(id: number): Member | undefined {
    return this.#members.get(id);
  }

  /** Those of this edition. */
  of(edition: Edition): Member[] {
    return this.all.filter((member) => member.edition === edition);
  }

  /** The size of the pool: a worker and the one that is to take its place are one. */
  get placeCount(): number {
    const staying = this.all.filter(({ worker }) => worker.state !== 'draining' && !worker.isKilled);
    const ids = new Set<number | undefined>(staying.map(({ worker }) => worker.place.workerId));
    return staying.filter(({ replaces }) => !ids.has(replaces)).length;
  }

  add(worker: WorkerHandle, edition: Edition, replaces: number | undefined): Member {
    // Uniform from a half to 1.
    const member = { worker, edition, replaces, lifeShare: 1 - Math.random() / 2 };
    this.#members.set(worker.place.workerId, member);
    return member;
  }

  remove(workerId: number, slot: number): void {
    this.#members.delete(workerId);
    this.#vitals.forget(workerId);
    this.#stacks.forget(workerId);
    this.#past = this.#withSlot(this.#past, { workerId, slot });
    this.#scoreboard.clear(slot);
  }

  /** Those whose event loops have turned since the last call. */
  takeAlive(): Member[] {
    return this.all.filter(({ worker }) => this.#vitals.takeBeat(worker));
  }

  /** Every worker with a number below this one is outdated from now on. */
  outdateBefore(id: number): void {
    this.#currentFrom = id;
  }

  /** @param lookMs the time between two looks @param current what workers are made by now */
  views(config: ResolvedConfig, now: number, lookMs: number, current: Edition): WorkerView[] {
    return this.all.map((member) => {
      const { worker, replaces, lifeShare } = member;
      const vitals = this.#vitals.of(worker, now, lookMs, config.maxMemory > 0);
      this.#stacks.look(worker, vitals.stalledMs, config.activityTimeoutMs);
      const isOutdated = this.#isOutdated(member, current);
      // V8 makes it twenty times faster than by a spread, which has new hidden classes each time.
      return Object.assign({ isOutdated, replaces, lifeShare }, worker.life, vitals);
    });
  }

  status(member: Member, current: Edition, now: number): WorkerStatus {
    const { worker } = member;
    const { workerId: id, slot, generation } = worker.place;
    const found = this.#scoreboard.slot(slot);
    const isOwn = found.workerId === id;
    const count = (value: number) => (isOwn ? value : 0);
    return {
      id,
      slot,
      generation,
      pid: worker.pid,
      threadId: worker.threadId,
      state: worker.state,
      age: (now - worker.life.spawnedAt) / MS_PER_SECOND,
      load: count(found.busyPermille) / 1000,
      heartbeatAge: isOwn ? (now - found.heartbeatNs / NS_PER_MS) / MS_PER_SECOND : 0,
      connections: count(found.connections),
      inFlight: count(found.inFlight),
      accepted: count(found.accepted),
      requests: count(found.requests),
      isOutdated: this.#isOutdated(member, current),
    };
  }

  /** @param memory of a process that is gone */
  facts({ worker }: Member, now: number, memory?: number): LastFacts | undefined {
    return lastFacts(this.#scoreboard, worker, now, memory);
  }

  #withSlot(totals: Totals, { workerId, slot }: { workerId: number; slot: number }): Totals {
    const found = this.#scoreboard.slot(slot);
    return found.workerId === workerId ? added(totals, found) : totals;
  }

  #isOutdated({ worker, edition }: Member, current: Edition): boolean {
    return edition !== current || worker.place.workerId < this.#currentFrom;
  }
}
