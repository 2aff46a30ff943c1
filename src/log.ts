// The log: pino, one logger per process, its children carry the fields `worker`, `slot`, `pid`, `generation` and
// `reason`. Writes to stderr and synchronously, because a pino transport would be a thread, which a fork does not
// copy. JSON lines, or one readable line each where stderr is a terminal. Used in every process.
import { isatty } from 'node:tty';
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import { EVENTS, type EventFields, type EventName, isEvent } from './log/events.js';
import type { EventRow, Level } from './log/fields.js';

export type Log = Logger;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

const STDERR = 2;

/** The fields that a readable line shows in places of their own, or not: the words say which event it is. */
const PLACED = ['level', 'time', 'msg', 'err', 'event'];

/** Those that the words have in them. */
function toldFields(event: unknown): readonly string[] {
  if (!isEvent(event)) return [];
  const { words, fields } = EVENTS[event] as EventRow;
  return typeof words === 'function' ? fields : [];
}

function fieldText(name: string, value: unknown): string {
  if (typeof value !== 'string') return `${name}=${JSON.stringify(value)}`;
  return `${name}=${/^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)}`;
}

/** One JSON line of pino as `12:00:01 info  message key=value`, with an error's stack on the lines below. */
export function readableLine(json: string): string {
  const record = JSON.parse(json) as Record<string, unknown>;
  const time = new Date(record.time as string).toTimeString().slice(0, 8);
  const placed = new Set([...PLACED, ...toldFields(record.event)]);
  const fields = Object.entries(record)
    .filter(([name]) => !placed.has(name))
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

/**
 * Logs what has happened: the one way in which Pronghorn writes a line.
 * @param level one of the event's; default its first
 */
export function record<Name extends EventName>(
  log: Log,
  event: Name,
  fields: EventFields<Name>,
  level?: Level,
): void {
  const { levels, words } = EVENTS[event] as unknown as EventRow;
  const used = level ?? levels[0];
  if (!log.isLevelEnabled(used)) return;
  const line: object = { event, ...fields };
  log[used](line, typeof words === 'string' ? words : words(fields as never));
}
