// Every message that two processes of Pronghorn exchange, as one tagged union for each direction. Types only.
// A host is a process that loads the application: the zygote, or a spawned worker before it serves.
import type { NativeTlsSettings } from '../binding/tls-contract.js';
import type { Config, ResolvedConfig } from '../config/options.js';

/** One bound address, as the processes that accept from it must know it. */
export interface ListenerLayout {
  /** Printed form, with the real port. */
  readonly address: string;
  /** One socket for all workers; else a socket for each slot. */
  readonly shared: boolean;
  /** Descriptors that belong to this address: 1 if shared, else the number of slots. */
  readonly slotCount: number;
  /** Connections begin with a PROXY protocol header. */
  readonly proxyProtocol: boolean;
  /** Number of its settings in TlsState; undefined: no TLS. */
  readonly tls?: number;
}

/** A worker accepts nothing before it is told from where, which is when the manager knows that it is ready. */
export interface WorkerPlace {
  readonly workerId: number;
  readonly slot: number;
  readonly generation: number;
}

/** Descriptors travel in the order: scoreboard, a bell for each slot, then the sockets of listeners[0], listeners[1]… */
export interface Setup {
  readonly type: 'setup';
  readonly config: ResolvedConfig;
  readonly slots: number;
  readonly listeners: readonly ListenerLayout[];
  /** Of all descriptors; those that do not fit into one message follow in `descriptors` messages. */
  readonly fdCount: number;
}

/** Everything that TLS is made of, at one time. */
export interface TlsState {
  readonly endpoints: readonly NativeTlsSettings[];
  /** Newest first, in base64. */
  readonly ticketKeys: string;
}

/** A part of a TlsState's JSON. To hosts after `setup` and whenever it changes, to workers whenever it changes. */
export interface TlsPart {
  readonly type: 'tls';
  readonly text: string;
  readonly isLast: boolean;
}

export interface Descriptors {
  readonly type: 'descriptors';
}

/** Fork a trial child that exercises what a fork could have broken. One descriptor: the child's channel. */
export interface SelfTest {
  readonly type: 'selftest';
}

/** Fork a worker. One descriptor: the worker's channel. */
export interface Fork extends WorkerPlace {
  readonly type: 'fork';
}

/** Become a worker yourself. One descriptor: the worker's channel. */
export interface Serve extends WorkerPlace {
  readonly type: 'serve';
}

/** Run the requests of the option `warmup` through the application, then answer. */
export interface WarmUp {
  readonly type: 'warmUp';
  readonly config: ResolvedConfig;
}

export type ManagerToHost = Setup | TlsPart | Descriptors | WarmUp | SelfTest | Fork | Serve;

/** What stands in the way of forking a host. */
export interface ForkReport {
  /** Why this process must not fork; undefined: it may. */
  readonly forkUnsafe?: string;
  /** What the application left open, by kind and place, which forked workers would share. */
  readonly resources: readonly string[];
}

/** The application is there, and nothing of it has been served yet. */
export interface Loaded extends ForkReport {
  readonly type: 'loaded';
  /** What the application passed to createServer(). */
  readonly config?: Config;
}

/** As of after the warm-up. */
export interface Warmed extends ForkReport {
  readonly type: 'warmed';
}

export interface Failed {
  readonly type: 'failed';
  readonly code: string;
  readonly message: string;
  /** Frames of the application only; absent when there is nothing to see in them. */
  readonly stack?: string;
}

export interface Forked {
  readonly type: 'forked';
  /** Undefined for the trial child. */
  readonly workerId?: number;
  readonly pid: number;
}

export interface ForkFailed {
  readonly type: 'forkFailed';
  readonly workerId?: number;
  /** Negative, as the kernel gave it. */
  readonly errno: number;
}

export type HostToManager = Loaded | Warmed | Failed | Forked | ForkFailed;

/** Everything that was tried works in the trial child; it ends by itself. */
export interface TrialPassed {
  readonly type: 'passed';
}

export interface TrialFailed {
  readonly type: 'failed';
  readonly message: string;
}

export type TrialToManager = TrialPassed | TrialFailed;

export interface Ready {
  readonly type: 'ready';
  readonly workerId: number;
  readonly pid: number;
}

export interface Draining {
  readonly type: 'draining';
}

