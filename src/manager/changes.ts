// Changes of a server that runs: its options, its workers, its code. Each either happens whole or not at all; those that
// replace workers happen one after the other. Runs in the manager.
import type { Advanced } from '../channel/messages.js';
import type { Config, OptionName, ResolvedConfig } from '../config/options.js';
import type { Command } from '../control/protocol.js';
import { PronghornError } from '../errors.js';
import type { Emit } from '../events.js';
import { type Boot, type Booter, wantedMethod } from '../hosts/booter.js';
import { type Log, record } from '../log.js';
import { shifted } from '../policy/scale.js';
import { Edition } from '../pool/edition.js';
import type { MakeEdition } from '../pool/edition-maker.js';
import type { Pool } from '../pool/pool.js';
import type { ChangeName } from '../status.js';
import { differenceOf, ownConfig, type Sources, wantedBy } from './configuration.js';
import type { Change, EquipmentStore } from './equipment-store.js';
import { type LiveOptions, stillLive, withLive, withoutLive } from './live-options.js';
import type { ConfigFile } from './manager-options.js';
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
  readonly configFile: ConfigFile | undefined;
  readonly makeEdition: MakeEdition;
  readonly emit: Emit;
  readonly log: Log;
}

/** Other options for all, and the way back; others may change in the meantime. */
interface Course {
  readonly to: (sources: Sources) => Sources;
  readonly back: (sources: Sources) => Sources;
  readonly failure: (reason: string) => PronghornError;
}

function plus(sources: Sources, config: Config): Sources {
  return { ...sources, live: withLive(sources.live, config, ownConfig(sources)) };
}

function minus(sources: Sources, config: Config, before: LiveOptions): Sources {
  return { ...sources, live: withoutLive(sources.live, config, before) };
}

export class Changes {
  readonly #running: Running;
  /** What takes back the options that workers are being started for, newest first. */
  #growing: (() => void)[] = [];
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
   * ERR_PRONGHORN_RECONFIGURE_WORKERS, ERR_PRONGHORN_SERVER_STOPPING
   */
  async reconfigure(config: Config): Promise<readonly OptionName[]> {
    const wanted = wantedBy(plus(this.#running.sources, config));
    const { names, reachesEquipment } = differenceOf(this.#running.config, wanted.config);
    if (reachesEquipment) return this.#inTurn('reconfigure', () => this.#reconfigure(config));
    await this.#adoptLive(config, names);
    return names;
  }

  /** One worker more or less. */
  async shift(by: 1 | -1): Promise<void> {
    await this.reconfigure(shifted(this.#running.config, by));
  }

  /** @throws ERR_PRONGHORN_RESTART_WORKERS, ERR_PRONGHORN_SERVER_STOPPING */
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
    const { sources, store, pool, config: before } = this.#running;
    const wanted = wantedBy(plus(sources, config));
    const { names, reachesWorkers } = differenceOf(before, wanted.config);
    const change = await store.prepare(wanted);
    if (reachesWorkers || change.slots !== store.slots) {
      const edition = new Edition(pool.edition.spawner, change.equipment);
      const { live } = sources;
      await this.#deploy(edition, change, {
        to: (now) => plus(now, config),
        back: (now) => minus(now, config, live),
        failure: (reason) => new PronghornError('ERR_PRONGHORN_RECONFIGURE_WORKERS', { names, reason }),
      });
    } else {
      const closeOld = change.commit();
      pool.equip(change);
      closeOld();
      await this.#adoptLive(config, names);
    }
    return names;
  }

  /** Counts at once; taken back if a worker that it asks for does not start. */
  async #adoptLive(config: Config, names: readonly OptionName[]): Promise<void> {
    const { pool, sources, config: before } = this.#running;
    const { live } = sources;
    this.#adopt(plus(sources, config));
    this.#tell(names);
    if (this.#running.config.minServers <= before.minServers) return;
    const takeBack = () => this.#takeBack((now) => minus(now, config, live));
    this.#growing.unshift(takeBack);
    try {
      await pool.grown((reason) => {
        // Several that wait fail together: the last one first, so that what was before the first one comes back.
        for (const back of this.#growing.splice(0)) back();
        return new PronghornError('ERR_PRONGHORN_RECONFIGURE_WORKERS', { names, reason });
      });
    } finally {
      this.#growing = this.#growing.filter((other) => other !== takeBack);
    }
  }

  async #reload(): Promise<void> {
    const { booter, config, makeEdition, log } = this.#running;
    record(log, 'reload.started', {});
    const file = (await this.#running.configFile?.read()) ?? {};
    const method = wantedMethod(config);
    const boot = await booter.agreed(await booter.boot(method), method);
    if (this.#isStopping) {
      await boot.host.end();
      throw new PronghornError('ERR_PRONGHORN_SERVER_STOPPING');
    }
    const { sources } = this.#running;
    const app = boot.loaded.config ?? {};
    const change = await this.#prepareFor(boot, { ...sources, file, app });
    const edition = makeEdition(boot, change.equipment);
    const { generation } = edition;
    booter.handOver();
    await this.#deploy(edition, change, {
      to: (now) => ({ ...now, file, app }),
      back: (now) => ({ ...now, file: sources.file, app: sources.app }),
      failure: (reason) => new PronghornError('ERR_PRONGHORN_RELOAD_WORKERS', { generation, reason }),
    });
  }

  async #upgrade(command: Command): Promise<void> {
    const { store, pool, succession, config, log, sources } = this.#running;
    const { pidFile, control } = succession;
    if (process.pid === 1) {
      throw new PronghornError('ERR_PRONGHORN_UPGRADE', {
        reason: 'process 1 of a container cannot be replaced',
      });
    }
    const { generation } = pool.edition;
    const fds = [...(pidFile ? [pidFile.fd] : []), ...store.sockets.fds, ...(control ? [control.fd] : [])];
    const files = { pidFile: pidFile?.path, control: control?.handover, service: succession.service.place };
    const successor = new Successor(
      { ...store.handover, generation, live: sources.live, ...files },
      fds,
      command,
    );
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

  /** Other options may come with it, which the pool has as soon as a worker has proved itself. */
  async #deploy(edition: Edition, change: Change, { to, back, failure }: Course): Promise<void> {
    const { pool, store, config } = this.#running;
    if (this.#isStopping) {
      change.abandon();
      throw new PronghornError('ERR_PRONGHORN_SERVER_STOPPING');
    }
    const before = { slots: store.slots, listeners: store.listeners };
    let isAdopted = false;
    const onTrusted = () => {
      this.#adopt(to(this.#running.sources));
      isAdopted = true;
    };
    const onFailure = (reason: string) => {
      pool.steerBy(before);
      if (isAdopted) this.#takeBack(back);
      return failure(reason);
    };
    pool.steerBy(change);
    try {
      await pool.deploy({ edition, onTrusted, onFailure });
    } catch (error) {
      change.abandon();
      throw error;
    }
    const closeOld = change.commit();
    this.#tell(differenceOf(config, this.#running.config).names);
    closeOld();
  }

  #takeBack(back: Course['back']): void {
    this.#adopt(back(this.#running.sources));
  }

  #adopt(sources: Sources): void {
    const { config } = wantedBy(sources);
    const live = stillLive(sources.live, ownConfig(sources));
    Object.assign(this.#running, { sources: { ...sources, live }, config });
    this.#running.log.level = config.logLevel;
    this.#running.pool.reconfigure(config);
  }

  #tell(names: readonly OptionName[]): void {
    if (names.length === 0) return;
    record(this.#running.log, 'options.changed', { options: names });
    this.#running.emit('reconfigure', names);
  }
}
