// The kinds of values that an option can have: what is accepted, how it is described in an error, and how the text
// of a command line or an environment variable becomes a value. Pure; never reads the environment itself.

/** One row of the option table. */
export interface Option<Value, Unit extends 's' | undefined = undefined> {
  /** Completes "expected … for `name`". */
  readonly expected: string;
  /** Stands for the value in the command line's help. */
  readonly placeholder: string;
  readonly doc: string;
  /** Undefined where the default depends on other options or on the machine: `defaultDoc` says how. */
  readonly default?: Value;
  readonly defaultDoc?: string;
  /** Seconds for the user, milliseconds (and a name that ends in Ms) inside. */
  readonly unit?: Unit;
  readonly accepts: (value: unknown) => value is Value;
  /** Any value that `accepts` refuses will do for text that makes no sense. */
  readonly fromText: (text: string) => unknown;
  readonly choices?: readonly string[];
  /** May be given more than once on the command line. */
  readonly repeatable?: boolean;
}

interface Range<Value> {
  readonly doc: string;
  readonly default?: Value;
  readonly defaultDoc?: string;
  readonly min?: number;
  readonly max?: number;
}

/** Only what looks like a plain decimal number: Number() alone would take '', '0x10' and ' 5 ' too. */
function numberFromText(text: string): unknown {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function rangeText({ min, max }: { min?: number; max?: number }): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return '';
}

function isWithin(
  value: number,
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY },
): boolean {
  return value >= min && value <= max;
}

export function integer(range: Range<number>): Option<number> {
  return {
    doc: range.doc,
    default: range.default,
    defaultDoc: range.defaultDoc,
    expected: `an integer${rangeText(range)}`,
    placeholder: '<n>',
    accepts: (value): value is number => Number.isSafeInteger(value) && isWithin(value as number, range),
    fromText: numberFromText,
  };
}

/** A share, from 0 to 1. */
export function share(range: Range<number>): Option<number> {
  const bounds = { min: 0, max: 1 };
  return {
    doc: range.doc,
    default: range.default,
    defaultDoc: range.defaultDoc,
    expected: `a number${rangeText(bounds)}`,
    placeholder: '<share>',
    accepts: (value): value is number => typeof value === 'number' && isWithin(value, bounds),
    fromText: numberFromText,
  };
}

/** A timer of Node cannot be longer than 2^31 - 1 ms. */
const SECONDS_MAX = 2_147_483;

export function seconds(range: Range<number>): Option<number, 's'> {
  const bounds = { min: range.min ?? 0, max: SECONDS_MAX };
  return {
    doc: range.doc,
    default: range.default,
    defaultDoc: range.defaultDoc,
    unit: 's',
    expected: `a number of seconds${rangeText(bounds)}`,
    placeholder: '<seconds>',
    accepts: (value): value is number => typeof value === 'number' && isWithin(value, bounds),
    fromText: numberFromText,
  };
}

export function choice<const Value extends string>(
  values: readonly Value[],
  range: { doc: string; default: NoInfer<Value>; placeholder: string },
): Option<Value> {
  const names = values.map((value) => `'${value}'`);
  return {
    doc: range.doc,
    default: range.default,
    expected: `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`,
    placeholder: range.placeholder,
    choices: values,
    accepts: (value): value is Value => (values as readonly unknown[]).includes(value),
    fromText: (text) => text,
  };
}

/** Where to listen, as an object. Either `path`, or `port` with or without `host`. */
export interface Location {
  /** IP address or host name; `*` (the default) is every IPv6 and IPv4 address. */
  readonly host?: string;
  /** 0 lets the kernel choose. */
  readonly port?: number;
  /** Path of a unix socket. */
  readonly path?: string;
}

const LOCATION_KEYS: Record<keyof Location, 'string' | 'number'> = {
  host: 'string',
  port: 'number',
  path: 'string',
};

function isLocation(value: unknown): value is string | Location {
  if (typeof value === 'string') return value !== '';
  if (typeof value !== 'object' || value === null) return false;
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  const isKnown = entries.every(([key, part]) => typeof part === LOCATION_KEYS[key as keyof Location]);
  return isKnown && 'path' in value !== 'port' in value && !('path' in value && 'host' in value);
}

export type Locations = string | Location | readonly (string | Location)[];

export function locations(range: { doc: string; default: string }): Option<Locations> {
  return {
    doc: range.doc,
    default: range.default,
    expected: 'a URL, { host, port }, { path } or a list of these',
    placeholder: '<url>',
    accepts: (value): value is Locations =>
      Array.isArray(value) ? value.length > 0 && value.every(isLocation) : isLocation(value),
    fromText: (text) => text.split(',').map((part) => part.trim()),
    repeatable: true,
  };
}