/** No connection is left; the process ends now. */
export interface Drained {
  readonly type: 'drained';
}

/** The worker cannot serve; the process ends now. */
export interface WorkerFailed {
  readonly type: 'failed';
  readonly message: string;
}

export type WorkerToManager = Ready | Draining | Drained | WorkerFailed;

/** Accept from the sockets of exactly these slots (and from the shared ones). */
export interface Listen {
  readonly type: 'listen';
  readonly slots: readonly number[];
}

/** Stop accepting, finish, end. What is not finished in time is cut off; timeoutMs 0 is without a limit. */
export interface Drain {
  readonly type: 'drain';
  readonly timeoutMs: number;
  /** Other workers go on: clients may come back at once. */
  readonly isReplaced: boolean;
}

/** Lines of the access log go to this file from now on. One descriptor. */
export interface UseAccessLog {
  readonly type: 'accessLog';
}

export type ManagerToWorker = Listen | TlsPart | UseAccessLog | Drain;

/**
 * What two managers say to each other in an upgrade. They may be of different versions of this package, and neither can
 * know what the other one will be: fields and messages are added freely, each side passes over what it does not know.
 * A change that an older side would misunderstand raises both numbers; one that it need not understand, the first alone.
 */
export const HANDOVER_VERSION = 2;
/** The oldest version that understands what is handed over as it is written here. */
export const HANDOVER_READABLE_BY = 1;
/** The oldest version whose handover is understood here. */
export const HANDOVER_OLDEST = 1;

/** The sockets of one location. The addresses are the sockets' own to tell. */
export interface HandoverPlace {
  readonly key: string;
  readonly bound: readonly {
    readonly fdCount: number;
    readonly shared: boolean;
    readonly inherited: boolean;
    /** Of a unix socket that the server has made. */
    readonly file?: { readonly dev: number; readonly ino: number };
  }[];
}

/** Options that were set while the server ran. */
export interface HandoverLive {
  readonly options: Config;
  /** What the configuration said of each of them when they were set; one that it did not name is missing. */
  readonly over: Config;
}

/** Of a service manager such as systemd. */
export interface ServicePlace {
  /** Path of its datagram socket; `@name`: an abstract one. */
  readonly socket: string;
  /** It ends a server that has not said for so long that it lives; undefined: it does not. */
  readonly watchdogMs?: number;
}

/**
 * Descriptors: the pid file's if there is one, then the sockets in order, then the control socket; as many as follow in
 * `descriptors`.
 */
export interface Handover {
  readonly type: 'handover';
  readonly version: number;
  readonly readableBy: number;
  /** Of the manager that hands over. */
  readonly pid: number;
  /** The last one of the application that it has loaded. */
  readonly generation: number;
  readonly places: readonly HandoverPlace[];
  /** Descriptors that the server was started with, by which nobody has asked. */
  readonly given: readonly (number | string)[];
  /** Path of the pid file; undefined: there is none. */
  readonly pidFile?: string;
  /** The control socket, whose descriptor is the last one; undefined: there is none. */
  readonly control?: { readonly path: string; readonly dev: number; readonly ino: number };
  /** Where the service manager hears of the server; undefined: nobody listens. */
  readonly service?: ServicePlace;
  /** Newest first, in base64. */
  readonly ticketKeys: string;
  /** Undefined: the manager is of version 1, whose upgrades forgot them. */
  readonly live?: HandoverLive;
  readonly fdCount: number;
}

/** The new manager is the only one from now on: files are its own, the old one drains. */
export interface TakeOver {
  readonly type: 'takeOver';
}

export type OldToNew = Handover | Descriptors | TakeOver;

/** The new manager's workers are ready and have proved themselves. */
export interface Proven {
  readonly type: 'proven';
  /** Whether it goes on with the old one's pid file. */
  readonly hasPidFile: boolean;
  /** The same for the control socket. */
  readonly hasControl?: boolean;
}

/** The new manager gives up. It ends now. */
export interface Refused {
  readonly type: 'refused';
  readonly reason: string;
}

/** How far the new manager is, for who waits for it. */
export interface Advanced {
  readonly type: 'advanced';
  readonly generation: number;
  readonly ready: number;
  readonly wanted: number;
}

export type NewToOld = Proven | Advanced | Refused;

export type Message = { readonly type: string };
