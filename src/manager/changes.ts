// Changes of a server that runs: its options, its workers, its code. Each either happens whole or not at all; those that
// replace workers happen one after the other. Runs in the manager.
import type { Advanced } from '../channel/messages.js';
import type { Config, OptionName, ResolvedConfig } from '../config/options.js';
import { mergeConfigs } from '../config/resolve.js';
import type { Command } from '../control/protocol.js';
import { PronghornError } from '../errors.js';
import { type Log, record } from '../log.js';
import { shifted } from '../policy/scale.js';
import type { ChangeName } from '../status.js';
import { type Boot, type Booter, wantedMethod } from './booter.js';
import { differenceOf, type Sources, wantedBy } from './configuration.js';
import type { Change, EquipmentStore } from './equipment-store.js';
import type { Emit } from './events.js';
import type { Pool } from './pool.js';
import type { Equipment, Spawner } from './spawner.js';
import type { Succession } from './succession.js';
import { Successor } from './successor.js';

/** All that a change is about. */
export interface Running {
  sources: Sources;
  config: ResolvedConfig;
  readonly booter: Booter;
  readonly store: EquipmentStore;
  readonly pool: Pool;
  readonly succession: Succession;
  /** The configuration file as it is now; undefined: there is none. */
  readonly readFile: (() => Promise<Config>) | undefined;
  readonly makeSpawner: (boot: Boot, equipment: Equipment) => Spawner;
  readonly emit: Emit;
  readonly log: Log;
}

export class Changes {
  readonly #running: Running;
  #last: Promise<unknown> = Promise.resolve();
  #waitingReload: Promise<void> | undefined;
  #successor: Successor | undefined;
  #isStopping = false;
  #current: ChangeName | undefined;

  constructor(running: Running) {
    this.#running = running;
  }

  /** What is under way. */
  get current(): ChangeName | undefined {
    return this.#current;
  }

  /** What has not begun does not begin any more. */
  stop(): void {
    this.#isStopping = true;
    this.#running.booter.kill();
    this.#successor?.kill();
  }

