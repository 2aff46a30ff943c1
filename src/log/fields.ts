// The fields of log lines: one name for one thing, whatever the event. Used in every process; imports nothing.

/** Kinds of values, as code has them. */
interface Kinds {
  number: number;
  text: string;
  texts: readonly string[];
  error: unknown;
}

const field = <Kind extends keyof Kinds>(kind: Kind, doc: string) => ({ kind, doc });

/** Every field, for the page that lists them. */
export const FIELDS = {
  worker: field('number', 'serial number of a worker, not used again while its manager lives'),
  slot: field('number', 'its place in the scoreboard, used again by its successors'),
  pid: field('number', 'process that the line is about'),
  thread: field(
    'number',
    "with `workerModel: thread`: the worker's thread, as node:worker_threads numbers it",
  ),
  generation: field('number', 'of the application: one more for each time that it is loaded'),
  replaces: field('number', 'the `worker` whose place it takes'),
  reason: field('text', 'why, in words for people'),
  err: field('error', 'error with `type`, `message`, `stack` and, where it has one, `code`'),
  retryInMs: field('number', 'milliseconds until it is tried again'),
  timeoutMs: field('number', 'milliseconds that it may take'),
  addresses: field('texts', 'where it listens'),
  workers: field('number', 'how many workers serve'),
  method: field('text', 'of a request'),
  startMethod: field('text', 'how workers are made: `fork`, `spawn`, `thread`'),
  url: field('text', 'of a request'),
  status: field('number', 'HTTP status of an answer'),
  path: field('text', 'file; or url that the server asks itself for'),
  change: field('text', 'what was asked for: `reload`, `upgrade`, `scale`'),
  options: field('texts', 'names of options'),
  inHand: field(
    'texts',
    'requests that a worker had in hand, as in `GET /report for 2.1 s, in its handler`; paths of at most 50 bytes, without the query',
  ),
  inFlight: field('number', 'how many requests a worker had in hand'),
  requests: field('number', 'how many requests a worker has had in all'),
  stack: field(
    'texts',
    "where a worker's JavaScript stood when its event loop had not turned for half of `activityTimeout`, the innermost call first; missing: within native code",
  ),
  heartbeatMs: field('number', "milliseconds since a worker's event loop last turned"),
  memory: field(
    'number',
    'bytes of memory that a worker has, shared ones too; of one that has died, the most that it ever had, where the kernel tells',
  ),
  names: field('texts', 'of services'),
  lines: field('number', 'lines since the last word of it'),
  unused: field('number', 'how many'),
  clients: field('number', 'the option'),
  room: field('number', 'connections for which there are descriptors'),
  done: field('number', 'requests that were made'),
  count: field('number', 'requests that were to be made'),
  text: field('text', 'what could not be said'),
} as const;

export type FieldName = keyof typeof FIELDS;

/** Values of these fields; an undefined one is left out of the line. */
export type FieldsOf<Name extends FieldName> = {
  readonly [Key in Name]: Kinds[(typeof FIELDS)[Key]['kind']] | undefined;
};

/** By which a line names a worker. Lines that a worker writes itself have them all. */
export const WORKER_FIELDS = ['worker', 'slot', 'pid', 'thread', 'generation'] as const;

/** What a worker was doing. */
export const FACT_FIELDS = ['inHand', 'stack', 'inFlight', 'requests', 'heartbeatMs', 'memory'] as const;

export type WorkerFields = FieldsOf<(typeof WORKER_FIELDS)[number]>;

export type Level = 'debug' | 'info' | 'warn' | 'error';

export interface EventRow<Name extends FieldName = FieldName> {
  /** The usual one first; the text says when it is another. */
  readonly levels: readonly [Level, ...Level[]];
  readonly fields: readonly Name[];
  /** A function tells all fields in words. */
  readonly words: string | ((fields: FieldsOf<Name>) => string);
  readonly doc: string;
}

export function row<const Names extends readonly FieldName[]>(
  levels: Level | readonly [Level, ...Level[]],
  fields: Names,
  words: EventRow<Names[number]>['words'],
  doc: string,
): EventRow<Names[number]> {
  return { levels: typeof levels === 'string' ? [levels] : levels, fields, words, doc };
}
