// Which of two managers is the one, while an upgrade goes on: the pid file names it, commands reach it by the control socket,
// the service manager hears of it, and what both have open goes with the last of them. Runs in the manager.
import { resolve } from 'node:path';
import { type AdminOptions, AdminServer } from '../admin/admin-server.js';
import type { Proven, ServicePlace } from '../channel/messages.js';
import type { ResolvedConfig } from '../config/options.js';
import { type Controlled, ControlServer } from '../control/control-server.js';
import { ControlSocket } from '../control/control-socket.js';
import { placeFor, type RuntimePlace } from '../control/place.js';
import type { Progress } from '../control/protocol.js';
import { reasonOf } from '../errors.js';
import { Listeners } from '../listener/listeners.js';
import { type Log, record } from '../log.js';
import type { Pool } from '../pool/pool.js';
import type { ServerStatus } from '../status.js';
import { Advertisement } from './advertisement.js';
import type { EquipmentStore } from './equipment-store.js';
import { PidFile } from './pid-file.js';
import type { Predecessor } from './predecessor.js';
import { makeFolder, removeFolder } from './runtime-folder.js';
import { Service } from './service.js';

/** Where pid file and control socket are if the options do not say. */
export interface UsualPlace {
  readonly folder: string;
  /** Without them there is no server. */
  readonly isNeeded: boolean;
}

export class Succession {
  readonly #predecessor: Predecessor | undefined;
  readonly #log: Log;
  readonly #controlled: Controlled;
  readonly #service: Service;
  /** To be removed at the end, being the server's own. */
  #folder: string | undefined;
  #pidFile: PidFile | undefined;
  #control: ControlSocket | undefined;
  #server: ControlServer | undefined;
  #adminOptions: AdminOptions | undefined;
  #admin: AdminServer | undefined;
  #advertisement: Advertisement | undefined;
  #isProvenSaid = false;
  #isHandedOver = false;

  /** @param service that the environment names; a manager that another one has started goes on with that one's */
  constructor(
    predecessor: Predecessor | undefined,
    service: ServicePlace | undefined,
    controlled: Controlled,
    log: Log,
  ) {
    const place = predecessor ? predecessor.handover.service : service;
    this.#service = new Service(place, predecessor !== undefined, log);
    this.#predecessor = predecessor;
    this.#controlled = controlled;
    this.#log = log;
  }

  get predecessor(): Predecessor | undefined {
    return this.#predecessor;
  }

  /** The word to the service manager. */
  get service(): Service {
    return this.#service;
  }

  get pidFile(): PidFile | undefined {
    return this.#pidFile;
  }

  get control(): ControlSocket | undefined {
    return this.#control;
  }

  /** Another manager's workers serve on the same sockets: the next one's, or those of the one before, which has not gone. */
  get goesOnElsewhere(): boolean {
    return this.#isHandedOver || this.#predecessor?.isGone === false;
  }

