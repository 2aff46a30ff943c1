// The types of every native export. The native side is native/binding/; nothing else in src/ may load or
// describe the addon. Functions that talk to the kernel return 0 or a result, and a negative errno on failure:
// src/binding/status.ts makes the error out of it.

import type { ChannelBinding } from './channel-contract.js';
import type { Errno } from './errno.js';
import type { SocketBinding } from './socket-contract.js';
import type { NativeTlsEndpoint, NativeTlsInfo, TlsBinding } from './tls-contract.js';

export type { NativeChannel } from './channel-contract.js';
export type { Errno } from './errno.js';
export type { ListenOptions, ListenUnixOptions, LocalName } from './socket-contract.js';

export interface ProcessBinding {
  /** Orphaned descendants become children of this process (prctl PR_SET_CHILD_SUBREAPER). */
  becomeSubreaper(): Errno | 0;
  /**
   * Forks this process copy-on-write. In the caller: the pid of the new process, whose parent is the nearest
   * subreaper. In the new process: 0, with the event loop re-armed. Negative errno on failure.
   */
  fork(): number;
  /** What libuv's threads and streams have not finished yet; unlike process.getActiveResourcesInfo(), all of it. */
  pendingRequests(): number;
  /** The kernel's word, also right after a fork. */
  processId(): number;
  /** The kernel's id of this thread. */
  kernelThreadId(): number;
  /** Ends this process at once: no exit handler, no join of threads that a fork did not copy. */
  exitNow(code: number): never;
  /** wait4(pid, WNOHANG): undefined while it runs. `peakMemory`: bytes, the most that it ever had. */
  reap(pid: number): { code: number | null; signal: number | null; peakMemory: number } | undefined | Errno;
  /** Sets the disposition of a signal to "ignore". */
  ignoreSignal(signal: number): void;
  /** The process gets this signal when its parent dies (prctl PR_SET_PDEATHSIG); 0: nothing. Forked ones do not have it. */
  setDeathSignal(signal: number): Errno | 0;
  /** By name, or by number: -ENOENT if there is none. `name` and `home` are '' for a number without an entry. */
  findUser(user: string | number): { uid: number; gid: number; name: string; home: string } | Errno;
  /**
   * This process, with all its threads, is another user's from now on, and cannot become anything else: real, effective
   * and saved ids, and the groups of the account `name` ('' has none but `gid`).
   */
  dropPrivileges(uid: number, gid: number, name: string): Errno | 0;
  /** flock(fd, LOCK_EX | LOCK_NB): -EWOULDBLOCK while another open file holds it. */
  tryLockFile(fd: number): Errno | 0;
  /** To the datagram socket at this path (`@name`: abstract). Does not wait: -EAGAIN while its queue is full. */
  sendDatagram(path: string, text: string): Errno | 0;
}

/** A table in shared memory, one slot per worker; see native/contract.h for the fields. */
export interface NativeScoreboard {
  readonly fd: number;
  readonly slots: number;
  /** Copies one slot's fields, in contract order, into `into`. */
  read(slot: number, into: Float64Array): void;
  /** What the worker of this slot has in hand, as it says; targets are cut. */
  requests(slot: number): { startedUs: number; ring: number; method: number; target: string }[];
  /** Where its JavaScript stood when it was asked in this turn, a line for each frame; '': it has not answered. */
  stack(slot: number): string;
  set(slot: number, field: number, value: number): void;
  clear(slot: number): void;
  close(): void;
}

/** Looks at workers and accept queues a hundred times a second, without any JavaScript as long as nothing is up. */
export interface NativeWatch {
  /** @param numbers of the sockets: the slot that each belongs to, or -1 */
  use(slots: number, fds: number[], numbers: number[]): Errno | 0;
  /** Slots whose workers do not come round to what waits for them. */
  stuck(): number[];
  close(): void;
}

export interface ScoreboardBinding {
  /**
   * onNotice is called when other slots are stuck than before, and 20 times a second as long as any worker is busy for
   * more than half of the time, or something waits at a shared socket; the last time when that is over.
   */
  Watch: new (
    scoreboard: NativeScoreboard,
    onNotice: (isReport: boolean) => void,
  ) => NativeWatch;

