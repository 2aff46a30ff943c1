// The workers: asks the policy what should happen, makes it happen, and tells the policy what came of it. Looks again at
// every event and at least once in a check interval. Runs in the manager.
import type { TlsState } from '../channel/messages.js';
import type { ResolvedConfig } from '../config/options.js';
import type { PronghornError } from '../errors.js';
import type { ProcessEnd } from '../hosts/process-end.js';
import type { Equipment } from '../hosts/spawner.js';
import { judgeEnd } from '../hosts/worker-end.js';
import type { WorkerHandle } from '../hosts/worker-handle.js';
import { feelLull, type Lull } from '../policy/lull.js';
import { decide, surplusOf } from '../policy/policy.js';
import { isProven } from '../policy/setbacks.js';
import type { WorkerView } from '../policy/view.js';
import { monotonicMs as clock } from '../scoreboard/scoreboard.js';
import type { Totals } from '../scoreboard/totals.js';
import type { WorkerStatus } from '../status.js';
import { BackOff } from './back-off.js';
import type { Edition } from './edition.js';
import { Executor } from './executor.js';
import { type Deployment, Generations } from './generations.js';
import { Steering } from './kernel-steering.js';
import { type Member, Members } from './members.js';
import type { PoolOptions, Sockets } from './pool-options.js';
import { Rounds } from './rounds.js';
import { Waiters } from './waiters.js';

export class Pool {
  readonly #options: PoolOptions;
  readonly #members: Members;
  readonly #generations: Generations;
  readonly #waiters: Waiters;
  readonly #backOff = new BackOff(clock);
  readonly #steering: Steering;
  readonly #executor: Executor;
  #config: ResolvedConfig;
  #slots: number;
  #mode: 'running' | 'draining' | 'killing' = 'running';
  #changedAt = clock();
  #isHeldBack: boolean;
  #lull: Lull | undefined;
  #isUp = false;
  #isReplaced = false;
  readonly #rounds = new Rounds({ round: () => this.#round(), onTime: () => this.#onTime() });

