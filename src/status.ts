// What is known of a server and its workers at one moment: what server.status() gives, and what the status page, the metrics
// and the command line show. Types only.
import type { WorkerState } from './policy/view.js';

/** One worker, as the manager knows it. */
export interface WorkerStatus {
  /** Serial number, never reused. */
  readonly id: number;
  readonly slot: number;
  /** Of the application that it runs. */
  readonly generation: number;
  /** Undefined until the process exists. With workerModel thread, the manager's own. */
  readonly pid: number | undefined;
  /** That node:worker_threads gives it; undefined: it is a process. */
  readonly threadId: number | undefined;
  readonly state: WorkerState;
  /** Seconds since it was started. */
  readonly age: number;
  /** Busy share of its event loop over loadAveragePeriod, 0 to 1. */
  readonly load: number;
  /** Seconds since its event loop last turned. */
  readonly heartbeatAge: number;
  readonly connections: number;
  readonly inFlight: number;
  /** In its whole life. */
  readonly accepted: number;
  readonly requests: number;
  /** It runs code or settings that are not the ones of now, and will be replaced. */
  readonly isOutdated: boolean;
}

/** What all workers have done together. */
export interface TotalsStatus {
  /** Connections. */
  readonly accepted: number;
  readonly requests: number;
  /** Bytes from and to clients. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Answers by the first digit of their status code. */
  readonly responses: Readonly<Record<'1xx' | '2xx' | '3xx' | '4xx' | '5xx', number>>;
  /** From the arrival of a request's head to the end of its answer. */
  readonly latency: {
    /** Upper limits of the buckets in seconds; the last bucket has none. */
    readonly limits: readonly number[];
    /** Requests in each bucket. */
    readonly counts: readonly number[];
    /** Seconds, of all requests together. */
    readonly sum: number;
  };
}

/** What the manager has done to its workers, and why. */
export interface DecisionStatus {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: 'spawn' | 'drain' | 'hang' | 'kill' | 'giveUp';
  readonly worker?: number;
  readonly reason: string;
}

/** What can be done to a server that runs, one after the other. */
export type ChangeName = 'reload' | 'upgrade' | 'restart' | 'reconfigure';

export interface ServerStatus {
  readonly pid: number;
  /** Seconds since this manager was started. */
  readonly uptime: number;
  readonly state: 'starting' | 'running' | 'stopping';
  /** Whether new connections should be sent here: false before the pool is up and from the first word of a stop. */
  readonly isReady: boolean;
  readonly generation: number;
  /** What is under way; what waits for its turn is not told. */
  readonly change: ChangeName | undefined;
  /** Undefined before the application is loaded, and with workerModel thread. */
  readonly startMethod: 'fork' | 'spawn' | undefined;
  readonly minServers: number;
  readonly maxServers: number;
  readonly addresses: readonly string[];
  /** Connections that wait to be accepted. Unix sockets do not tell theirs. */
  readonly queued: number;
  /** Of this manager's workers, those that are gone included. */
  readonly totals: TotalsStatus;
  readonly workers: readonly WorkerStatus[];
  /** Newest last. */
  readonly decisions: readonly DecisionStatus[];
}