  /**
   * Pid file and control socket, where the options say, or in the usual place. Where nobody has asked for them, the server
   * runs without as well.
   * @throws ERR_PRONGHORN_PID_FILE, ERR_PRONGHORN_PID_FILE_IN_USE, ERR_PRONGHORN_RUNTIME_DIR, ERR_PRONGHORN_ADVERTISE
   */
  async open(config: ResolvedConfig, usual: UsualPlace | undefined): Promise<void> {
    this.#advertisement = await Advertisement.prepare(config.advertise, this.#log);
    const place = placeFor(config, usual?.folder);
    if (!place) return;
    if (config.runtimeDir === '') this.#folder = place.folder;
    const isAsked = config.pidFile !== '' || config.runtimeDir !== '' || usual?.isNeeded === true;
    try {
      this.#openPidFile(place);
      this.#openControl(place);
    } catch (error) {
      if (isAsked) throw error;
      record(this.#log, 'control.unreachable', { reason: reasonOf(error) });
    }
    if (!this.#predecessor || this.#predecessor.isGone) this.#serveControl();
  }

  /** @param options of the server, which may be on trial yet */
  openAdmin(store: EquipmentStore, { adminToken: token }: ResolvedConfig, status: () => ServerStatus): void {
    this.#adminOptions = { token, status, log: this.#log };
    if (!this.#predecessor || this.#predecessor.isGone) this.#serveAdmin(store);
  }

  /** The workers serve for the first time. */
  up(listeners: Listeners): void {
    this.#service.up();
    if (!this.#predecessor || this.#predecessor.isGone)
      this.#advertisement?.announce(listeners.addresses, false);
  }

  /** From the first word of a stop. */
  stopping(): void {
    this.#service.stopping();
    if (!this.#isHandedOver) void this.#advertisement?.withdraw();
  }

  /** Regularly: is the pid file there, and may the manager before this one go? */
  look(pool: Pool, store: EquipmentStore, progress: () => Progress): void {
    this.#keepPidFile();
    this.#service.look(progress);
    if (!this.#predecessor || this.#isProvenSaid || !pool.isProven) return;
    this.#isProvenSaid = true;
    const hasPidFile = this.#pidFile !== undefined && this.#pidFile === this.#predecessor.pidFile;
    const hasControl = this.#control !== undefined && this.#control === this.#predecessor.control;
    this.#predecessor.proven({ hasPidFile, hasControl }, () =>
      this.#takeOver(this.#predecessor!, pool, store),
    );
  }

  /**
   * To a new manager, which goes on with some of it.
   * @param pid of the new manager
   */
  handOver(pid: number | undefined, { hasPidFile, hasControl = false }: Proven): void {
    this.#isHandedOver = true;
    this.#service.handOver(pid);
    this.#server?.retire();
    this.#admin?.retire();
    this.#advertisement?.leave();
    if (!hasControl) this.#control?.remove();
    this.#control = undefined;
    if (hasPidFile) {
      // Here, and not only by the new one: this manager may be gone before that gets to it.
      this.#pidFile?.write(pid);
      this.#pidFile?.release();
    } else {
      this.#pidFile?.remove();
    }
    this.#pidFile = undefined;
  }

  /** At the end. @param error why it ends, if it was not asked to */
  async close(store: EquipmentStore | undefined, error?: unknown): Promise<void> {
    if (this.#isHandedOver) {
      store?.close(store.sockets);
    } else if (this.#predecessor && !this.#predecessor.isGone) {
      store?.close(new Listeners(this.#predecessor.places));
      if (this.#pidFile !== this.#predecessor.pidFile) this.#pidFile?.remove();
      if (this.#control !== this.#predecessor.control) this.#control?.remove();
    } else {
      store?.close();
      this.#control?.remove();
      this.#pidFile?.remove();
      if (this.#folder !== undefined) removeFolder(this.#folder);
    }
    this.#server?.close(error);
    this.#service.close();
    await this.#advertisement?.withdraw();
    await this.#admin?.end();
  }

  #openPidFile({ folder, pidFile: path }: RuntimePlace): void {
    const inherited = this.#predecessor?.pidFile;
    if (inherited?.path === resolve(path)) {
      this.#pidFile = inherited;
      return;
    }
    if (folder !== undefined) makeFolder(folder);
    this.#pidFile = PidFile.create(path);
  }

  /** A server that cannot be spoken to is better than none. */
  #openControl({ socket: path }: RuntimePlace): void {
    const inherited = this.#predecessor?.control;
    try {
      this.#control = inherited?.path === resolve(path) ? inherited : ControlSocket.create(path);
    } catch (error) {
      record(this.#log, 'control.signals-only', { reason: reasonOf(error) });
    }
  }

  #serveControl(): void {
    if (this.#control) this.#server = new ControlServer(this.#control.fd, this.#controlled);
  }

  #serveAdmin(store: EquipmentStore): void {
    if (this.#adminOptions) this.#admin ??= AdminServer.on(store.admin, this.#adminOptions);
  }

  #takeOver({ handover, pidFile }: Predecessor, pool: Pool, store: EquipmentStore): void {
    record(this.#log, 'upgrade.taken-over', { pid: handover.pid });
    if (this.#pidFile === pidFile) this.#pidFile?.write();
    else pidFile?.release();
    store.takeOver();
    this.#serveControl();
    this.#service.takeOver();
    this.#serveAdmin(store);
    this.#advertisement?.announce(store.listeners.addresses, true);
    pool.steerAgain();
  }

  /** Somebody may have removed it. */
  #keepPidFile(): void {
    if (!this.#pidFile || this.#pidFile.isThere) return;
    const { path } = this.#pidFile;
    this.#pidFile.release();
    this.#pidFile = undefined;
    try {
      this.#pidFile = PidFile.create(path);
    } catch (error) {
      record(this.#log, 'pid-file.lost', { reason: reasonOf(error) });
    }
  }
}
