// How the command line ends with an error: one line on stderr, `pronghorn: message (CODE)`. An application that threw
// while loading gets its own stack below that line; frames of Pronghorn and of Node are never shown.
import { writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT, PronghornError, reasonOf } from '../errors.js';

const OWN_FILES = dirname(dirname(fileURLToPath(import.meta.url)));

/** The frames of a stack that lie in the user's files. */
function ownFrames(stack: string): string[] {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .filter((line) => !line.includes(OWN_FILES) && !/\(?node:/.test(line) && !line.includes('<anonymous>'));
}

export function asPronghornError(error: unknown): PronghornError {
  if (error instanceof PronghornError) return error;
  return new PronghornError('ERR_PRONGHORN_INTERNAL', { reason: reasonOf(error), cause: error });
}

/** The text for stderr. */
export function reportText(error: PronghornError): string {
  const line = `pronghorn: ${error.message.replace(/\s*\n\s*/g, ' ')} (${error.code})`;
  const { cause, log } = error;
  const isTheirs = error.exitCode === EXIT.boot || error.code === 'ERR_PRONGHORN_CONFIG_FILE';
  const frames = isTheirs && cause instanceof Error ? ownFrames(cause.stack ?? '') : [];
  return `${[line, ...frames, ...(log === undefined ? [] : [`Log: ${log}`])].join('\n')}\n`;
}

/** Something is wrong, and the command goes on. */
export function warn(text: string): void {
  writeSync(process.stderr.fd, `pronghorn: ${text}\n`);
}

/** Prints the error and returns the exit code that goes with it. */
export function reportError(error: unknown): number {
  const known = asPronghornError(error);
  writeSync(process.stderr.fd, reportText(known));
  return known.exitCode;
}
