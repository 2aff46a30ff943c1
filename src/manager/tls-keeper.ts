// What the workers' TLS is made of, kept by the manager: reads the files at start and again when they change, makes the
// ticket keys and replaces them in time. Runs in the manager; what is wrong with a changed file never stops the server.
import type { NativeTlsSettings } from '../binding/tls-contract.js';
import type { TlsState } from '../channel/messages.js';
import type { ResolvedConfig } from '../config/options.js';
import type { TlsOptions } from '../config/tls.js';
import { reasonOf } from '../errors.js';
import { type Log, record } from '../log.js';
import { fingerprintOf, readTlsSettings, tlsFiles } from '../tls/settings.js';
import { TicketKeyRing, ticketSeconds } from '../tls/ticket-keys.js';

type Times = Pick<ResolvedConfig, 'tlsTicketRotationMs' | 'tlsCheckIntervalMs'>;

export class TlsKeeper {
  readonly #options: readonly TlsOptions[];
  readonly #times: Times;
  readonly #log: Log;
  readonly #files: readonly string[];
  readonly #ring: TicketKeyRing;
  #endpoints: readonly NativeTlsSettings[] = [];
  #fingerprint = '';
  #checkTimer: NodeJS.Timeout | undefined;
  #rotationTimer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #onChange: ((state: TlsState) => void) | undefined;
  /** Something has changed since it was opened, and nobody was there to hear it. */
  #isUnheard = false;

  private constructor(options: readonly TlsOptions[], times: Times, log: Log, ring: TicketKeyRing) {
    this.#options = options;
    this.#ring = ring;
    this.#times = times;
    this.#log = log;
    this.#files = options.flatMap(tlsFiles);
  }

  /**
   * @param options of each place to listen that speaks TLS, in the order in which the layout counts them
   * @param ring keys that tickets are out with already
   * @throws ERR_PRONGHORN_TLS_FILE, ERR_PRONGHORN_TLS_CERTIFICATE
   */
  static async open(
    options: readonly TlsOptions[],
    times: Times,
    log: Log,
    ring = new TicketKeyRing(),
  ): Promise<TlsKeeper> {
    const keeper = new TlsKeeper(options, times, log, ring);
    if (options.length === 0) return keeper;
    await keeper.#read();
    keeper.#rotationTimer = setInterval(() => keeper.#rotate(), times.tlsTicketRotationMs);
    keeper.#checkLater();
    return keeper;
  }

  /** What workers need now; undefined when no place to listen speaks TLS. */
  get state(): TlsState | undefined {
    if (this.#options.length === 0) return undefined;
    return { endpoints: this.#endpoints, ticketKeys: this.#ring.text };
  }

  /** Called whenever `state` is another one, and at once if it is another one already than it was at first. */
  set onChange(onChange: (state: TlsState) => void) {
    this.#onChange = onChange;
    if (this.#isUnheard) this.#changed();
  }

  get ring(): TicketKeyRing {
    return this.#ring;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#checkTimer);
    clearInterval(this.#rotationTimer);
  }

  async #read(): Promise<void> {
    // First, so that what changes while it is read counts as changed.
    this.#fingerprint = await fingerprintOf(this.#files);
    const seconds = ticketSeconds(this.#times.tlsTicketRotationMs);
    this.#endpoints = await Promise.all(this.#options.map((options) => readTlsSettings(options, seconds)));
  }

  #rotate(): void {
    this.#ring.rotate();
    record(this.#log, 'ticket-keys.rotated', {});
    this.#changed();
  }

  #changed(): void {
    this.#isUnheard = this.#onChange === undefined;
    this.#onChange?.(this.state!);
  }

  #checkLater(): void {
    const { tlsCheckIntervalMs } = this.#times;
    if (tlsCheckIntervalMs === 0 || this.#files.length === 0 || this.#isStopped) return;
    this.#checkTimer = setTimeout(() => this.#check(), tlsCheckIntervalMs);
  }

  async #check(): Promise<void> {
    if ((await fingerprintOf(this.#files)) !== this.#fingerprint) await this.#reload();
    this.#checkLater();
  }

  /** A pair is replaced file by file: what does not fit together now may do so at the next look. */
  async #reload(): Promise<void> {
    try {
      await this.#read();
      if (this.#isStopped) return;
      record(this.#log, 'certificates.changed', {});
      this.#changed();
    } catch (error) {
      record(this.#log, 'certificates.refused', { reason: reasonOf(error) });
    }
  }
}
