// The manager of one server, from the first look at its options to the end of its last child: decides how workers are
// made, opens the listeners, keeps the pool, stops. Never loads the application when the command line started it, never
// serves a request, never blocks, and leaves nothing running, whichever way it ends.
import type { Config, OptionName, ResolvedConfig } from '../config/options.js';
import { mergeConfigs } from '../config/resolve.js';
import { validateConfig } from '../config/validate.js';
import { PronghornError, reasonOf } from '../errors.js';
import { Activation } from '../listener/activation.js';
import { parseAddress, printAddress } from '../listener/address.js';
import { createLog, type Log } from '../log.js';
import { type Boot, Booter, wantedMethod } from './booter.js';
import { Changes, type Running } from './changes.js';
import { mergedSources, type Sources, wantedBy } from './configuration.js';
import { EquipmentStore } from './equipment-store.js';
import type { Emit, ServerStatus } from './events.js';
import { ForkSpawner } from './fork-spawner.js';
import type { HostProgram } from './host-program.js';
import { HostSpawner } from './host-spawner.js';
import { News } from './news.js';
import { Orphans } from './orphans.js';
import { Pool } from './pool.js';
import { Predecessor } from './predecessor.js';
import { Reaper } from './reaper.js';
import { onSignals } from './signals.js';
import type { Equipment, Spawner } from './spawner.js';
import { statusOf } from './status.js';
import { Succession } from './succession.js';

export interface ManagerOptions {
  readonly program: Omit<HostProgram, 'bootTimeoutMs'>;
  /** What the application passed to createServer(); undefined: only its process will tell. */
  readonly appConfig: Config | undefined;
  /** What stands above it: environment, command line. */
  readonly config: Config;
  /** Called when every socket is bound, before any worker exists. */
  readonly onStart: () => unknown;
  readonly emit: Emit;
}

const DEFAULT_BOOT_TIMEOUT_S = 30;

export class Manager {
  readonly #options: ManagerOptions;
  readonly #reaper = new Reaper();
  readonly #orphans = new Orphans();
  /** Before the first child, which is not to inherit the variables. */
  readonly #activation = Activation.fromEnvironment(process.env, process.pid);
  readonly #succession: Succession;
  readonly #log: Log;
  readonly #news: News;
  readonly #booter: Booter;
  #sources: Sources;
  #store: EquipmentStore | undefined;
  #running: Running | undefined;
  #changes: Changes | undefined;
  #generation: number;
  #isStopping = false;
  #delay: NodeJS.Timeout | undefined;
  #error: PronghornError | undefined;

  constructor(options: ManagerOptions) {
    const { program, appConfig: app = {}, config: start, emit } = options;
    this.#options = options;
    this.#sources = { app, start, live: {} };
    const { logLevel, bootTimeout = DEFAULT_BOOT_TIMEOUT_S } = mergeConfigs(app, start);
    this.#log = createLog(logLevel);
    this.#news = new News(this.#log, emit);
    const predecessor = Predecessor.fromEnvironment(process.env);
    this.#succession = new Succession(predecessor, this.#log);
    this.#generation = predecessor?.handover.generation ?? 0;
    const bootTimeoutMs = bootTimeout * 1000;
    this.#booter = new Booter({ ...program, bootTimeoutMs }, this.#reaper, this.#log);
  }

