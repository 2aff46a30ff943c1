// The manager's object for one host, a process or thread that loads the application: a zygote, or a worker that is
// started by itself. Runs in the manager; never waits for the host other than by promises.
import { binding } from '../binding/load.js';
import { Channel } from '../channel/channel.js';
import type {
  Forked,
  ForkFailed,
  HostToManager,
  Loaded,
  ManagerToHost,
  Warmed,
  WorkerPlace,
} from '../channel/messages.js';
import { sendSetup } from '../channel/setup.js';
import { tlsParts } from '../channel/tls.js';
import { channelPair } from '../channel/wire.js';
import type { ResolvedConfig } from '../config/options.js';
import { PronghornError } from '../errors.js';
import type { HostBody, Method, OnEnd } from './host-body.js';
import { HostProcess } from './host-process.js';
import type { HostProgram } from './host-program.js';
import { HostThread } from './host-thread.js';
import { describeEnd, type ProcessEnd } from './process-end.js';
import type { Equipment } from './spawner.js';

/** For a host to go by itself when its channel was closed. */
const END_TIMEOUT_MS = 1_000;

export class HostHandle {
  /** Rejects when the application failed, or the process ended or took too long. */
  readonly loaded: Promise<Loaded>;
  /** Never rejects. */
  readonly ended: Promise<ProcessEnd>;
  onForkResult: (result: Forked | ForkFailed) => void = () => {};
  readonly #program: HostProgram;
  readonly #body: HostBody;
  readonly #channel: Channel<HostToManager, ManagerToHost>;
  #loadTimer: NodeJS.Timeout;
  #resolveLoaded!: (loaded: Loaded) => void;
  #rejectLoaded!: (error: PronghornError) => void;
  #onWarmed: (warmed: Warmed) => void = () => {};
  #onWarmFailed: (error: PronghornError) => void = () => {};
  #resolveEnded!: (end: ProcessEnd) => void;
  #error: PronghornError | undefined;
  #hasEnded = false;

  /** @throws ERR_PRONGHORN_SPAWN, ERR_PRONGHORN_SYSTEM_CALL */
  constructor(program: HostProgram, method: Method) {
    this.#program = program;
    this.loaded = new Promise((resolve, reject) => {
      this.#resolveLoaded = resolve;
      this.#rejectLoaded = reject;
    });
    // Not everybody waits for it: `ended` carries the same error.
    this.loaded.catch(() => {});
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    const [own, theirs] = channelPair();
    this.#body = this.#start(method, own, theirs);
    this.#channel = new Channel(own, {
      onMessage: (message) => this.#receive(message),
      onClose: () => {},
    });
    this.#loadTimer = setTimeout(() => this.#loadExpired(), program.bootTimeoutMs);
  }

  get body(): HostBody {
    return this.#body;
  }

  get pid(): number | undefined {
    return this.#body.pid;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** For the workers that are made from now on. */
  setUp({ setup, fds, tls }: Equipment): void {
    sendSetup(this.#channel, setup, fds);
    if (tls) for (const part of tlsParts(tls)) this.#channel.send(part);
  }

  /**
   * Runs the requests of the option `warmup`, once it is loaded.
   * @throws what the application failed with, ERR_PRONGHORN_BOOT_*; it is gone then
   */
  warmUp(config: ResolvedConfig): Promise<Warmed> {
    this.#loadTimer = setTimeout(() => this.#loadExpired(), this.#program.bootTimeoutMs);
    // Workers get the places to listen as descriptors; in the options there may be keys.
    this.#channel.send({ type: 'warmUp', config: { ...config, listen: [] } });
    return new Promise((resolve, reject) => {
      this.#onWarmed = resolve;
      this.#onWarmFailed = reject;
    });
  }

  /** The result comes through onForkResult, without a workerId. @param fd the trial child's channel, the caller's */
  selfTest(fd: number): void {
    this.#channel.send({ type: 'selftest' }, [fd]);
  }

  /** The result comes through onForkResult. @param fd the worker's channel, the caller's */
  fork(place: WorkerPlace, fd: number): void {
    this.#channel.send({ type: 'fork', ...place }, [fd]);
  }

  /** @param fd the worker's channel, the caller's */
  serve(place: WorkerPlace, fd: number): void {
    this.#channel.send({ type: 'serve', ...place }, [fd]);
  }

  kill(): void {
    if (this.#hasEnded) return;
    // A thread that waits for a command cannot be ended before it has come back.
    if (this.#body.threadId !== undefined) this.#channel.close();
    this.#body.kill();
  }

  /** Closes the channel, at which the host goes; if it does not, it is killed. */
  async end(): Promise<void> {
    this.#channel.close();
    const timer = setTimeout(() => this.kill(), END_TIMEOUT_MS);
    await this.ended;
    clearTimeout(timer);
  }

  #start(method: Method, own: number, theirs: number): HostBody {
    const program = this.#program;
    let isTheirs = false;
    const onEnd: OnEnd = (end, error) => this.#settle(end, error);
    try {
      if (method !== 'thread') {
        return new HostProcess({ program, forks: method === 'fork', channelFd: theirs, onEnd });
      }
      const thread = new HostThread({
        program,
        channelFd: theirs,
        onEnd,
        onGone: () => binding.closeFd(theirs),
      });
      isTheirs = true;
      return thread;
    } catch (error) {
      binding.closeFd(own);
      throw error;
    } finally {
      // A process has a copy of its own.
      if (!isTheirs) binding.closeFd(theirs);
    }
  }

  #receive(message: HostToManager): void {
    if (message.type === 'loaded') {
      clearTimeout(this.#loadTimer);
      this.#resolveLoaded(message);
    } else if (message.type === 'warmed') {
      clearTimeout(this.#loadTimer);
      this.#onWarmed(message);
    } else if (message.type === 'failed') {
      const cause = Object.assign(new Error(message.message), { stack: message.stack ?? '' });
      this.#error =
        PronghornError.relayed(message.code, message.message, cause) ??
        new PronghornError('ERR_PRONGHORN_BOOT_APP', {
          path: this.#program.shownAs,
          reason: message.message,
          cause,
        });
    } else {
      this.onForkResult(message);
    }
  }

  #loadExpired(): void {
    const what = `application ${this.#program.shownAs}`;
    this.#error ??= new PronghornError('ERR_PRONGHORN_BOOT_TIMEOUT', {
      what,
      seconds: this.#program.bootTimeoutMs / 1000,
    });
    this.kill();
  }

  #settle(end: Pick<ProcessEnd, 'code' | 'signal'>, reason: PronghornError | undefined): void {
    if (this.#hasEnded) return;
    const error = reason ?? this.#error;
    this.#hasEnded = true;
    clearTimeout(this.#loadTimer);
    this.#channel.close();
    const what = `application ${this.#program.shownAs}`;
    const failure = error ?? new PronghornError('ERR_PRONGHORN_BOOT_EXITED', { what, how: describeEnd(end) });
    this.#rejectLoaded(failure);
    this.#onWarmFailed(failure);
    this.#resolveEnded({ ...end, error });
  }
}
