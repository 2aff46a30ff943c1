// The manager's object for one process that loads the application: a zygote, or a worker that is spawned. Runs in the
// manager; never waits for the process other than by promises.
import { type ChildProcess, spawn } from 'node:child_process';
import { binding } from '../binding/load.js';
import { Channel } from '../channel/channel.js';
import type {
  Forked,
  ForkFailed,
  HostToManager,
  Loaded,
  ManagerToHost,
  TlsState,
  WorkerPlace,
} from '../channel/messages.js';
import { sendSetup } from '../channel/setup.js';
import { tlsParts } from '../channel/tls.js';
import { channelPair } from '../channel/wire.js';
import { PronghornError, reasonOf } from '../errors.js';
import { type HostProgram, hostArguments, hostEnvironment } from './host-program.js';
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
  readonly #child: ChildProcess;
  readonly #channel: Channel<HostToManager, ManagerToHost>;
  readonly #loadTimer: NodeJS.Timeout;
  #resolveLoaded!: (loaded: Loaded) => void;
  #rejectLoaded!: (error: PronghornError) => void;
  #resolveEnded!: (end: ProcessEnd) => void;
  #error: PronghornError | undefined;
  #hasEnded = false;

  /** @throws ERR_PRONGHORN_SPAWN, ERR_PRONGHORN_SYSTEM_CALL */
  constructor(program: HostProgram, purpose: 'fork' | 'serve') {
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
    this.#child = this.#spawn(purpose, own, theirs);
    this.#channel = new Channel(own, {
      onMessage: (message) => this.#receive(message),
      onClose: () => {},
    });
    this.#loadTimer = setTimeout(() => this.#loadExpired(), program.bootTimeoutMs);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** For the workers that are made from now on. */
  setUp({ setup, fds, tls }: Equipment): void {
    sendSetup(this.#channel, setup, fds);
    if (tls) this.updateTls(tls);
  }

  /** For the workers that are made from now on. */
  updateTls(state: TlsState): void {
    for (const part of tlsParts(state)) this.#channel.send(part);
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
    if (!this.#hasEnded) this.#child.kill('SIGKILL');
  }

  /** Closes the channel, at which the process goes; if it does not, it is killed. */
  async end(): Promise<void> {
    this.#channel.close();
    const timer = setTimeout(() => this.kill(), END_TIMEOUT_MS);
    await this.ended;
    clearTimeout(timer);
  }

  #spawn(purpose: 'fork' | 'serve', own: number, theirs: number): ChildProcess {
    try {
      const child = spawn(process.execPath, hostArguments(this.#program, purpose), {
        stdio: ['ignore', 'inherit', 'inherit', theirs],
        env: hostEnvironment(this.#program),
      });
      child.on('error', (cause) => {
        // Also emitted when a signal could not be sent to a process that lives.
        if (child.pid === undefined) this.#settle({ code: null, signal: null }, this.#spawnError(cause));
      });
      // What the process said last is read before it is taken for dead.
      child.on('exit', (code, signal) => setImmediate(() => this.#settle({ code, signal })));
      return child;
    } catch (cause) {
      binding.closeFd(own);
      throw this.#spawnError(cause);
    } finally {
      binding.closeFd(theirs);
    }
  }

  #spawnError(cause: unknown): PronghornError {
    return new PronghornError('ERR_PRONGHORN_SPAWN', {
      what: 'process that loads the application',
      reason: reasonOf(cause),
      cause,
    });
  }

  #receive(message: HostToManager): void {
    if (message.type === 'loaded') {
      clearTimeout(this.#loadTimer);
      this.#resolveLoaded(message);
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

  #settle(end: Omit<ProcessEnd, 'error'>, error = this.#error): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#loadTimer);
    this.#channel.close();
    const what = `application ${this.#program.shownAs}`;
    this.#rejectLoaded(
      error ?? new PronghornError('ERR_PRONGHORN_BOOT_EXITED', { what, how: describeEnd(end) }),
    );
    this.#resolveEnded({ ...end, error });
  }
}
