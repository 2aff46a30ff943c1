// Carries out what the policy has decided: spawns, drains and kills workers, and gives up a generation that is no good.
// Runs in the manager; decides nothing, and never throws.
import type { ResolvedConfig } from '../config/options.js';
import { PronghornError, reasonOf } from '../errors.js';
import type { Action } from '../policy/view.js';
import type { WorkerStatus } from '../status.js';
import type { AccessLogFile } from './access-log.js';
import type { BackOff } from './back-off.js';
import type { Generations } from './generations.js';
import type { Member, Members } from './members.js';
import type { News } from './news.js';
import { type WorkerEvents, WorkerHandle } from './worker-handle.js';

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
        this.#kill(members.get(action.worker)!, action.reason);
        break;
      case 'drain':
        this.#drain(members.get(action.worker)!, action.reason, orders);
        break;
      case 'hang':
        this.#hangs(members.get(action.worker)!, action.reason, orders);
    }
  }

  /** Something is wrong with a worker. @returns whether it was one on trial, and its generation is given up for it */
  rollBack({ spawner }: Member, reason: string): boolean {
    const { generations, members, news } = this.#options;
    if (!generations.isRolling || spawner !== generations.current) return false;
    generations.rollBack(reason);
    news.rolledBack(spawner.generation, generations.current.generation, reason);
    for (const { worker } of members.of(spawner)) {
      if (worker.state !== 'ready') worker.discard('its generation is given up');
    }
    return true;
  }

  status(member: Member): WorkerStatus {
    const { members, generations, clock } = this.#options;
    return members.status(member, generations.current, clock());
  }

  #spawn({ slot, replaces, reason }: Extract<Action, { kind: 'spawn' }>): void {
    const { members, generations, backOff, news, clock, workerEvents } = this.#options;
    // Code whose workers die again and again is no better than what is to take its place.
    const isTried = replaces !== undefined || backOff.setbacks.rounds > 0;
    const spawner = generations.spawnerFor(isTried);
    const place = { workerId: this.#nextId++, slot, generation: spawner.generation };
    this.#changedAt = clock();
    try {
      const worker = new WorkerHandle(place, clock, workerEvents);
      const member = members.add(worker, spawner, replaces);
      this.#options.accessLog?.equip(worker);
      news.spawning(this.status(member), replaces, reason);
      spawner.spawn(worker);
    } catch (error) {
      // No descriptors left, for instance. Back-off as for a worker that died.
      members.remove(place.workerId, slot);
      backOff.died({ spawnedAt: clock() }, 'itself', reasonOf(error));
      news.cannotSpawn(slot, reasonOf(error));
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
    this.#options.news.hanging(member.worker, reason);
    this.#drain(member, reason, orders);
    if (orders.isRunning) this.rollBack(member, reason);
  }

  #kill({ worker }: Member, reason: string): void {
    this.#options.news.killing(worker, reason);
    worker.kill(reason);
  }

  #giveUp(attempts: number): void {
    const { onGiveUp, backOff } = this.#options;
    const reason = backOff.lastReason;
    onGiveUp(new PronghornError('ERR_PRONGHORN_BOOT_WORKERS', { attempts, reason }));
  }
}
