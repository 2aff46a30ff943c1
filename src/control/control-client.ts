// One request to a running manager, and its outcome. Runs in the commands, never in the manager.
import { lstatSync } from 'node:fs';
import { createConnection } from 'node:net';
import { type ErrorCode, PronghornError, reasonOf } from '../errors.js';
import { CONTROL_VERSION, type Progress, type Request, readLines, writeLine } from './protocol.js';

export interface AskOptions {
  readonly onProgress?: (progress: Progress) => void;
  /** Milliseconds; undefined: as long as it takes. */
  readonly timeoutMs?: number;
  /** Words for what is waited for. */
  readonly what: string;
}

const FOREIGN = 'it belongs to another user';
const ABSENT = new Set(['ENOENT', 'ECONNREFUSED']);

/** Undefined: there is none. */
function ownerOf(path: string): number | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.uid;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') return undefined;
    const reason = code === 'EACCES' ? FOREIGN : reasonOf(cause);
    throw new PronghornError('ERR_PRONGHORN_CONTROL_SOCKET', { path, reason, cause });
  }
}

/**
 * Nobody tells a server of somebody else what to do, or believes what it says. Root may command everybody's.
 * @returns whether there is a file at all
 */
function isOurs(path: string): boolean {
  const owner = ownerOf(path);
  const own = process.geteuid!();
  if (owner === undefined) return false;
  if (owner === 0 || own === 0 || owner === own) return true;
  throw new PronghornError('ERR_PRONGHORN_CONTROL_SOCKET', { path, reason: FOREIGN });
}

/**
 * @returns what the manager answers, or undefined when none listens there
 * @throws what the manager failed with; ERR_PRONGHORN_CONTROL_SOCKET, ERR_PRONGHORN_CONTROL_LOST,
 * ERR_PRONGHORN_CONTROL_TIMEOUT, ERR_PRONGHORN_CONTROL_VERSION
 */
export async function ask<Result>(
  path: string,
  request: Request,
  { onProgress, timeoutMs, what }: AskOptions,
): Promise<{ result: Result } | undefined> {
  // A path too long for a socket is no file either; connecting to it fails in another way on each version of Node.
  if (!isOurs(path)) return undefined;
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let timer: NodeJS.Timeout | undefined;
    const settle = (settled: () => void) => {
      clearTimeout(timer);
      socket.destroy();
      settled();
    };
    const fail = (error: unknown) => settle(() => reject(error));
    if (timeoutMs !== undefined) {
      const seconds = timeoutMs / 1000;
      const late = () => fail(new PronghornError('ERR_PRONGHORN_CONTROL_TIMEOUT', { what, seconds }));
      timer = setTimeout(late, timeoutMs);
    }
    socket.once('connect', () => writeLine(socket, { version: CONTROL_VERSION, ...request }));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (ABSENT.has(error.code ?? '')) return settle(() => resolve(undefined));
      const isReset = error.code === 'ECONNRESET' || error.code === 'EPIPE';
      if (isReset) return fail(new PronghornError('ERR_PRONGHORN_CONTROL_LOST', { what }));
      const reason = error.code === 'EACCES' ? FOREIGN : reasonOf(error);
      fail(new PronghornError('ERR_PRONGHORN_CONTROL_SOCKET', { path, reason }));
    });
    // A stop is over when the other side is, whether it still said so or not.
    socket.once('close', () => fail(new PronghornError('ERR_PRONGHORN_CONTROL_LOST', { what })));
    readLines(socket, (message) => {
      if (message?.type === 'progress') onProgress?.(message as unknown as Progress);
      else if (message?.type === 'done') settle(() => resolve({ result: message.result as Result }));
      else if (message?.type === 'failed') fail(relayed(message));
    });
  });
}

function relayed({ code, message }: Record<string, unknown>): PronghornError {
  const text = String(message);
  return (
    PronghornError.relayed(String(code) as ErrorCode, text) ??
    new PronghornError('ERR_PRONGHORN_INTERNAL', { reason: text })
  );
}
