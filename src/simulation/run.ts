// A pool of modelled workers under a trace of load, on a virtual clock: what the manager would see, the real policy's word
// on it, and what comes of that. Looks when the manager looks: at every event, at least once in a check interval, and
// twenty times a second for a rush. Pure: the same trace gives the same run.
import { feelLull, type Lull } from '../policy/lull.js';
import { decide, surplusOf } from '../policy/policy.js';
import { feelRush, type Rush } from '../policy/rush.js';
import { afterDeath, afterReady, afterTime, NO_SETBACKS, type Setbacks } from '../policy/setbacks.js';
import type { Action, PoolView } from '../policy/view.js';
import { chosen, type Job, ModelWorker } from './model.js';
import { Random } from './random.js';
import { rateAt, type Trace, type TraceEvent } from './trace.js';

export interface DecisionRecord {
  readonly atMs: number;
  readonly action: Action;
  /** Workers that were there, starting ones included. */
  readonly workers: number;
}

/** Ten times a second. */
export interface Sample {
  readonly atMs: number;
  readonly workers: number;
  readonly ready: number;
  readonly rps: number;
}

export interface Run {
  readonly trace: Trace;
  readonly decisions: readonly DecisionRecord[];
  readonly samples: readonly Sample[];
  readonly jobs: readonly Job[];
}

const QUICK_LOOK_MS = 50;
const SAMPLE_MS = 100;
/** Boot times differ by up to so much, both ways. */
const BOOT_SPREAD = 0.2;

class Simulation {
  readonly #trace: Trace;
  readonly #random: Random;
  readonly #decisions: DecisionRecord[] = [];
  readonly #samples: Sample[] = [];
  readonly #jobs: Job[] = [];
  readonly #slots: number;
  #workers: ModelWorker[] = [];
  #ready: ModelWorker[] = [];
  /** Those that become something else by themselves: they boot, drain or hang. */
  #inTransit: ModelWorker[] = [];
  /** Nobody is there to take them. */
  #homeless: Job[] = [];
  #events: TraceEvent[];
  #setbacks: Setbacks = NO_SETBACKS;
  #lull: Lull | undefined;
  #rush: Rush | undefined;
  #served = 0;
  #changedAt = 0;
  #nextId = 1;
  #nextArrival = 0;
  #nextRound = 0;
  #bootMs: number;
  #diesUntil = 0;
  #hasGivenUp = false;

  constructor(trace: Trace) {
    this.#trace = trace;
    this.#random = new Random(trace.seed);
    this.#slots = 2 * trace.config.maxServers + 2;
    this.#events = [...trace.events].sort((one, other) => one.atMs - other.atMs);
    this.#bootMs = trace.bootMs;
  }

