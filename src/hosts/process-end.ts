// How a child of the manager ended, and the words for it. Pure.
import { constants } from 'node:os';
import type { PronghornError } from '../errors.js';

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** Bytes, the most that it ever had; undefined: it was not for the manager to collect. */
  readonly peakMemory?: number | undefined;
  /** What the child itself said about it, or why it never came to life. */
  readonly error?: PronghornError;
  /** Why the manager killed it, if it did. */
  readonly killedFor?: string;
}

const SIGNAL_NAMES = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number as number, name]),
);

export function signalName(signal: number): string {
  return SIGNAL_NAMES.get(signal) ?? `signal ${signal}`;
}

/** 'exit code 1', 'SIGKILL'. */
export function describeEnd({ code, signal }: ProcessEnd): string {
  if (signal !== null) return signal;
  return code === null ? 'exit code unknown' : `exit code ${code}`;
}

/** The reason for a log line or for the error that a failed start ends in. */
export function reasonOfEnd(end: ProcessEnd): string {
  if (end.error) return end.error.message;
  return end.killedFor === undefined ? describeEnd(end) : `killed, ${end.killedFor}`;
}

/** By somebody who is neither the manager nor, as far as one can tell, the process itself. */
export function wasEndedFromOutside({ signal, killedFor }: ProcessEnd): boolean {
  return killedFor === undefined && (signal === 'SIGKILL' || signal === 'SIGTERM');
}
