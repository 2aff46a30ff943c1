// What docs/LOGS.md promises of every line: an event of the table, one of its levels, and no field but its own.
import assert from 'node:assert/strict';
import { EVENTS, isEvent } from '#dist/log/events.js';
import { WORKER_FIELDS } from '#dist/log/fields.js';
import type { LogLine } from './server.js';

const OF_EVERY_LINE = ['level', 'time', 'event', 'msg'];

function faultOf(line: LogLine): string | undefined {
  const { event, level } = line;
  if (!isEvent(event)) return 'no event';
  const { levels, fields } = EVENTS[event];
  if (!(levels as readonly string[]).includes(level)) return `not at level ${level}`;
  // Whoever writes it may be a worker.
  const known = new Set<string>([...OF_EVERY_LINE, ...WORKER_FIELDS, ...fields]);
  const unknown = Object.keys(line).filter((name) => !known.has(name));
  return unknown.length === 0 ? undefined : `fields ${unknown.join(', ')}`;
}

/** Loggers of applications number their levels. */
const isOurs = ({ level, msg, time }: LogLine) =>
  typeof level === 'string' && msg !== undefined && time !== undefined;

export function assertKnownLines(log: readonly LogLine[]): void {
  const faults = log.filter(isOurs).flatMap((line) => {
    const fault = faultOf(line);
    return fault === undefined ? [] : [`${fault}: ${JSON.stringify(line)}`];
  });
  assert.deepEqual(faults, [], 'lines that docs/LOGS.md does not know');
}
