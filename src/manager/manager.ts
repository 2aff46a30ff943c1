// The manager of one server, from the first look at its options to the end of its last child: decides how workers are
// made, opens the listeners, keeps the pool, stops. Never loads the application when the command line started it, never
// serves a request, never blocks, and leaves nothing running, whichever way it ends.
import type { Identity } from '../channel/announcement.js';
import type { Config, OptionName, ResolvedConfig } from '../config/options.js';
import { validateConfig } from '../config/validate.js';
import type { Progress } from '../control/protocol.js';
import { PronghornError, reasonOf } from '../errors.js';
import type { ManagerEvents } from '../events.js';
import { Booter, wantedMethod } from '../hosts/booter.js';
import { Orphans } from '../hosts/orphans.js';
import { Reaper } from '../hosts/reaper.js';
import { Activation } from '../listener/activation.js';
import { parseAddress } from '../listener/address.js';
import { createLog, type Log, record } from '../log.js';
import { AccessLogFile } from '../pool/access-log.js';
import type { Edition } from '../pool/edition.js';
import { editionMaker, type MakeEdition } from '../pool/edition-maker.js';
import type { Count } from '../pool/members.js';
import { News } from '../pool/news.js';
import { Pool } from '../pool/pool.js';
import type { ServerStatus } from '../status.js';
import { Changes, type Running } from './changes.js';
import { mergedSources, type Sources, wantedBy } from './configuration.js';
import { Controls, type Origin, originOf } from './controls.js';
import { EquipmentStore } from './equipment-store.js';
import { applyUmask, identityOf, refuseLateIdentity } from './identity.js';
import { inheritedLive } from './live-options.js';
import type { ManagerOptions } from './manager-options.js';
import { OWN_COMMAND } from './own-command.js';
import { Predecessor } from './predecessor.js';
import { servicePlace } from './service.js';
import { onSignals } from './signals.js';
import { type Known, progressOf, statusOf } from './status.js';
import { Succession } from './succession.js';

const DEFAULT_BOOT_TIMEOUT_S = 30;

export class Manager {
  readonly #options: ManagerOptions;
  readonly #reaper = new Reaper();
  readonly #orphans = new Orphans();
  /** Before the first child, which is not to inherit the variables. */
  readonly #activation = Activation.fromEnvironment(process.env, process.pid);
  readonly #controls: Controls;
  readonly #succession: Succession;
  readonly #identity: Identity | undefined;
  readonly #log: Log;
  readonly #news: News;
  readonly #booter: Booter;
  readonly #makeEdition: MakeEdition;
  #sources: Sources;
  #store: EquipmentStore | undefined;
  #running: Running | undefined;
  #changes: Changes | undefined;
  #accessLog: AccessLogFile | undefined;
  #isStopping = false;
  #delay: NodeJS.Timeout | undefined;
  #error: PronghornError | undefined;

