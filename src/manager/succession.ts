// Which of two managers is the one, while an upgrade goes on: the pid file names it, and what both have open goes with
// the last of them. Runs in the manager.
import { resolve } from 'node:path';
import type { ResolvedConfig } from '../config/options.js';
import { reasonOf } from '../errors.js';
import { Listeners } from '../listener/listeners.js';
import type { Log } from '../log.js';
import type { EquipmentStore } from './equipment-store.js';
import { PidFile } from './pid-file.js';
import type { Pool } from './pool.js';
import type { Predecessor } from './predecessor.js';

export class Succession {
  readonly #predecessor: Predecessor | undefined;
  readonly #log: Log;
  #pidFile: PidFile | undefined;
  #isProvenSaid = false;
  #isHandedOver = false;

  constructor(predecessor: Predecessor | undefined, log: Log) {
    this.#predecessor = predecessor;
    this.#log = log;
  }

  get predecessor(): Predecessor | undefined {
    return this.#predecessor;
  }

  get pidFile(): PidFile | undefined {
    return this.#pidFile;
  }

  /** Another manager goes on. */
  get isHandedOver(): boolean {
    return this.#isHandedOver;
  }

  /** @throws ERR_PRONGHORN_PID_FILE, ERR_PRONGHORN_PID_FILE_IN_USE */
  openPidFile({ pidFile: path }: ResolvedConfig): void {
    if (path === '') return;
    const inherited = this.#predecessor?.pidFile;
    this.#pidFile = inherited?.path === resolve(path) ? inherited : PidFile.create(path);
  }

  /** Regularly: is the pid file there, and may the manager before this one go? */
  look(pool: Pool, store: EquipmentStore): void {
    this.#keepPidFile();
    if (!this.#predecessor || this.#isProvenSaid || !pool.isProven) return;
    this.#isProvenSaid = true;
    const hasPidFile = this.#pidFile !== undefined && this.#pidFile === this.#predecessor.pidFile;
    this.#predecessor.proven(hasPidFile, () => this.#takeOver(this.#predecessor!, pool, store));
  }

  /** @param pid of the new manager @param hasPidFile it goes on with this one's */
  handOver(pid: number | undefined, hasPidFile: boolean): void {
    this.#isHandedOver = true;
    if (hasPidFile) {
      // Here, and not only by the new one: this manager may be gone before that gets to it.
      this.#pidFile?.write(pid);
      this.#pidFile?.release();
    } else {
      this.#pidFile?.remove();
    }
    this.#pidFile = undefined;
  }

  /** At the end. */
  close(store: EquipmentStore | undefined): void {
    if (this.#isHandedOver) {
      store?.close(store.listeners);
    } else if (this.#predecessor && !this.#predecessor.isGone) {
      store?.close(new Listeners(this.#predecessor.places));
      if (this.#pidFile !== this.#predecessor.pidFile) this.#pidFile?.remove();
    } else {
      store?.close();
      this.#pidFile?.remove();
    }
  }

  #takeOver({ handover, pidFile, places }: Predecessor, pool: Pool, store: EquipmentStore): void {
    this.#log.info({ pid: handover.pid }, 'the manager before this one has handed over');
    if (this.#pidFile === pidFile) this.#pidFile?.write();
    else pidFile?.release();
    new Listeners(places).closeAllBut(store.listeners);
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
      this.#log.error({ reason: reasonOf(error) }, 'the pid file is gone and cannot be made again');
    }
  }
}
