// What a pool of workers is given, and whom it tells what becomes of it. Types only.
import type { ResolvedConfig } from '../config/options.js';
import type { PronghornError } from '../errors.js';
import type { Listeners } from '../listener/listeners.js';
import type { Log } from '../log.js';
import type { Scoreboard } from '../scoreboard/scoreboard.js';
import type { AccessLogFile } from './access-log.js';
import type { Edition } from './edition.js';
import type { Count } from './members.js';
import type { News } from './news.js';

export interface PoolOptions {
  readonly config: ResolvedConfig;
  readonly slots: number;
  readonly edition: Edition;
  readonly listeners: Listeners;
  readonly scoreboard: Scoreboard;
  readonly log: Log;
  readonly news: News;
  readonly accessLog: AccessLogFile | undefined;
  /** Workers accept nothing before steerAgain(). */
  readonly isHeldBack: boolean;
  /** The lower bound of workers is ready for the first time. */
  readonly onUp: () => void;
  /** No worker is left, in a pool that was told to end. */
  readonly onEmpty: () => void;
  /** Workers cannot be had. */
  readonly onGiveUp: (error: PronghornError) => void;
  /** At every regular look. */
  readonly onCheck: (requests: readonly Count[]) => void;
}

/** Where a pool listens. */
export interface Sockets {
  readonly listeners: Listeners;
  readonly slots: number;
}