  run(): Run {
    for (let now = 0; now < this.#trace.lengthMs && !this.#hasGivenUp; now++) {
      while (this.#events[0] && this.#events[0].atMs <= now) this.#happen(this.#events.shift()!, now);
      this.#arrive(now);
      this.#progress(now);
      if (now % QUICK_LOOK_MS === 0) this.#quickLook(now);
      if (now >= this.#nextRound) this.#round(now);
      if (now % SAMPLE_MS === 0) this.#sample(now);
    }
    const { length } = this.#jobs;
    for (let i = 0; i < length; i++) if (this.#jobs[i]!.startMs < 0) this.#jobs[i]!.isLost = true;
    return { trace: this.#trace, decisions: this.#decisions, samples: this.#samples, jobs: this.#jobs };
  }

  #arrive(now: number): void {
    const rate = rateAt(this.#trace.load, now);
    if (rate <= 0) return;
    if (this.#nextArrival < now) this.#nextArrival = now + this.#random.exponential(1000 / rate);
    while (this.#nextArrival < now + 1) {
      this.#request(now);
      this.#nextArrival += this.#random.exponential(1000 / rate);
    }
  }

  #request(now: number): void {
    const { service, serviceMs: mean } = this.#trace;
    const serviceMs = service === 'fixed' ? mean : this.#random.exponential(mean);
    const job = { atMs: now, serviceMs, startMs: -1, isLost: false };
    this.#jobs.push(job);
    this.#place(job, now);
  }

  #place(job: Job, now: number): void {
    const worker = chosen(this.#ready, now, this.#random);
    if (worker) {
      worker.take(job, now);
      this.#served += 1;
    } else {
      this.#homeless.push(job);
    }
  }

  #happen(event: TraceEvent, now: number): void {
    const victim = this.#ready[Math.floor(this.#random.next() * this.#ready.length)];
    switch (event.kind) {
      case 'burst':
        for (let i = 0; i < event.requests; i++) this.#request(now);
        break;
      case 'hang':
        for (const job of victim?.hang(now, event.forMs) ?? []) this.#place(job, now);
        this.#changed(now);
        break;
      case 'crash':
        for (const worker of this.#ready.slice(0, event.workers)) this.#die(worker, now);
        break;
      case 'crashLoop':
        this.#diesUntil = now + event.forMs;
        break;
      case 'boot':
        this.#bootMs = event.bootMs;
    }
  }

  /** Without being asked to. */
  #die(worker: ModelWorker, now: number): void {
    this.#setbacks = afterDeath(this.#setbacks, worker, 'itself', now);
    this.#remove(worker, now);
  }

  #remove(worker: ModelWorker, now: number): void {
    const waiting = worker.release(now);
    for (const job of worker.jobs) job.isLost = true;
    this.#workers = this.#workers.filter((other) => other !== worker);
    this.#changed(now);
    // The listening sockets are the manager's: what only waits is taken by others.
    for (const job of waiting) this.#place(job, now);
  }

  #changed(now: number): void {
    this.#changedAt = now;
    this.#nextRound = now;
    this.#ready = this.#workers.filter(({ state }) => state === 'ready');
    this.#inTransit = this.#workers.filter(({ state, hungUntil }) => state !== 'ready' || hungUntil > now);
  }

  #progress(now: number): void {
    for (const worker of this.#inTransit) {
      if (worker.isSeenStuck(now)) for (const job of worker.release(now)) this.#place(job, now);
      if (worker.state === 'spawned' && worker.bootsAt <= now) {
        if (now < this.#diesUntil) {
          this.#die(worker, now);
          continue;
        }
        worker.state = 'ready';
        worker.readyAt = now;
        this.#setbacks = afterReady(this.#setbacks);
        this.#changed(now);
        for (const job of this.#homeless.splice(0)) this.#place(job, now);
      } else if (worker.state === 'draining' && worker.freeAt <= now) {
        this.#remove(worker, now);
      }
    }
  }

  #quickLook(now: number): void {
    let busy = 0;
    let waiting = this.#homeless.length;
    for (const worker of this.#ready) {
      busy += worker.look(now, QUICK_LOOK_MS);
      worker.forget(now);
      if (!worker.isHung(now)) waiting += Math.max(0, worker.jobs.length - 1);
    }
    const workers = this.#ready.length;
    // Those that wait have not been begun.
    const served = Math.max(0, this.#served - waiting + (this.#rush?.figures.waiting ?? 0));
    this.#served = 0;
    const figures = { at: now, spanMs: QUICK_LOOK_MS, workers, busy, served, waiting };
    this.#rush = feelRush(this.#rush, figures);
    if (this.#rush.demand > 0) this.#nextRound = now;
  }

  #round(now: number): void {
    const { config } = this.#trace;
    const workers = this.#workers.map((worker) => worker.view(now, config.loadAveragePeriodMs));
    this.#setbacks = afterTime(this.#setbacks, workers, now);
    this.#lull = feelLull(this.#lull, surplusOf({ workers }, config, now), now, this.#changedAt);
    const seen: PoolView = {
      mode: 'running',
      workers,
      changedAt: this.#changedAt,
      setbacks: this.#setbacks,
      canSpawn: true,
      slots: this.#slots,
      queued: this.#homeless.length,
      rushDemand: this.#rush?.demand ?? 0,
      lull: this.#lull,
      isTrusted: true,
    };
    const { actions, againAt = Number.POSITIVE_INFINITY } = decide(seen, config, now);
    this.#nextRound = Math.min(now + config.checkIntervalMs, Math.max(now + 1, againAt));
    for (const action of actions) {
      this.#decisions.push({ atMs: now, action, workers: this.#workers.length });
      this.#carryOut(action, now);
    }
  }

  #carryOut(action: Action, now: number): void {
    if (action.kind === 'giveUp') {
      this.#hasGivenUp = true;
    } else if (action.kind === 'spawn') {
      const bootMs = this.#bootMs * (1 + BOOT_SPREAD * (2 * this.#random.next() - 1));
      const { slot, replaces } = action;
      const place = { id: this.#nextId++, slot, spawnedAt: now, bootsAt: now + bootMs, replaces };
      const worker = new ModelWorker(place);
      this.#workers.push(worker);
      this.#inTransit = [...this.#inTransit, worker];
      this.#changedAt = now;
    } else {
      const worker = this.#workers.find(({ id }) => id === action.worker)!;
      if (action.kind !== 'kill') {
        worker.state = 'draining';
        worker.drainingAt = now;
        this.#changed(now);
      } else if (worker.readyAt === undefined) this.#die(worker, now);
      else this.#remove(worker, now);
    }
  }

  #sample(now: number): void {
    const staying = this.#workers.filter(({ state }) => state !== 'draining').length;
    const rps = rateAt(this.#trace.load, now);
    this.#samples.push({ atMs: now, workers: staying, ready: this.#ready.length, rps });
  }
}

export function simulate(trace: Trace): Run {
  return new Simulation(trace).run();
}
