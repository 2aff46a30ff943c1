// A host that is a thread of the manager's process: it loads the application by itself, in a module graph of its own.
// Runs in the manager; never lets what happens in the thread be an event of the manager itself.
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import { binding } from '../binding/load.js';
import { PronghornError, reasonOf } from '../errors.js';
import type { HostBody, OnEnd } from './host-body.js';
import { type HostProgram, hostEnvironment } from './host-program.js';

/** For a thread that is killed: JavaScript ends at once, but native code has to come back first. */
const STUCK_AFTER_MS = 5_000;

export interface HostThreadOptions {
  readonly program: HostProgram;
  /** The host's end of its channel; stays the caller's, and open for the thread's whole life. */
  readonly channelFd: number;
  readonly onEnd: OnEnd;
  /** The thread has ended, also where onEnd() had to be called before that was so. */
  readonly onGone: () => void;
}

function isOutOfMemory(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

export class HostThread implements HostBody {
  readonly pid = process.pid;
  readonly threadId: number;
  readonly #options: HostThreadOptions;
  readonly #worker: Worker;
  #error: PronghornError | undefined;
  #stuckTimer: NodeJS.Timeout | undefined;
  #isGone = false;
  /** Node would wait for every thread. */
  readonly #leaveAtOnce = (code: number): void => binding.exitNow(Number(process.exitCode ?? code));

  /** @throws ERR_PRONGHORN_SPAWN */
  constructor(options: HostThreadOptions) {
    this.#options = options;
    this.#worker = startThread(options);
    this.threadId = this.#worker.threadId;
    this.#worker.on('error', (error) => this.#failed(error));
    this.#worker.on('exit', (code) => this.#gone(code));
  }

  kill(): void {
    if (this.#isGone || this.#stuckTimer) return;
    void this.#worker.terminate();
    this.#stuckTimer = setTimeout(() => this.#giveUp(), STUCK_AFTER_MS);
  }

  /** Nobody has caught it. A process would say so itself. */
  #failed(error: unknown): void {
    if (isOutOfMemory(error)) this.#error = new PronghornError('ERR_PRONGHORN_THREAD_MEMORY');
    else process.stderr.write(`${error instanceof Error ? inspect(error) : `Uncaught ${inspect(error)}`}\n`);
  }

  #gone(code: number): void {
    this.#isGone = true;
    clearTimeout(this.#stuckTimer);
    process.off('exit', this.#leaveAtOnce);
    // What the thread said last is read before it is taken for dead.
    setImmediate(() => {
      this.#options.onEnd({ code, signal: null }, this.#error);
      this.#options.onGone();
    });
  }

  /** It cannot be ended. Another worker takes its place, and this process does not wait for it when it ends itself. */
  #giveUp(): void {
    const { threadId } = this;
    const seconds = STUCK_AFTER_MS / 1000;
    this.#worker.unref();
    process.on('exit', this.#leaveAtOnce);
    const error = new PronghornError('ERR_PRONGHORN_THREAD_STUCK', { thread: threadId, seconds });
    this.#options.onEnd({ code: null, signal: null }, error);
  }
}

function startThread({ program, channelFd }: HostThreadOptions): Worker {
  try {
    const env = hostEnvironment(program, channelFd);
    return new Worker(program.script, { argv: [...program.args], env, name: 'pronghorn worker' });
  } catch (cause) {
    const what = 'thread that loads the application';
    throw new PronghornError('ERR_PRONGHORN_SPAWN', { what, reason: reasonOf(cause), cause });
  }
}
