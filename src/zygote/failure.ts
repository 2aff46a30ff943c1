// What went wrong while the application was loading, in words for the manager: the application's own frames are kept,
// Node's and ours are not.
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Failed } from '../channel/messages.js';
import { PronghornError, reasonOf } from '../errors.js';

const OWN_FILES = fileURLToPath(new URL('../', import.meta.url));
const FRAME = /^\s+at /;

function isForeign(frame: string): boolean {
  const isOurs = frame.includes(OWN_FILES) || frame.includes(OWN_FILES.split(sep).join('/'));
  return !isOurs && !/\(?node:/.test(frame);
}

function visibleStack(error: unknown): string | undefined {
  if (error instanceof PronghornError || !(error instanceof Error) || !error.stack) return undefined;
  const lines = error.stack.split('\n').filter((line) => !FRAME.test(line) || isForeign(line));
  return lines.length > error.message.split('\n').length ? lines.join('\n') : undefined;
}

export function describeFailure(error: unknown): Failed {
  const code = (error as { code?: unknown } | undefined)?.code;
  return {
    type: 'failed',
    code: typeof code === 'string' ? code : '',
    message: reasonOf(error),
    stack: visibleStack(error),
  };
}
