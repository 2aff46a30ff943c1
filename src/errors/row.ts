// The shape of a row in the table of errors, and the exit codes. Used in every process; imports nothing.

/** Exit codes of the manager, documented in the command line's help. */
export const EXIT = {
  stopped: 0,
  boot: 1,
  usage: 2,
  listen: 3,
  forkUnsafe: 4,
  notRunning: 5,
  timeout: 6,
  internal: 70,
} as const;

export interface Row<Details> {
  readonly exitCode: number;
  readonly message: (details: Details) => string;
}

export function row<Details = Record<never, never>>(
  exitCode: number,
  message: (details: Details) => string,
): Row<Details> {
  return { exitCode, message };
}
