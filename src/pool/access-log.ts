// The file of the access log: opened by the manager, so that workers need no right to it, and opened anew when somebody has
// moved it away. Runs in the manager; writes nothing.
import { openSync } from 'node:fs';
import { binding } from '../binding/load.js';
import { PronghornError, reasonOf } from '../errors.js';
import type { WorkerHandle } from '../hosts/worker-handle.js';
import { type Log, record } from '../log.js';

const OFF = 'off';
const STDOUT = 'stdout';
const STDOUT_FD = 1;
/** Who asked for what is not everybody's business. */
const MODE = 0o640;

function openLog(path: string): number {
  try {
    return openSync(path, 'a', MODE);
  } catch (cause) {
    throw new PronghornError('ERR_PRONGHORN_ACCESS_LOG', { path, reason: reasonOf(cause), cause });
  }
}

export class AccessLogFile {
  /** Undefined: standard output. */
  readonly #path: string | undefined;
  readonly #log: Log;
  readonly #workers = new Set<WorkerHandle>();
  #fd: number;
  /** Replaced, and perhaps still on their way to a worker. */
  #old: number[] = [];

  private constructor(path: string | undefined, log: Log) {
    this.#path = path;
    this.#log = log;
    this.#fd = path === undefined ? STDOUT_FD : openLog(path);
  }

  /** @throws ERR_PRONGHORN_ACCESS_LOG */
  static open(place: string, log: Log): AccessLogFile | undefined {
    if (place === OFF) return undefined;
    return new AccessLogFile(place === STDOUT ? undefined : place, log);
  }

  /** The worker writes to the file of now, and to every later one. */
  equip(worker: WorkerHandle): void {
    for (const known of this.#workers) if (known.isOutOfReach) this.#workers.delete(known);
    this.#workers.add(worker);
    worker.useAccessLog(this.#fd);
  }

  /** Workers go on in a new file of the same name. */
  reopen(): void {
    if (this.#path === undefined) return;
    try {
      const fd = openLog(this.#path);
      this.#old.push(this.#fd);
      this.#fd = fd;
    } catch (error) {
      record(this.#log, 'access-log.not-reopened', { reason: reasonOf(error) });
      return;
    }
    for (const worker of this.#workers) worker.useAccessLog(this.#fd);
    record(this.#log, 'access-log.reopened', { path: this.#path });
    if ([...this.#workers].every(({ isTold }) => isTold)) this.#closeOld();
  }

  #closeOld(): void {
    for (const fd of this.#old) binding.closeFd(fd);
    this.#old = [];
  }
}
