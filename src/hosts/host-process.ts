// A host that is a process of its own. Runs in the manager.
import { type ChildProcess, spawn } from 'node:child_process';
import { PronghornError, reasonOf } from '../errors.js';
import type { HostBody, OnEnd } from './host-body.js';
import { HOST_CHANNEL_FD, type HostProgram, hostArguments, hostEnvironment } from './host-program.js';
import { keepFromOrphans } from './orphans.js';

export interface HostProcessOptions {
  readonly program: HostProgram;
  /** Workers are to be forked from it. */
  readonly forks: boolean;
  /** The host's end of its channel; stays the caller's. */
  readonly channelFd: number;
  readonly onEnd: OnEnd;
}

export class HostProcess implements HostBody {
  readonly threadId = undefined;
  readonly #child: ChildProcess;
  #hasEnded = false;

  /** @throws ERR_PRONGHORN_SPAWN */
  constructor({ program, forks, channelFd, onEnd }: HostProcessOptions) {
    this.#child = spawnHost(program, forks, channelFd);
    keepFromOrphans(this.#child);
    this.#child.on('error', (cause) => {
      // Also emitted when a signal could not be sent to a process that lives.
      if (this.pid === undefined) onEnd({ code: null, signal: null }, spawnError(cause));
    });
    this.#child.on('exit', (code, signal) => {
      this.#hasEnded = true;
      // What the process said last is read before it is taken for dead.
      setImmediate(() => onEnd({ code, signal }));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  kill(): void {
    if (!this.#hasEnded) this.#child.kill('SIGKILL');
  }
}

function spawnError(cause: unknown): PronghornError {
  const what = 'process that loads the application';
  return new PronghornError('ERR_PRONGHORN_SPAWN', { what, reason: reasonOf(cause), cause });
}

function spawnHost(program: HostProgram, forks: boolean, channelFd: number): ChildProcess {
  try {
    return spawn(process.execPath, hostArguments(program, forks), {
      stdio: ['ignore', 'inherit', 'inherit', channelFd],
      env: hostEnvironment(program, HOST_CHANNEL_FD),
    });
  } catch (cause) {
    throw spawnError(cause);
  }
}
