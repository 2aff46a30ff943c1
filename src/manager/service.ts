// The word to the service manager, by systemd's protocol (sd_notify): up, reloading, stopping, another main process, alive.
// Runs in the manager. Never waits; a service manager that cannot be reached is no reason to end.
import { binding } from '../binding/load.js';
import { describeErrno } from '../binding/status.js';
import type { ServicePlace } from '../channel/messages.js';
import type { Progress } from '../control/protocol.js';
import { type Log, record } from '../log.js';
import { monotonicNs } from '../scoreboard/scoreboard.js';

const VARIABLES = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'];
const QUEUE_FULL = 'EAGAIN';

/** What the environment announces to the process of this pid, which is removed from it. */
export function servicePlace(environment: NodeJS.ProcessEnv, pid: number): ServicePlace | undefined {
  const { NOTIFY_SOCKET: socket = '', WATCHDOG_USEC: limit = '', WATCHDOG_PID: watched } = environment;
  for (const name of VARIABLES) delete environment[name];
  if (!/^[/@]./.test(socket)) return undefined;
  const isWatched = /^[1-9]\d*$/.test(limit) && (watched === undefined || watched === String(pid));
  return isWatched ? { socket, watchdogMs: Number(limit) / 1000 } : { socket };
}

/** One line, for people. */
function statusText({ generation, ready, wanted }: Progress): string {
  return `${ready} of ${wanted} worker${wanted === 1 ? '' : 's'} ready, generation ${generation}`;
}

export class Service {
  readonly #place: ServicePlace | undefined;
  readonly #log: Log;
  #queue: string[] = [];
  #pulse: NodeJS.Timeout | undefined;
  /** Changes under way. */
  #changes = 0;
  #isUp = false;
  #isStopping = false;
  /** Another manager is the one that is listened to. */
  #isSilent: boolean;
  #status = '';

  /** @param isSilent the manager before this one still speaks */
  constructor(place: ServicePlace | undefined, isSilent: boolean, log: Log) {
    this.#place = place;
    this.#isSilent = isSilent;
    this.#log = log;
  }

  /** For the next manager. */
  get place(): ServicePlace | undefined {
    return this.#place;
  }

  /** The workers serve for the first time. */
  up(): void {
    this.#isUp = true;
    this.#ready();
  }

  /** From its begin to its end, whichever way that is, the server counts as one that reloads. */
  async reloading<Result>(change: () => Promise<Result>): Promise<Result> {
    this.#changes += 1;
    if (this.#changes === 1 && this.#isUp && !this.#isStopping) {
      this.#say('RELOADING=1', `MONOTONIC_USEC=${Math.floor(monotonicNs() / 1000)}`);
    }
    try {
      return await change();
    } finally {
      this.#changes -= 1;
      this.#ready();
    }
  }

  stopping(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#say('STOPPING=1', 'STATUS=finishing the requests under way');
  }

  /** The process of this pid is the one to watch from now on, and the one to speak. */
  handOver(pid: number | undefined): void {
    if (pid !== undefined) this.#say(`MAINPID=${pid}`);
    this.#flush();
    this.#isSilent = true;
    clearInterval(this.#pulse);
  }

  /** The manager before this one is silent now. */
  takeOver(): void {
    this.#isSilent = false;
    this.#say(`MAINPID=${process.pid}`);
    this.#ready();
    if (this.#isStopping) this.#say('STOPPING=1');
  }

  /** Regularly: says how things are, if anybody hears it and it has changed, and again what could not be said. */
  look(progress: () => Progress): void {
    if (this.#place && this.#isUp && !this.#isStopping && !this.#isSilent) {
      const status = statusText(progress());
      if (status !== this.#status) this.#say(`STATUS=${status}`);
      this.#status = status;
    }
    this.#flush();
  }

  close(): void {
    clearInterval(this.#pulse);
  }

  #ready(): void {
    if (!this.#isUp || this.#isSilent || this.#isStopping || this.#changes > 0) return;
    this.#say('READY=1');
    const { watchdogMs } = this.#place ?? {};
    if (this.#pulse || watchdogMs === undefined) return;
    // Half of it, as sd_watchdog_enabled(3) advises.
    this.#pulse = setInterval(() => this.#say('WATCHDOG=1'), watchdogMs / 2).unref();
  }

  #say(...words: string[]): void {
    if (this.#isSilent || !this.#place) return;
    this.#queue.push(words.join('\n'));
    this.#flush();
  }

  #flush(): void {
    if (!this.#place) return;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const errno = binding.sendDatagram(this.#place.socket, next);
      const { name, text: reason } = describeErrno(errno);
      if (errno < 0 && name === QUEUE_FULL) return;
      if (errno < 0) record(this.#log, 'service.untold', { text: next, reason });
      this.#queue.shift();
    }
  }
}
