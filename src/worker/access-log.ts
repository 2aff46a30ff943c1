// The access log of one worker, less the lines, which are the engine's: the file that the manager gives, and what became of
// lines that could not be written. Runs in workers.
import { binding } from '../binding/load.js';
import { describeErrno } from '../binding/status.js';
import type { HttpServer } from '../http/server.js';
import { type Log, record } from '../log.js';

const LOOK_MS = 1000;

export class AccessLog {
  readonly #log: Log;
  #http: HttpServer | undefined;
  /** That came before there was a server. */
  #fd: number | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** @param fd owned from now on */
  use(fd: number): void {
    if (this.#http === undefined) {
      if (this.#fd !== undefined) binding.closeFd(this.#fd);
      this.#fd = fd;
      return;
    }
    const errno = this.#http.useAccessLog(fd);
    binding.closeFd(fd);
    if (errno < 0) record(this.#log, 'access-log.unusable', { reason: describeErrno(errno).text });
  }

  begin(http: HttpServer, isOn: boolean): void {
    this.#http = http;
    if (this.#fd !== undefined) this.use(this.#fd);
    this.#fd = undefined;
    if (isOn) setInterval(() => this.#look(http), LOOK_MS).unref();
  }

  #look(http: HttpServer): void {
    const lines = http.lostAccessLines();
    if (lines > 0) record(this.#log, 'access-log.lost', { lines });
  }
}
