// The log: pino, one logger per process, its children carry the fields `worker`, `slot`, `pid`, `generation` and
// `reason`. Writes to stderr and synchronously, because a pino transport would be a thread, which a fork does not
// copy. JSON lines, or one readable line each where stderr is a terminal. Used in every process.
import { isatty } from 'node:tty';
import { type DestinationStream, destination, type Logger, pino } from 'pino';

export type Log = Logger;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

const STDERR = 2;

/** The fields that a readable line shows in places of their own. */
const PLACED = new Set(['level', 'time', 'msg', 'err']);

function fieldText(name: string, value: unknown): string {
  if (typeof value !== 'string') return `${name}=${JSON.stringify(value)}`;
  return `${name}=${/^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)}`;
}

/** One JSON line of pino as `12:00:01 info  message key=value`, with an error's stack on the lines below. */
export function readableLine(json: string): string {
  const record = JSON.parse(json) as Record<string, unknown>;
  const time = new Date(record.time as string).toTimeString().slice(0, 8);
  const fields = Object.entries(record)
    .filter(([name]) => !PLACED.has(name))
    .map(([name, value]) => ` ${fieldText(name, value)}`)
    .join('');
  const error = record.err as { stack?: string; message?: string } | undefined;
  const stack = error ? `\n${error.stack ?? error.message ?? ''}` : '';
  return `${time} ${String(record.level).padEnd(5)} ${record.msg ?? ''}${fields}${stack}\n`;
}

function readable(target: DestinationStream): DestinationStream {
  return { write: (json) => target.write(readableLine(json)) };
}

/** @param level default 'info' */
export function createLog(level: LogLevel = 'info'): Log {
  const stderr = destination({ fd: STDERR, sync: true });
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    isatty(STDERR) ? readable(stderr) : stderr,
  );
}
