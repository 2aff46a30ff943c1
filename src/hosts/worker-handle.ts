// The manager's object for one worker, process or thread: the difference ends at the spawner, which says when it has come
// to life and when it has ended. Runs in the manager.
import { binding } from '../binding/load.js';
import { Channel } from '../channel/channel.js';
import type { ManagerToWorker, TlsState, WorkerPlace, WorkerToManager } from '../channel/messages.js';
import { tlsParts } from '../channel/tls.js';
import { channelPair } from '../channel/wire.js';
import { PronghornError } from '../errors.js';
import type { WorkerFields } from '../log/fields.js';
import type { WorkerState, WorkerView } from '../policy/view.js';
import type { HostBody } from './host-body.js';
import type { ProcessEnd } from './process-end.js';

export interface WorkerEvents {
  readonly onReady: (worker: WorkerHandle) => void;
  /** It drains or ends unasked by the manager: because of the application, or of a signal. */
  readonly onDraining: (worker: WorkerHandle) => void;
  /** The last call. The process is gone. */
  readonly onEnd: (worker: WorkerHandle, end: ProcessEnd) => void;
}

export type WorkerLife = Pick<
  WorkerView,
  'id' | 'slot' | 'state' | 'spawnedAt' | 'readyAt' | 'drainingAt' | 'isKilled'
>;

function isSameList(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((entry, index) => entry === other[index]);
}

export class WorkerHandle {
  readonly place: WorkerPlace;
  readonly #channel: Channel<WorkerToManager, ManagerToWorker>;
  readonly #events: WorkerEvents;
  readonly #clock: () => number;
  readonly #spawnedAt: number;
  #state: WorkerState = 'spawned';
  #readyAt: number | undefined;
  #drainingAt: number | undefined;
  #pid: number | undefined;
  #threadId: number | undefined;
  #killProcess: (() => void) | undefined;
  #isAsked = false;
  #isLeaving = false;
  #killedFor: string | undefined;
  #hasEnded = false;
  #error: PronghornError | undefined;
  #onUnclaimed: ((pid: number | undefined) => void) | undefined;
  /** Whose sockets it accepts from. Until it is told, from none: nobody is hurt if it is not wanted after all. */
  #slots: readonly number[] = [];
  /** The worker's end of the channel, until the worker has it. */
  #peerFd: number | undefined;

  /** @throws ERR_PRONGHORN_SYSTEM_CALL */
  constructor(place: WorkerPlace, clock: () => number, events: WorkerEvents) {
    this.place = place;
    this.#events = events;
    this.#clock = clock;
    this.#spawnedAt = clock();
    const [own, theirs] = channelPair();
    this.#peerFd = theirs;
    this.#channel = new Channel(own, {
      onMessage: (message) => this.#receive(message),
      onClose: () => this.#onUnclaimed?.(undefined),
    });
  }

  get state(): WorkerState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#pid;
  }

  /** Undefined: it is a process, or does not exist yet. */
  get threadId(): number | undefined {
    return this.#threadId;
  }

  get isKilled(): boolean {
    return this.#killedFor !== undefined;
  }

  /** The manager has asked it to end. */
  get isAsked(): boolean {
    return this.#isAsked;
  }

  /** It was ready, and has said by itself that it will end. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** For the log: worker, slot, pid, thread, generation. */
  get fields(): WorkerFields {
    const { workerId, slot, generation } = this.place;
    return { worker: workerId, slot, pid: this.#pid, thread: this.#threadId, generation };
  }

  /** The descriptor that the spawner passes on; released as soon as the worker has it. */
  get peerFd(): number {
    return this.#peerFd!;
  }

  /** What the policy sees of the process itself. */
  get life(): WorkerLife {
    return {
      id: this.place.workerId,
      slot: this.place.slot,
      state: this.#state,
      spawnedAt: this.#spawnedAt,
      readyAt: this.#readyAt,
      drainingAt: this.#drainingAt,
      isKilled: this.isKilled,
    };
  }

  /** By the spawner: the process or thread exists. @param kill ends it, as long as it has not been told to have ended */
  exists({ pid, threadId }: Pick<HostBody, 'pid' | 'threadId'>, kill: () => void): void {
    this.#onUnclaimed = undefined;
    this.#pid = pid;
    this.#threadId = threadId;
    this.#killProcess = kill;
    if (this.#state === 'spawned') this.#state = 'booting';
    if (this.isKilled) kill();
  }

  /** By the spawner: the process has its end of the channel. Being ready says the same. */
  delivered(): void {
    this.#releasePeer();
  }

  /**
   * By the spawner: who should have said whether the process exists is gone. The worker's own channel will tell.
   * @param onResult called once, with the pid, or undefined if there is no such process
   */
  unclaimed(onResult: (pid: number | undefined) => void): void {
    this.#onUnclaimed = onResult;
    this.#releasePeer();
    if (this.#channel.isClosed) onResult(undefined);
  }

  /** By the spawner: the process is gone, or never was. */
  ended(end: ProcessEnd): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#releasePeer();
    this.#channel.close();
    this.#events.onEnd(this, { ...end, error: end.error ?? this.#error, killedFor: this.#killedFor });
  }

  /** Accept from the sockets of these slots, and no others. */
  listen(slots: readonly number[]): void {
    if (isSameList(slots, this.#slots)) return;
    this.#slots = slots;
    this.#channel.send({ type: 'listen', slots });
  }

  /** @param fd stays the caller's, and open until `isTold` */
  useAccessLog(fd: number): void {
    this.#channel.send({ type: 'accessLog' }, [fd]);
  }

  /** Nothing that was said to it waits here. */
  get isTold(): boolean {
    return this.#channel.isClosed || this.#channel.isDrained;
  }

  get isOutOfReach(): boolean {
    return this.#channel.isClosed;
  }

  updateTls(state: TlsState): void {
    for (const part of tlsParts(state)) this.#channel.send(part);
  }

  /** From now on the worker counts as draining; drain() tells it so. */
  markDraining(): void {
    this.#isAsked = true;
    this.#becomeDraining();
  }

  /** @param isReplaced other workers go on */
  drain(timeoutMs: number, isReplaced: boolean): void {
    this.#channel.send({ type: 'drain', timeoutMs, isReplaced });
  }

  /** It is not wanted any more, and has not served yet. */
  discard(reason: string): void {
    this.markDraining();
    this.kill(reason);
  }

  /** @param reason what it did wrong or what for, in words that follow "killed," */
  kill(reason: string): void {
    this.#killedFor ??= reason;
    this.#killProcess?.();
  }

  #receive(message: WorkerToManager): void {
    if (message.type === 'ready') {
      this.#onUnclaimed?.(message.pid);
      this.#releasePeer();
      this.#pid ??= message.pid;
      if (this.#state === 'draining') return;
      this.#state = 'ready';
      this.#readyAt = this.#clock();
      this.#events.onReady(this);
    } else if ((message.type === 'draining' || message.type === 'drained') && this.#state === 'ready') {
      this.#isLeaving = true;
      this.#becomeDraining();
      this.#events.onDraining(this);
    } else if (message.type === 'failed') {
      this.#error = new PronghornError('ERR_PRONGHORN_BOOT_WORKER', { reason: message.message });
    }
  }

  #becomeDraining(): void {
    this.#state = 'draining';
    this.#drainingAt = this.#clock();
  }

  #releasePeer(): void {
    if (this.#peerFd === undefined) return;
    binding.closeFd(this.#peerFd);
    this.#peerFd = undefined;
  }
}