  constructor(options: PoolOptions) {
    const { config, slots, edition, listeners, scoreboard, log, news } = options;
    this.#options = options;
    this.#config = config;
    this.#slots = slots;
    this.#isHeldBack = options.isHeldBack;
    this.#members = new Members(scoreboard);
    this.#steering = new Steering({ listeners, slots, scoreboard, log, onRush: () => this.check() });
    this.#generations = new Generations(edition, () => this.check());
    this.#waiters = new Waiters({ nextId: () => this.#executor.nextId, onWait: () => this.check() });
    this.#executor = new Executor({
      members: this.#members,
      generations: this.#generations,
      backOff: this.#backOff,
      news,
      accessLog: options.accessLog,
      clock,
      steer: () => this.#steer(),
      onGiveUp: options.onGiveUp,
      waiters: this.#waiters,
      workerEvents: {
        onReady: (worker) => this.#becameReady(worker),
        onDraining: (worker) => {
          news.leaving(worker);
          this.#changed();
        },
        onEnd: (worker, end) => this.#ended(this.#members.get(worker.place.workerId)!, end),
      },
    });
  }

  get readyCount(): number {
    return this.#members.serving.length;
  }

  /** The lower bound of workers has been ready once. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** The lower bound of workers is ready, and has lived for a while. */
  get isProven(): boolean {
    const now = clock();
    const proven = this.#members.serving.filter(({ worker }) => isProven(worker.life, now));
    return proven.length >= this.#config.minServers;
  }

  /** What the workers of now are made from. */
  get edition(): Edition {
    return this.#generations.current;
  }

  get totals(): Totals {
    return this.#members.totals;
  }

  get statuses(): WorkerStatus[] {
    return this.#members.all.map((member) => this.#executor.status(member));
  }

  /**
   * Workers finish what they have begun, and end.
   * @param isReplaced another manager's workers go on, and get what arrives
   */
  drain(isReplaced = false): void {
    if (this.#mode !== 'running') return;
    this.#isReplaced = isReplaced;
    if (isReplaced) this.#steering.leave();
    this.#stop('draining');
  }

  /** Workers end now. */
  kill(): void {
    this.#stop('killing');
  }

  /** Ends what workers were made from. */
  async end(): Promise<void> {
    this.#steering.close();
    await this.#generations.end();
  }

  /** Every worker with the options in force, and every one that comes, uses this from now on. */
  updateTls(state: TlsState): void {
    this.#generations.updateTls(state);
    const users = this.#members.all.filter(({ edition }) => this.#generations.isInForce(edition));
    for (const { worker } of users) worker.updateTls(state);
  }

  /** Bounds, limits and times count from now on. */
  reconfigure(config: ResolvedConfig): void {
    this.#config = config;
    this.check();
  }

  /** Workers that are made from now on get this. Those that there are stay as they are: see restart(). */
  equip({ equipment, ...sockets }: Sockets & { readonly equipment: Equipment }): void {
    this.#generations.equip(equipment);
    this.steerBy(sockets);
  }

  /** What arrives at these sockets goes to the workers that serve. */
  steerBy({ listeners, slots }: Sockets): void {
    this.#slots = slots;
    this.#steering.use(listeners, slots);
    this.#steer();
  }

  /** Somebody else may have said where new connections go, or it is only now for these workers to get them. */
  steerAgain(): void {
    this.#isHeldBack = false;
    this.#steer(true);
  }

  /**
   * Replaces every worker, step by step. Resolves when that is done.
   * @throws ERR_PRONGHORN_RESTART_WORKERS when a new one does not start; those that were not replaced by then stay.
   * ERR_PRONGHORN_SERVER_STOPPING
   */
  restart(): Promise<void> {
    this.#members.outdateBefore(this.#executor.nextId);
    return this.#waiters.replaced();
  }

  /**
   * Resolves when as many workers are ready as there have to be.
   * @param failure what it is called when a new one does not start
   * @throws that, ERR_PRONGHORN_SERVER_STOPPING
   */
  grown(failure: (reason: string) => PronghornError): Promise<void> {
    return this.#waiters.ready(() => this.#config.minServers, failure);
  }

  /**
   * Replaces every worker by those of another edition, step by step. Resolves when that is done.
   * @throws the deployment's failure when they are no good and the old ones stay, ERR_PRONGHORN_SERVER_STOPPING
   */
  deploy(deployment: Deployment): Promise<void> {
    const { generation: from } = this.edition;
    const done = this.#generations.begin(deployment);
    if (this.#generations.isNewCode) this.#options.news.deploying(from, deployment.edition.generation);
    this.check();
    return done;
  }

  check(): void {
    this.#rounds.ask();
  }

  /** @returns milliseconds until it is to look again at the latest */
  #round(): number | undefined {
    const now = clock();
    const workers = this.#look(now);
    const { againAt = Number.POSITIVE_INFINITY, actions } = this.#decide(workers, now);
    const isRunning = this.#mode === 'running';
    const orders = { config: this.#config, isRunning, isReplaced: isRunning || this.#isReplaced };
    for (const action of actions) this.#executor.carryOut(action, orders);
    if (this.#mode === 'running') this.#options.news.scaled(workers, this.#members.placeCount, actions);
    if (this.#members.size > 0 || this.#mode === 'running') return Math.min(againAt - now, this.#lookMs);
    setImmediate(this.#options.onEmpty);
    return undefined;
  }

  /** Between two looks, when nothing happens: often enough to see a worker that hangs in time. */
  get #lookMs(): number {
    const { checkIntervalMs, activityTimeoutMs } = this.#config;
    return activityTimeoutMs === 0 ? checkIntervalMs : Math.min(checkIntervalMs, activityTimeoutMs / 4);
  }

  #stop(mode: 'draining' | 'killing'): void {
    this.#mode = mode;
    this.#options.news.isQuiet = true;
    this.#generations.retire();
    this.#waiters.abandon();
    this.check();
  }

  #onTime(): void {
    this.#options.onCheck(this.#members.requests);
    this.#options.news.looked(() => this.#members.takeAlive().map((member) => this.#executor.status(member)));
  }

  #look(now: number): WorkerView[] {
    const views = () => this.#members.views(this.#config, now, this.#lookMs, this.edition);
    const workers = views();
    this.#backOff.look(workers, now);
    if (this.#mode !== 'running') return workers;
    const lost = this.#generations.lost(this.#config, now);
    if (lost !== undefined && this.#executor.giveBack(this.edition, lost, true)) return views();
    this.#waiters.look(workers);
    const news = this.#generations.judge(workers, this.#config, now);
    if (news) this.#steer();
    if (news === 'deployed' && this.#generations.isNewCode) {
      this.#options.news.deployed(this.edition.generation);
    }
    return workers;
  }

  #decide(workers: readonly WorkerView[], now: number) {
    const view = {
      mode: this.#mode,
      workers,
      changedAt: Math.max(this.#changedAt, this.#executor.changedAt),
      setbacks: this.#backOff.setbacks,
      canSpawn: this.#generations.canSpawn,
      slots: this.#slots,
      queued: this.#steering.queued,
      rushDemand: this.#steering.rushDemand,
      isTrusted: this.#generations.isTrusted,
    };
    this.#lull = feelLull(this.#lull, surplusOf(view, this.#config, now), now, view.changedAt);
    return decide({ ...view, lull: this.#lull }, this.#config, now);
  }

  #becameReady(worker: WorkerHandle): void {
    this.#backOff.becameReady();
    this.#options.news.ready(worker, this.#executor.status(this.#members.get(worker.place.workerId)!));
    if (!this.#isUp && this.readyCount >= this.#config.minServers) {
      this.#isUp = true;
      this.#options.news.isQuiet = false;
      this.#options.onUp();
    }
    this.#changed();
  }

  #ended(member: Member, end: ProcessEnd): void {
    const { worker } = member;
    const status = this.#executor.status(member);
    const facts = this.#members.facts(member, clock(), end.peakMemory);
    this.#members.remove(worker.place.workerId, worker.place.slot);
    const verdict = judgeEnd(worker, end, this.#mode !== 'running');
    const { reason, cause } = verdict;
    const isFault = cause === 'itself' && this.#mode === 'running';
    const isStart = worker.life.readyAt === undefined;
    const isGivenUp = isFault && this.#executor.giveBack(member.edition, reason, isStart);
    if (cause && !isGivenUp) this.#backOff.died(worker.life, cause, reason);
    const how = { code: end.code, signal: end.signal, reason, isWanted: cause === undefined };
    const retryInMs = cause === undefined ? undefined : this.#backOff.retryInMs;
    this.#options.news.ended(worker, status, verdict, how, { retryInMs, facts });
    this.#changed();
  }

  /** The set of serving workers is another one now. */
  #changed(): void {
    this.#changedAt = clock();
    this.#steer();
    this.check();
  }

  #steer(isForced = false): void {
    if (this.#isHeldBack) return;
    const trusted = this.#members.serving.filter(({ edition }) => !this.#generations.isOnTrial(edition));
    const workers = trusted.map(({ worker }) => worker);
    this.#steering.steer(workers, isForced);
  }
}