  /** Resolves when the server has stopped and every child is gone; rejects, with every child gone, when it failed. */
  async run(): Promise<void> {
    const releaseSignals = onSignals({
      stop: () => this.stop(),
      stopAtOnce: () => this.#stopAtOnce(),
      reload: () => this.#attempt('reload', () => this.reload()),
      upgrade: () => this.#attempt('upgrade', () => this.upgrade()),
      restart: () => this.#attempt('restart', () => this.restartWorkers()),
      shift: (by) => this.#attempt('scale', () => this.#change('scale').shift(by)),
      log: this.#log,
    });
    this.#reaper.start();
    try {
      await this.#serve();
    } catch (error) {
      // What fails because it was stopped did not fail.
      if (!this.#isStopping) {
        this.#succession.predecessor?.refuse(reasonOf(error));
        throw error;
      }
    } finally {
      await this.#cleanUp();
      releaseSignals();
    }
    if (this.#error) throw this.#error;
    this.#log.info('stopped');
  }

  /** Asks for a graceful stop; run() tells when it is done. */
  stop(): void {
    if (this.#isStopping) return;
    this.#finish(true);
    const delayMs = this.#running?.config.shutdownDelayMs ?? 0;
    if (delayMs > 0) this.#delay = setTimeout(() => this.#drain(), delayMs);
    else this.#drain();
  }

  /** New code, step by step. @throws see Changes */
  async reload(): Promise<void> {
    await this.#change('reload').reload();
  }

  /** A new manager, of the Node and the package that are installed now. Resolves when it took over. @throws see Changes */
  async upgrade(): Promise<void> {
    await this.#change('upgrade').upgrade();
    this.#finish(true);
    this.#drain();
  }

  /** The same code in new processes, step by step. @throws see Changes */
  async restartWorkers(): Promise<void> {
    await this.#change('restartWorkers').restart();
  }

  /** @throws ERR_PRONGHORN_CONFIG_*, and see Changes */
  async reconfigure(config: Config): Promise<readonly OptionName[]> {
    const valid = structuredClone(validateConfig(config));
    return this.#change('reconfigure').reconfigure(valid);
  }

  get status(): ServerStatus {
    return statusOf({ ...this.#running, changes: this.#changes }, this.#news, this.#isStopping);
  }

  #drain(): void {
    this.#delay = undefined;
    if (this.#running) this.#running.pool.drain(this.#succession.isHandedOver);
    else this.#booter.kill();
  }

  #stopAtOnce(): void {
    if (this.#delay) {
      clearTimeout(this.#delay);
      this.#drain();
    } else {
      this.#finish(false);
      this.#booter.kill();
      this.#running?.pool.kill();
    }
  }

  #finish(isGraceful: boolean): void {
    if (!this.#isStopping) this.#options.emit('finish', isGraceful);
    this.#isStopping = true;
    this.#changes?.stop();
  }

  #change(method: string): Changes {
    if (this.#changes) return this.#changes;
    throw new PronghornError('ERR_PRONGHORN_SERVER_NOT_RUNNING', { method });
  }

  /** For a signal, whose sender hears nothing but the log. */
  async #attempt(what: string, change: () => Promise<unknown>): Promise<void> {
    try {
      await change();
    } catch (error) {
      if (!this.#isStopping)
        this.#log.error({ reason: reasonOf(error) }, `${what} failed, all goes on as it was`);
    }
  }

  async #serve(): Promise<void> {
    const { appConfig, onStart } = this.#options;
    // What is wrong with the places to listen is said before anything is started.
    for (const location of [this.#options.config.listen ?? []].flat()) parseAddress(location);
    if (appConfig) {
      await this.#open();
      await onStart();
    }
    const boot = await this.#booter.boot(wantedMethod(mergedSources(this.#sources)));
    if (!appConfig) {
      this.#sources = { ...this.#sources, app: boot.loaded.config ?? {} };
      await this.#open();
      await onStart();
    }
    const { config } = wantedBy(this.#sources);
    const agreed = await this.#booter.agreed(boot, wantedMethod(config));
    const spawner = this.#makeSpawner(agreed, this.#store!.equipment);
    this.#booter.handOver();
    await this.#keepPool(config, spawner);
  }

  async #open(): Promise<void> {
    const wanted = wantedBy(this.#sources);
    this.#log.level = wanted.config.logLevel;
    const { predecessor } = this.#succession;
    this.#succession.openPidFile(wanted.config);
    this.#store = await EquipmentStore.open(wanted, {
      activation: this.#activation,
      predecessor,
      log: this.#log,
    });
  }

  #makeSpawner({ host, method }: Boot, equipment: Equipment): Spawner {
    const { zygoteStart } = this.#booter;
    const nextGeneration = () => {
      this.#generation += 1;
      return this.#generation;
    };
    if (method === 'fork') {
      return new ForkSpawner(host, { start: zygoteStart, equipment, nextGeneration, log: this.#log });
    }
    const { program } = zygoteStart;
    return new HostSpawner({ method, program, equipment, generation: nextGeneration(), first: host });
  }

  async #keepPool(config: ResolvedConfig, spawner: Spawner): Promise<void> {
    const store = this.#store!;
    const log = this.#log;
    let onEmpty = (): void => {};
    const isEmpty = new Promise<void>((resolve) => {
      onEmpty = resolve;
    });
    const pool: Pool = new Pool({
      config,
      slots: store.slots,
      spawner,
      listeners: store.listeners,
      scoreboard: store.scoreboard,
      log,
      news: this.#news,
      isHeldBack: this.#succession.predecessor?.isGone === false,
      onUp: () => this.#sayUp(pool),
      onEmpty: () => onEmpty(),
      onGiveUp: (error) => {
        this.#error = error;
        this.#succession.predecessor?.refuse(reasonOf(error));
        pool.kill();
      },
      onCheck: () => this.#look(pool),
    });
    const makeSpawner = (boot: Boot, equipment: Equipment) => this.#makeSpawner(boot, equipment);
    const { emit } = this.#options;
    this.#running = {
      sources: this.#sources,
      config,
      booter: this.#booter,
      store,
      pool,
      succession: this.#succession,
      makeSpawner,
      emit,
      log,
    };
    this.#changes = new Changes(this.#running);
    store.onTlsChange = (state) => pool.updateTls(state);
    if (this.#isStopping) pool.drain();
    else pool.check();
    await isEmpty;
  }

  #sayUp(pool: Pool): void {
    const addresses = this.#store!.listeners.addresses.map(printAddress).join(', ');
    const count = pool.readyCount;
    const workers = `${count} worker${count === 1 ? '' : 's'}`;
    const { method } = pool.spawner;
    const how = method === 'thread' ? 'worker model thread' : `start method ${method}`;
    this.#log.info(`listening on ${addresses} (${workers}, ${how}, pid ${process.pid})`);
  }

  #look(pool: Pool): void {
    if (!this.#isStopping) this.#succession.look(pool, this.#store!);
    // Process 1 of a container inherits what others leave behind, whether it forks or not.
    if (this.#booter.isSubreaper || process.pid === 1)
      this.#orphans.sweep((pid) => this.#reaper.isWatched(pid));
  }

  async #cleanUp(): Promise<void> {
    await this.#booter.end();
    await this.#running?.pool.end();
    this.#reaper.stop();
    this.#succession.close(this.#store);
  }
}
