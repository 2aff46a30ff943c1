// A server in the background: `start` makes it, in a session of its own, and hears from it over a pipe until its workers
// serve or it has failed. Runs in the command and, for the other end of the pipe, in the manager.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Progress } from '../control/protocol.js';
import { PronghornError, reasonOf } from '../errors.js';
import { makeFolders } from '../manager/make-folders.js';
import { type Interruption, onInterruption } from './interruption.js';

/** Descriptor of the pipe to `start`; only set by it. */
const VARIABLE = 'PRONGHORN_DAEMON';
const PIPE_FD = 3;
/** For its owner and his group: requests and errors may be nobody else's business. */
const LOG_MODE = 0o640;

export interface Up {
  readonly pid: number;
  readonly addresses: readonly string[];
  readonly adminAddress: string | undefined;
  readonly workers: number;
}

type Word =
  | ({ readonly type: 'progress' } & Progress)
  | ({ readonly type: 'up' } & Up)
  | { readonly type: 'failed'; readonly text: string; readonly exitCode: number };

/** The server's end. */
export class DaemonVoice {
  #fd: number | undefined;

  /** What the environment announces, which is removed from it. */
  constructor(environment: NodeJS.ProcessEnv) {
    const { [VARIABLE]: text } = environment;
    delete environment[VARIABLE];
    this.#fd = text === String(PIPE_FD) ? PIPE_FD : undefined;
  }

  /** Somebody waits for it. */
  get isHeard(): boolean {
    return this.#fd !== undefined;
  }

  progress(progress: Progress): void {
    this.#say({ type: 'progress', ...progress });
  }

  up(up: Up): void {
    this.#say({ type: 'up', ...up });
    this.#end();
  }

  failed(text: string, exitCode: number): void {
    this.#say({ type: 'failed', text, exitCode });
    this.#end();
  }

  #say(word: Word): void {
    if (this.#fd === undefined) return;
    try {
      writeSync(this.#fd, `${JSON.stringify(word)}\n`);
    } catch {
      // Nobody waits any more.
      this.#end();
    }
  }

  #end(): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
  }
}

function openLog(path: string): number {
  try {
    makeFolders(dirname(path));
    // Appending: what is copied away and truncated, as logrotate can, goes on at its new end.
    return openSync(path, 'a', LOG_MODE);
  } catch (cause) {
    const text = `cannot write the log to ${path}: ${reasonOf(cause)}; --log-file names another file`;
    throw new PronghornError('ERR_PRONGHORN_CLI_USAGE', { text });
  }
}

export type Outcome =
  | { readonly up: Up }
  | { readonly text: string; readonly exitCode: number }
  | { readonly brokenOffBy: Interruption };

function listen(pipe: Duplex, onWord: (word: Word) => void): void {
  let text = '';
  pipe.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop()!;
    for (const line of lines) onWord(JSON.parse(line) as Word);
  });
}

/**
 * @param args of node: script and words
 * @throws ERR_PRONGHORN_CLI_USAGE when the log cannot be written, ERR_PRONGHORN_BOOT_EXITED
 */
export async function startDaemon(
  args: readonly string[],
  logFile: string,
  onProgress: (progress: Progress) => void,
): Promise<Outcome> {
  const log = openLog(logFile);
  let brokenOffBy: Interruption | undefined;
  // Who breaks off the command does not want the server.
  const release = onInterruption((signal) => {
    brokenOffBy = signal;
    child.kill('SIGTERM');
  });
  const child = spawn(process.execPath, args, {
    // As it was called, for an upgrade to look it up again.
    argv0: process.argv0,
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
    env: { ...process.env, [VARIABLE]: String(PIPE_FD) },
  });
  closeSync(log);
  const gone = new Promise((resolve) => child.once('exit', resolve));
  try {
    const outcome = await outcomeOf(child, onProgress);
    if (brokenOffBy === undefined) return outcome;
    await gone;
    return { brokenOffBy };
  } catch (error) {
    if (brokenOffBy !== undefined) return { brokenOffBy };
    // It has ended without a word, or with words that only the log has.
    if (error instanceof PronghornError) error.log = logFile;
    throw error;
  } finally {
    release();
    child.unref();
  }
}

function outcomeOf(child: ChildProcess, onProgress: (progress: Progress) => void): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    listen(child.stdio[PIPE_FD] as Duplex, (word) => {
      if (word.type === 'progress') onProgress(word);
      else if (word.type === 'up') resolve({ up: word });
      else resolve(word);
    });
    child.once('error', (cause) =>
      reject(new PronghornError('ERR_PRONGHORN_SPAWN', { what: 'server', reason: reasonOf(cause), cause })),
    );
    child.once('close', (code, signal) => {
      const how = signal ?? `exit code ${code}`;
      reject(new PronghornError('ERR_PRONGHORN_BOOT_EXITED', { what: 'server', how }));
    });
  });
}