  /**
   * @returns names of the options that are others now
   * @throws ERR_PRONGHORN_CONFIG_FIXED, ERR_PRONGHORN_CONFIG_CONFLICT, ERR_PRONGHORN_LISTEN_*, ERR_PRONGHORN_TLS_*,
   * ERR_PRONGHORN_SERVER_STOPPING
   */
  async reconfigure(config: Config): Promise<readonly OptionName[]> {
    const { sources } = this.#running;
    const next = { ...sources, live: mergeConfigs(sources.live, config) };
    const { names, reachesEquipment } = differenceOf(this.#running.config, wantedBy(next).config);
    if (!reachesEquipment) {
      this.#adopt(next);
      this.#tell(names);
      return names;
    }
    return this.#inTurn('reconfigure', () => this.#reconfigure(config));
  }

  /** One worker more or less. */
  async shift(by: 1 | -1): Promise<void> {
    await this.reconfigure(shifted(this.#running.config, by));
  }

  /** @throws ERR_PRONGHORN_SERVER_STOPPING */
  restart(): Promise<void> {
    return this.#inTurn('restart', () => this.#running.pool.restart());
  }

  /**
   * Several that wait for their turn are one.
   * @throws what the application failed with, ERR_PRONGHORN_RELOAD_WORKERS, ERR_PRONGHORN_SERVER_STOPPING
   */
  reload(): Promise<void> {
    this.#waitingReload ??= this.#inTurn('reload', () => {
      this.#waitingReload = undefined;
      return this.#reload();
    });
    return this.#waitingReload;
  }

  /**
   * A new manager, started by this command, takes everything over.
   * @throws ERR_PRONGHORN_UPGRADE, ERR_PRONGHORN_SERVER_STOPPING
   */
  upgrade(command: Command): Promise<void> {
    return this.#inTurn('upgrade', () => this.#upgrade(command));
  }

  /** How far the new manager of an upgrade is. */
  get advanced(): Advanced | undefined {
    return this.#successor?.advanced;
  }

  #inTurn<Result>(name: ChangeName, change: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(async () => {
      if (this.#isStopping) throw new PronghornError('ERR_PRONGHORN_SERVER_STOPPING');
      this.#current = name;
      try {
        return await change();
      } finally {
        this.#current = undefined;
      }
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #reconfigure(config: Config): Promise<readonly OptionName[]> {
    const running = this.#running;
    const { sources, store, pool } = running;
    const next = { ...sources, live: mergeConfigs(sources.live, config) };
    const wanted = wantedBy(next);
    const { names, reachesWorkers } = differenceOf(running.config, wanted.config);
    const change = await store.prepare(wanted);
    const isMoreRoom = change.slots !== store.slots;
    const closeOld = change.commit();
    pool.equip(change);
    this.#adopt(next);
    this.#tell(names);
    if (reachesWorkers || isMoreRoom) await pool.restart();
    closeOld();
    return names;
  }

  async #reload(): Promise<void> {
    const { booter, config, makeSpawner, log } = this.#running;
    record(log, 'reload.started', {});
    const file = (await this.#running.readFile?.()) ?? {};
    const method = wantedMethod(config);
    const boot = await booter.agreed(await booter.boot(method), method);
    if (this.#isStopping) {
      await boot.host.end();
      throw new PronghornError('ERR_PRONGHORN_SERVER_STOPPING');
    }
    const sources = { ...this.#running.sources, file, app: boot.loaded.config ?? {} };
    const change = await this.#prepareFor(boot, sources);
    const spawner = makeSpawner(boot, change.equipment);
    booter.handOver();
    await this.#deploy(spawner, change, sources);
  }

  async #upgrade(command: Command): Promise<void> {
    const { store, pool, succession, config, log } = this.#running;
    const { pidFile, control } = succession;
    if (process.pid === 1) {
      throw new PronghornError('ERR_PRONGHORN_UPGRADE', {
        reason: 'process 1 of a container cannot be replaced',
      });
    }
    const { generation } = pool.spawner;
    const fds = [...(pidFile ? [pidFile.fd] : []), ...store.sockets.fds, ...(control ? [control.fd] : [])];
    const files = { pidFile: pidFile?.path, control: control?.handover, service: succession.service.place };
    const successor = new Successor({ ...store.handover, generation, ...files }, fds, command);
    this.#successor = successor;
    record(log, 'upgrade.started', { pid: successor.pid, timeoutMs: config.upgradeTimeoutMs });
    try {
      succession.handOver(successor.pid, await successor.proven(config.upgradeTimeoutMs));
    } catch (error) {
      pool.steerAgain();
      throw error;
    } finally {
      this.#successor = undefined;
    }
    successor.takeOver();
    record(log, 'upgrade.done', { pid: successor.pid });
  }

  /** The new code, and the file, may bring other options. */
  async #prepareFor({ host }: Boot, sources: Sources): Promise<Change> {
    const { config, store } = this.#running;
    try {
      const wanted = wantedBy(sources);
      differenceOf(config, wanted.config);
      return await store.prepare(wanted);
    } catch (error) {
      await host.end();
      throw error;
    }
  }

  async #deploy(spawner: Spawner, change: Change, sources: Sources): Promise<void> {
    const { pool, store } = this.#running;
    const before = { slots: store.slots, listeners: store.listeners };
    pool.steerBy(change);
    try {
      await pool.deploy(spawner);
    } catch (error) {
      pool.steerBy(before);
      change.abandon();
      throw error;
    }
    const closeOld = change.commit();
    const { names } = differenceOf(this.#running.config, wantedBy(sources).config);
    this.#adopt(sources);
    if (names.length > 0) this.#tell(names);
    closeOld();
  }

  #adopt(sources: Sources): void {
    const { config } = wantedBy(sources);
    Object.assign(this.#running, { sources, config });
    this.#running.log.level = config.logLevel;
    this.#running.pool.reconfigure(config);
  }

  #tell(names: readonly OptionName[]): void {
    if (names.length === 0) return;
    record(this.#running.log, 'options.changed', { options: names });
    this.#running.emit('reconfigure', names);
  }
}