  constructor(options: ManagerOptions) {
    const { program, appConfig: app = {}, config: start, file = {} } = options;
    this.#options = options;
    const predecessor = Predecessor.fromEnvironment(process.env);
    this.#sources = { app, file, start, live: inheritedLive(predecessor?.handover.live) };
    const known = mergedSources(this.#sources);
    const { logLevel, bootTimeout = DEFAULT_BOOT_TIMEOUT_S } = known;
    applyUmask(known);
    this.#identity = identityOf(known);
    this.#log = createLog(logLevel);
    this.#news = new News(this.#log, options.isHeard, (name, ...args) => this.#tell(name, args));
    this.#controls = new Controls(this, this.#log);
    const service = servicePlace(process.env, process.pid);
    this.#succession = new Succession(predecessor, service, this.#controls, this.#log);
    this.#booter = new Booter(
      { ...program, bootTimeoutMs: bootTimeout * 1000, identity: this.#identity },
      this.#reaper,
      this.#log,
      ({ config = {} }) => wantedBy({ ...(this.#running?.sources ?? this.#sources), app: config }).config,
    );
    this.#makeEdition = editionMaker(this.#booter, predecessor?.handover.generation ?? 0, this.#log);
  }

  /** Resolves when the server has stopped and every child is gone; rejects, with every child gone, when it failed. */
  async run(): Promise<void> {
    const releaseSignals = onSignals({
      stop: (reason) => this.stop(reason),
      stopAtOnce: (reason) => this.stopAtOnce(reason),
      reload: () => this.#controls.attempt('reload', () => this.reload()),
      upgrade: () => this.#controls.attempt('upgrade', () => this.upgrade()),
      reopen: () => this.#accessLog?.reopen(),
      shift: (by) => this.#controls.attempt('scale', () => this.#change('scale').shift(by)),
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
    record(this.#log, 'server.stopped', {});
  }

  /** Asks for a graceful stop; run() tells when it is done. */
  stop(reason: string): void {
    if (this.#isStopping) return;
    record(this.#log, 'server.stopping', { reason });
    this.#finish(true);
    const delayMs = this.#running?.config.shutdownDelayMs ?? 0;
    if (delayMs > 0) this.#delay = setTimeout(() => this.#drain(), delayMs);
    else this.#drain();
  }

  /** New code, step by step. @throws see Changes */
  async reload(): Promise<void> {
    await this.#succession.service.reloading(() => this.#change('reload').reload());
  }

  /**
   * A new manager, of the Node and the package that are installed now, by the same command or another one. Resolves when
   * it took over. @throws see Changes
   */
  async upgrade(command = OWN_COMMAND): Promise<void> {
    await this.#succession.service.reloading(() => this.#change('upgrade').upgrade(command));
    this.#finish(true);
    this.#drain();
  }

  /** The same code in new processes, step by step. @throws see Changes */
  async restartWorkers(): Promise<void> {
    await this.#change('restartWorkers').restart();
  }

  /** @throws ERR_PRONGHORN_CONFIG_*, and see Changes */
  async reconfigure(config: Config): Promise<readonly OptionName[]> {
    return this.#change('reconfigure').reconfigure(structuredClone(validateConfig(config)));
  }

  get status(): ServerStatus {
    return statusOf(this.#known, this.#news, this.#isStopping);
  }

  /** How far a change is. */
  get progress(): Progress {
    return progressOf(this.#known);
  }

  /** The application, as messages name it. */
  get origin(): Origin {
    return originOf(this.#options);
  }

  get #known(): Known {
    return { ...this.#running, changes: this.#changes };
  }

  #drain(): void {
    this.#delay = undefined;
    if (this.#running) this.#running.pool.drain(this.#succession.goesOnElsewhere);
    else this.#booter.kill();
  }

  /** What is under way is cut off. */
  stopAtOnce(reason: string): void {
    record(this.#log, 'server.stopping-at-once', { reason });
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
    if (!this.#isStopping) this.#tell('finish', [isGraceful]);
    this.#isStopping = true;
    this.#succession.stopping();
    this.#changes?.stop();
  }

  #tell<Name extends keyof ManagerEvents>(name: Name, args: ManagerEvents[Name]): void {
    if (name === 'ready') this.#succession.predecessor?.advanced(this.progress);
    this.#options.emit(name, ...args);
  }

  #change(method: string): Changes {
    if (this.#changes) return this.#changes;
    throw new PronghornError('ERR_PRONGHORN_SERVER_NOT_RUNNING', { method });
  }

  async #serve(): Promise<void> {
    const { appConfig, onStart } = this.#options;
    // What is wrong with the places to listen is said before anything is started.
    for (const location of [this.#options.config.listen ?? []].flat()) parseAddress(location);
    // What cannot be is known before anything is loaded: a thread would be loaded as root.
    if (this.#identity) wantedBy(this.#sources);
    if (appConfig) {
      await this.#open();
      await onStart();
    }
    const boot = await this.#booter.boot(wantedMethod(mergedSources(this.#sources)));
    if (!appConfig) {
      this.#sources = { ...this.#sources, app: boot.loaded.config ?? {} };
      refuseLateIdentity(boot.loaded.config ?? {}, mergedSources(this.#sources), this.#identity);
      await this.#open();
      await onStart();
    }
    const { config } = wantedBy(this.#sources);
    this.#succession.openAdmin(this.#store!, config, () => this.status);
    const agreed = await this.#booter.agreed(boot, wantedMethod(config));
    const edition = this.#makeEdition(agreed, this.#store!.equipment);
    this.#booter.handOver();
    await this.#keepPool(config, edition);
  }

  async #open(): Promise<void> {
    const wanted = wantedBy(this.#sources);
    this.#log.level = wanted.config.logLevel;
    applyUmask(wanted.config);
    this.#accessLog = AccessLogFile.open(wanted.config.accessLog, this.#log);
    await this.#succession.open(wanted.config, this.#options.usualPlace);
    this.#store = await EquipmentStore.open(wanted, {
      activation: this.#activation,
      identity: this.#identity,
      predecessor: this.#succession.predecessor,
      log: this.#log,
    });
  }

  async #keepPool(config: ResolvedConfig, edition: Edition): Promise<void> {
    const store = this.#store!;
    let onEmpty = (): void => {};
    const isEmpty = new Promise<void>((resolve) => {
      onEmpty = resolve;
    });
    const pool: Pool = new Pool({
      config,
      slots: store.slots,
      edition,
      listeners: store.listeners,
      scoreboard: store.scoreboard,
      log: this.#log,
      news: this.#news,
      accessLog: this.#accessLog,
      isHeldBack: this.#succession.predecessor?.isGone === false,
      onUp: () => {
        this.#news.up(store.listeners.addresses, pool.readyCount, pool.edition.spawner.method);
        this.#succession.up(store.listeners);
      },
      onEmpty: () => onEmpty(),
      onGiveUp: (error) => {
        this.#error = error;
        this.#succession.predecessor?.refuse(reasonOf(error));
        pool.kill();
      },
      onCheck: (requests) => this.#look(pool, requests),
    });
    this.#running = {
      configFile: this.#options.configFile,
      sources: this.#sources,
      config,
      booter: this.#booter,
      store,
      pool,
      succession: this.#succession,
      makeEdition: this.#makeEdition,
      emit: (name, ...args) => this.#tell(name, args),
      log: this.#log,
    };
    this.#changes = new Changes(this.#running);
    store.onTlsChange = (state) => pool.updateTls(state);
    if (this.#isStopping) pool.drain();
    else pool.check();
    await isEmpty;
  }

  #look(pool: Pool, requests: readonly Count[]): void {
    this.#controls.look(requests);
    if (!this.#isStopping) this.#succession.look(pool, this.#store!, () => this.progress);
    // Process 1 of a container inherits what others leave behind, whether it forks or not.
    if (this.#booter.isSubreaper || process.pid === 1)
      this.#orphans.sweep((pid) => this.#reaper.isWatched(pid));
  }

  async #cleanUp(): Promise<void> {
    await this.#booter.end();
    await this.#running?.pool.end();
    this.#reaper.stop();
    await this.#succession.close(this.#store, this.#error);
  }
}
