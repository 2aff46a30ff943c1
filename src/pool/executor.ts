// Carries out what the policy has decided: spawns, drains and kills workers, and gives up a generation that is no good.
// Runs in the manager; decides nothing, and never throws.
import type { ResolvedConfig } from '../config/options.js';
import { PronghornError, reasonOf } from '../errors.js';
import { type WorkerEvents, WorkerHandle } from '../hosts/worker-handle.js';
import type { Action } from '../policy/view.js';
import type { WorkerStatus } from '../status.js';
import type { AccessLogFile } from './access-log.js';
import type { BackOff } from './back-off.js';
import type { Edition } from './edition.js';
import type { Generations } from './generations.js';
import type { Member, Members } from './members.js';
import type { News } from './news.js';
import type { Waiters } from './waiters.js';

export interface ExecutorOptions {
  readonly members: Members;
  readonly generations: Generations;
  readonly backOff: BackOff;
  readonly news: News;
  readonly accessLog: AccessLogFile | undefined;
  readonly clock: () => number;
  /** Another set of workers serves. */
  readonly steer: () => void;
  readonly onGiveUp: (error: PronghornError) => void;
  readonly waiters: Waiters;
  readonly workerEvents: WorkerEvents;
}

/** Under which circumstances. */
export interface Orders {
  readonly config: ResolvedConfig;
  /** The server goes on. */
  readonly isRunning: boolean;
  /** Others take the place of who drains. */
  readonly isReplaced: boolean;
}

export class Executor {
  readonly #options: ExecutorOptions;
  #nextId = 1;
  #changedAt: number;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#changedAt = options.clock();
  }

  /** Number of the next worker. */
  get nextId(): number {
    return this.#nextId;
  }

  /** When a worker was last added or asked to go. */
  get changedAt(): number {
    return this.#changedAt;
  }

  carryOut(action: Action, orders: Orders): void {
    const { members, news } = this.#options;
    news.decided(action);
    switch (action.kind) {
      case 'spawn':
        this.#spawn(action);
        break;
      case 'giveUp':
        this.#giveUp(action.attempts);
        break;
      case 'kill':
        this.#kill(members.get(action.worker)!, action.reason, orders);
        break;
      case 'drain':
        this.#drain(members.get(action.worker)!, action.reason, orders);
        break;
      case 'hang':
        this.#hangs(members.get(action.worker)!, action.reason, orders);
    }
  }

  /**
   * A worker was no good, or none can be had: what it was tried for is taken back.
   * @param isStart it never started: who waits for more workers, or for other ones, waits in vain
   * @returns whether it was tried for anything
   */
  giveBack(edition: Edition, reason: string, isStart: boolean): boolean {
    const { waiters, members } = this.#options;
    const isRolledBack = this.#rollBack(edition, reason);
    const { from } = waiters;
    if (!isStart || from === undefined) return isRolledBack;
    members.outdateBefore(0);
    const young = members.all.filter(({ worker }) => worker.place.workerId >= from);
    this.#discard(young, 'what it was made for is given up');
    waiters.fail(reason);
    return true;
  }

  status(member: Member): WorkerStatus {
    const { members, generations, clock } = this.#options;
    return members.status(member, generations.current, clock());
  }

  #rollBack(edition: Edition, reason: string): boolean {
    const { generations, members, news } = this.#options;
    if (!generations.isRolling || edition !== generations.current) return false;
    this.#discard(members.of(edition), 'what it was made from is given up');
    generations.rollBack(reason);
    const { generation } = generations.current;
    if (generations.isNewCode) news.rolledBack(edition.generation, generation, reason);
    else news.takenBack(reason);
    return true;
  }

  #spawn({ slot, replaces, reason }: Extract<Action, { kind: 'spawn' }>): void {
    const { members, generations, backOff, news, clock, workerEvents } = this.#options;
    // Code whose workers die again and again is no better than what is to take its place.
    const isTried = replaces !== undefined || backOff.setbacks.rounds > 0;
    const edition = generations.editionFor(isTried);
    const place = { workerId: this.#nextId++, slot, generation: edition.generation };
    this.#changedAt = clock();
    try {
      const worker = new WorkerHandle(place, clock, workerEvents);
      const member = members.add(worker, edition, replaces);
      this.#options.accessLog?.equip(worker);
      news.spawning(this.status(member), replaces, reason);
      edition.spawn(worker);
    } catch (error) {
      // No descriptors left, for instance. Back-off as for a worker that died.
      members.remove(place.workerId, slot);
      const reason = reasonOf(error);
      news.cannotSpawn(slot, reason);
      if (!this.giveBack(edition, reason, true)) backOff.died({ spawnedAt: clock() }, 'itself', reason);
    }
  }

  #drain({ worker }: Member, reason: string, { config, isReplaced }: Orders): void {
    const { news, steer, clock } = this.#options;
    news.draining(worker, reason);
    // First others take over what arrives from now on, then the worker lets go.
    worker.markDraining();
    steer();
    worker.drain(config.terminationTimeoutMs, isReplaced);
    this.#changedAt = clock();
  }

  #hangs(member: Member, reason: string, orders: Orders): void {
    const { news, members, clock } = this.#options;
    news.hanging(member.worker, reason, members.facts(member, clock()));
    this.#drain(member, reason, orders);
    if (orders.isRunning) this.giveBack(member.edition, reason, false);
  }

  #discard(unwanted: readonly Member[], reason: string): void {
    for (const { worker } of unwanted) if (worker.state !== 'ready') worker.discard(reason);
  }

  #kill(member: Member, reason: string, { isRunning }: Orders): void {
    const { news, members, clock } = this.#options;
    const { worker, edition } = member;
    news.killing(worker, reason, members.facts(member, clock()));
    worker.kill(reason);
    if (isRunning && worker.state === 'spawned') edition.spawner.giveUp(worker);
  }

  #giveUp(attempts: number): void {
    const { onGiveUp, backOff } = this.#options;
    const reason = backOff.lastReason;
    onGiveUp(new PronghornError('ERR_PRONGHORN_BOOT_WORKERS', { attempts, reason }));
  }
}