  /** This thread tells its slot where its JavaScript stands whenever it is asked, also while its event loop does not turn. */
  answerForStack(scoreboard: NativeScoreboard, slot: number): void;
  /** Does not wait. Who does not answer does not notice. */
  askForStack(pid: number, tid: number): Errno | 0;
  createScoreboard(slots: number): NativeScoreboard | Errno;
  /** Maps the scoreboard behind a descriptor, which stays the caller's. */
  openScoreboard(fd: number): NativeScoreboard | Errno;
  monotonicNs(): number;
}

/** Limits that may change while an engine serves. */
export interface AdjustableLimits {
  clients: number;
  keepAliveTimeoutMs: number;
  keepAliveRequests: number;
  headerTimeoutMs: number;
  /** The longest silence in a body. */
  bodyTimeoutMs: number;
  /** From the first byte of a head to the last one of its body, whoever it is that is slow. */
  requestTimeoutMs: number;
}

export interface EngineOptions extends AdjustableLimits {
  scoreboard: NativeScoreboard;
  slot: number;
  maxHeaderSize: number;
  maxHeaders: number;
  /** Whether an HTTP/1.1 request without a Host is refused, as the standard has it. */
  requiresHost: boolean;
  maxBodySize: number;
  maxPipeline: number;
  sendTimeoutMs: number;
  loadWindowMs: number;
  /** Form of the lines of the access log. */
  accessLog: 'off' | 'combined' | 'json';
}

export interface ListenerOptions {
  /** Other workers poll the same socket. */
  readonly shared: boolean;
  /** Connections begin with a PROXY protocol header. */
  readonly proxyProtocol: boolean;
  /** Undefined: connections are in the clear. */
  readonly tls: NativeTlsEndpoint | undefined;
}

