// An upgrade as the running manager sees it: a new manager, of whatever Node and package are installed now, gets the
// sockets, and when its workers have proved themselves, this one goes. If it fails or takes too long, nothing has
// happened. Runs in the manager.
import { type ChildProcess, spawn } from 'node:child_process';
import { binding } from '../binding/load.js';
import { Channel } from '../channel/channel.js';
import {
  type Advanced,
  HANDOVER_READABLE_BY,
  HANDOVER_VERSION,
  type Handover,
  type NewToOld,
  type OldToNew,
  type Proven,
} from '../channel/messages.js';
import { channelPair, MESSAGE_FDS_MAX } from '../channel/wire.js';
import type { Command } from '../control/protocol.js';
import { PronghornError, reasonOf } from '../errors.js';
import { keepFromOrphans } from '../hosts/orphans.js';
import { describeEnd } from '../hosts/process-end.js';
import { HANDOVER_VARIABLE } from './predecessor.js';

/** Of the channel, in the new manager. */
const CHANNEL_FD = 3;

export type HandoverContent = Omit<Handover, 'type' | 'version' | 'readableBy' | 'pid' | 'fdCount'>;

export class Successor {
  readonly #child: ChildProcess;
  readonly #channel: Channel<NewToOld, OldToNew>;
  readonly #proven: Promise<Proven>;
  #advanced: Advanced | undefined;
  #resolve!: (message: Proven) => void;
  #reject!: (error: PronghornError) => void;

  /** @param fds see Handover; they stay the caller's */
  constructor(content: HandoverContent, fds: readonly number[], command: Command) {
    const [own, theirs] = channelPair();
    try {
      this.#child = start(theirs, command);
      keepFromOrphans(this.#child);
    } catch (error) {
      binding.closeFd(own);
      throw new PronghornError('ERR_PRONGHORN_UPGRADE', { reason: reasonOf(error), cause: error });
    } finally {
      binding.closeFd(theirs);
    }
    this.#proven = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#proven.catch(() => {});
    this.#channel = new Channel<NewToOld, OldToNew>(own, {
      onMessage: (message) => {
        // A newer manager may have more to say than this one knows.
        if (message.type === 'proven') this.#resolve(message);
        else if (message.type === 'refused') this.#fail(message.reason);
        else if (message.type === 'advanced') this.#advanced = message;
      },
      onClose: () => {},
    });
    this.#child.once('error', (error) => this.#fail(reasonOf(error)));
    this.#child.once('exit', (code, signal) => {
      this.#fail(`the new manager ended with ${describeEnd({ code, signal })}`);
    });
    this.#handOver(content, fds);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** How far it is, as it said last. */
  get advanced(): Advanced | undefined {
    return this.#advanced;
  }

  /** Resolves when its workers are good. @throws ERR_PRONGHORN_UPGRADE; it is gone then */
  async proven(timeoutMs: number): Promise<Proven> {
    const timer = setTimeout(() => {
      this.#fail(`the new manager was not ready within ${timeoutMs / 1000} s`);
      this.kill();
    }, timeoutMs);
    try {
      return await this.#proven;
    } finally {
      clearTimeout(timer);
    }
  }

  /** It is the only manager from now on. */
  takeOver(): void {
    this.#channel.send({ type: 'takeOver' });
    this.#child.unref();
  }

  /** Its workers end by themselves when it is gone. */
  kill(): void {
    this.#fail('it was ended');
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
  }

  #handOver(content: HandoverContent, fds: readonly number[]): void {
    const head = {
      type: 'handover',
      version: HANDOVER_VERSION,
      readableBy: HANDOVER_READABLE_BY,
      pid: process.pid,
      fdCount: fds.length,
    } as const;
    this.#channel.send({ ...head, ...content }, fds.slice(0, MESSAGE_FDS_MAX));
    for (let sent = MESSAGE_FDS_MAX; sent < fds.length; sent += MESSAGE_FDS_MAX) {
      this.#channel.send({ type: 'descriptors' }, fds.slice(sent, sent + MESSAGE_FDS_MAX));
    }
  }

  #fail(reason: string): void {
    this.#reject(new PronghornError('ERR_PRONGHORN_UPGRADE', { reason }));
  }
}

function start(
  channelFd: number,
  { program, args, folder, environment = process.env }: Command,
): ChildProcess {
  return spawn(program, args, {
    cwd: folder,
    stdio: ['inherit', 'inherit', 'inherit', channelFd],
    env: { ...environment, PWD: folder, [HANDOVER_VARIABLE]: String(CHANNEL_FD) },
  });
}
