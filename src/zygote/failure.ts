// What went wrong while the application was loading: words for the manager, with the application's own frames but not
// Node's or ours, and the end of the host.
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Failed } from '../channel/messages.js';
import { sendBlocking } from '../channel/wire.js';
import { PronghornError, reasonOf } from '../errors.js';

const OWN_FILES = fileURLToPath(new URL('../', import.meta.url));
const FAILED_EXIT_CODE = 1;
const PLACE = /^\/.*:\d+$/;
const FRAME = /^\s+at /;

function isForeign(frame: string): boolean {
  const isOurs = frame.includes(OWN_FILES) || frame.includes(OWN_FILES.split(sep).join('/'));
  return !isOurs && !/\(?node:/.test(frame);
}

function visibleStack(error: unknown): string | undefined {
  if (error instanceof PronghornError || !(error instanceof Error) || !error.stack) return undefined;
  const lines = error.stack.split('\n').filter((line) => !FRAME.test(line) || isForeign(line));
  // How Node tells the place of a syntax error in CommonJS.
  if (error instanceof SyntaxError && PLACE.test(lines[0]!)) lines.push(`    at ${lines[0]}`);
  return lines.length > error.message.split('\n').length ? lines.join('\n') : undefined;
}

/** Node's own words for a file in TypeScript say nothing of that. */
function wordsOf(error: unknown, code: unknown): string {
  const words = reasonOf(error);
  if (code !== 'ERR_UNKNOWN_FILE_EXTENSION' || !/"\.[mc]?ts"/.test(words)) return words;
  return `Node.js ${process.version} does not read TypeScript, 22.18 and later do: ${words}`;
}

function describeFailure(error: unknown): Failed {
  const code = (error as { code?: unknown } | undefined)?.code;
  return {
    type: 'failed',
    code: typeof code === 'string' ? code : '',
    message: wordsOf(error, code),
    stack: visibleStack(error),
  };
}

/**
 * Of a syntax error in an ES module only Node knows the place, and shows it when the error is caught by nobody. In
 * CommonJS the place is part of the stack.
 */
function hidesPlace(error: unknown): error is SyntaxError {
  return error instanceof SyntaxError && visibleStack(error) === undefined;
}

/**
 * An exception that nobody catches while code of the application runs in the host; one that the application itself
 * catches is none of ours. @returns what ends this
 */
export function tellUncaught(channelFd: number): () => void {
  const onUncaught = (error: unknown) => {
    if (process.listenerCount('uncaughtException') === 1) failLoading(channelFd, error);
  };
  process.on('uncaughtException', onUncaught);
  return () => process.off('uncaughtException', onUncaught);
}

/** Tells the manager. Does not return, or ends the process by an exception. */
export function failLoading(channelFd: number, error: unknown): void {
  sendBlocking<Failed>(channelFd, describeFailure(error));
  if (!hidesPlace(error)) process.exit(FAILED_EXIT_CODE);
  process.removeAllListeners('uncaughtException');
  error.stack = `${error.name}: ${error.message}`;
  setImmediate(() => {
    throw error;
  });
}