/** The HTTP engine of one worker, on the event loop that it was made on. */
export interface NativeEngine {
  /** Memory that both sides use; see src/http/exchange.ts. */
  readonly memory: {
    control: ArrayBuffer;
    requests: ArrayBuffer;
    headers: ArrayBuffer;
    input: ArrayBuffer;
    responses: ArrayBuffer;
    output: ArrayBuffer;
    /** For the entry of the batch, from 1 on, that the handler has; 0: none. */
    handling: ArrayBuffer;
  };
  /**
   * Connections are shared fairly with the workers of the other slots: one bell for each, which stay the caller's. What
   * this worker leaves to another one, that one takes from its neighbour's sockets.
   */
  shareBy(bells: number[]): Errno | 0;
  addNeighbour(slot: number, fd: number, options: ListenerOptions): void;
  /** From now on accept only while this file, which is opened here, is locked. */
  useLockFile(path: string): Errno | 0;
  /** Lines of the access log go here from now on; those that wait, too. The descriptor stays the caller's. */
  useAccessLog(fd: number): Errno | 0;
  /** How many could not be written since the last call. */
  lostAccessLines(): number;
  /** The address of a request's client, for the access log: a trusted proxy has told it. */
  noteClient(connection: number, sequence: number, address: string): void;
  /** Accept from this listener, which stays the caller's. */
  listen(fd: number, options: ListenerOptions): Errno | 0;
  unlisten(fd: number): void;
  /** A connection to this engine without a listener. The client's end of it, which is the caller's. */
  connect(): number | Errno;
  /** Carry out the answers that wait in the response ring, now. */
  flush(): void;
  /** Registers a block of header lines; its id may be used in any later answer. */
  headerBlock(text: string): number;
  /** An answer too large for the output memory. */
  respondLarge(
    connection: number,
    sequence: number,
    status: number,
    flags: number,
    header: string,
    body: Uint8Array,
  ): void;
  /** An answer in pieces: a head, any number of writes, an end with trailer lines (each with its CR LF). */
  beginResponse(connection: number, sequence: number, status: number, flags: number, header: string): void;
  /** Bytes that wait to be sent: 0: go on; more: wait for a `drain` entry; negative: the client has gone. */
  writeResponse(connection: number, sequence: number, bytes: Uint8Array): number;
  /**
   * The rest of an answer with a Content-Length, by sendfile(2); a `drain` entry comes when it has gone. The descriptor
   * stays the caller's. False where that cannot be: then it has to be written.
   */
  writeFile(connection: number, sequence: number, fd: number, offset: number, length: number): boolean;
  endResponse(connection: number, sequence: number, trailers: string): void;
  /** A whole 1xx head, before the answer. */
  inform(connection: number, sequence: number, head: string): void;
  /** 100 Continue, if the client waits for it. */
  continueRequest(connection: number, sequence: number): void;
  /** The application has taken so many bytes of a body that is still coming in. */
  takeBody(connection: number, sequence: number, bytes: number): void;
  /** It does not want the rest. */
  discardBody(connection: number, sequence: number): void;
  /** Asks for a `finish` or `gone` entry at the end of this exchange. */
  observe(connection: number, sequence: number): boolean;
  /** Asks for `halfClosed` and `closed` entries of this connection; false if it has ended. */
  watchConnection(connection: number): boolean;
  /** Bytes of a connection that were read; negative: its `closed` entry has come. */
  bytesRead(connection: number): number;
  /** That were written, whether they have left or not, after a flush(). */
  bytesWritten(connection: number): number;
  /** Ends a connection, at once or when what was written to it has been sent. */
  endConnection(connection: number, isAtOnce: boolean): void;
  /** Ends a connection at once: its client sees a reset. */
  resetConnection(connection: number): void;
  /** Ends all connections at once, or those that have had a request and now have none. */
  endConnections(onlyIdle: boolean): void;
  /** Whether listening keeps the event loop alive, as it does at first. A connection does in any case. */
  keepLoop(keeps: boolean): void;
  /** Ends the connection of this request at once. */
  drop(connection: number, sequence: number): void;
  /** The connection leaves HTTP; false if it cannot. Its bytes come as `bodyData`, its end as `bodyEnd` and `gone`. */
  upgrade(connection: number, sequence: number): boolean;
  /** After upgrade(): what has come behind the request, if that is to be had at once; it does not come as `bodyData` then. */
  takeHeld(connection: number, sequence: number): Buffer;
  /** As writeResponse(), without framing. */
  writeRaw(connection: number, sequence: number, bytes: Uint8Array): number;
  endRaw(connection: number, sequence: number): void;
  /** Head (and body) of a request that outlived its batch; of a fault, what was refused. Undefined when its connection is gone. */
  retained(connection: number, sequence: number): ArrayBuffer | undefined;
  /** The client's end of a connection and ours; '' and 0 on a unix socket, undefined when it is gone. */
  remoteAddress(connection: number): string | undefined;
  remotePort(connection: number): number | undefined;
  localAddress(connection: number): string | undefined;
  localPort(connection: number): number | undefined;
  /** Undefined on a connection in the clear, or when it is gone. */
  tlsInfo(connection: number): NativeTlsInfo | undefined;
  /** What the ring tells beside requests, from now on: a sum of contract.hearing. Nothing at first. */
  hear(hearing: number): void;
  /** Other times and counts, while it serves. What a connection waits for already keeps its time. */
  adjust(limits: AdjustableLimits): void;
  /**
   * No new connections, `Connection: close` with answers, an end to those idle for so long; onDrained: none is left.
   * @param isLast the sockets are of no use to anybody any more: those that are not shared refuse connections
   */
  drain(idleGraceMs: number, isLast: boolean, onDrained: () => void): void;
  /** Closes every connection and listener now. */
  close(): void;
}

export interface EngineBinding {
  Engine: new (options: EngineOptions, onBatch: () => void) => NativeEngine;
  /** Whether the host's llhttp has the shape that the engine was compiled for. */
  hostFits: boolean;
  /** Request methods by llhttp's number. */
  methodNames: string[];
}

/** The numbers of native/contract.h, by name. */
export interface Contract {
  abi: number;
  headRoom: number;
  slotFields: Record<string, number>;
  workerStates: Record<string, number>;
  /** Upper limits of the latency buckets, in microseconds; the last bucket has none. */
  latencyLimitsUs: number[];
  /** The most of a request target that a worker writes into its slot. */
  activeTargetBytes: number;
  controlWords: Record<string, number>;
  requestFields: Record<string, number>;
  requestFlags: Record<string, number>;
  entryKinds: Record<string, number>;
  hearing: Record<string, number>;
  headerFields: Record<string, number>;
  retainedFields: Record<string, number>;
  responseFields: Record<string, number>;
  responseFlags: Record<string, number>;
}

export interface Binding
  extends ProcessBinding,
    SocketBinding,
    ChannelBinding,
    ScoreboardBinding,
    TlsBinding,
    EngineBinding {
  contract: Contract;
}
