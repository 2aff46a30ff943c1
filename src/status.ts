// What is known of a server and its workers at one moment: what server.status() gives, and what the status page, the metrics
// and the command line show. Types only.
import type { WorkerState } from './policy/view.js';

/** One worker, as the manager knows it. */
export interface WorkerStatus {
  /** Serial number, never reused. */
  readonly id: number;
  /** Place in the scoreboard; taken again by another worker when this one is gone. */
  readonly slot: number;
  /** Of the application that it runs. */
  readonly generation: number;
  /** Undefined until the process exists. With workerModel thread, the manager's own. */
  readonly pid: number | undefined;
  /** That node:worker_threads gives it; undefined: it is a process. */
  readonly threadId: number | undefined;
  /** How far it is in its life. */
  readonly state: WorkerState;
  /** Seconds since it was started. */
  readonly age: number;
  /** Busy share of its event loop over loadAveragePeriod, 0 to 1. */
  readonly load: number;
  /** Seconds since its event loop last turned. */
  readonly heartbeatAge: number;
  /** Open ones. */
  readonly connections: number;
  /** Requests that are not answered yet. */
  readonly inFlight: number;
  /** Connections, in its whole life. */
  readonly accepted: number;
  /** In its whole life. */
  readonly requests: number;
  /** It runs code or settings that are not the ones of now, and will be replaced. */
  readonly isOutdated: boolean;
}

/** What all workers have done together. */
export interface TotalsStatus {
  /** Connections. */
  readonly accepted: number;
  /** Requests received. */
  readonly requests: number;
  /** Bytes from clients. */
  readonly bytesIn: number;
  /** Bytes to clients. */
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
  /** What was done; `giveUp`: no worker will be started any more. */
  readonly kind: 'spawn' | 'drain' | 'hang' | 'kill' | 'giveUp';
  /** `id` of the worker that it is about. */
  readonly worker?: number;
  /** For people. */
  readonly reason: string;
}

/** What can be done to a server that runs, one after the other. */
export type ChangeName = 'reload' | 'upgrade' | 'restart' | 'reconfigure';

/** A server as it is at one moment. */
export interface ServerStatus {
  /** The manager's. */
  readonly pid: number;
  /** Seconds since this manager was started. */
  readonly uptime: number;
  /** How far the server is in its life. */
  readonly state: 'starting' | 'running' | 'stopping';
  /** Whether new connections should be sent here: false before the pool is up and from the first word of a stop. */
  readonly isReady: boolean;
  /** Of the application, that new workers run. */
  readonly generation: number;
  /** What is under way; what waits for its turn is not told. */
  readonly change: ChangeName | undefined;
  /** Undefined before the application is loaded, and with workerModel thread. */
  readonly startMethod: 'fork' | 'spawn' | undefined;
  /** Least number of workers, as it is now. */
  readonly minServers: number;
  /** Most workers, as it is now. */
  readonly maxServers: number;
  /** Where it listens, with the ports that the kernel chose. */
  readonly addresses: readonly string[];
  /** Of the status page, with the port that the kernel chose; undefined: there is none. */
  readonly adminAddress: string | undefined;
  /** Connections that wait to be accepted. Unix sockets do not tell theirs. */
  readonly queued: number;
  /** Of this manager's workers, those that are gone included. */
  readonly totals: TotalsStatus;
  /** Those that exist, also while they boot or drain. */
  readonly workers: readonly WorkerStatus[];
  /** What the manager did to its workers last, and why; newest last. */
  readonly decisions: readonly DecisionStatus[];
}
