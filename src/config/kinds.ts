// The kinds of values that an option can have: what is accepted, how it is described in an error, and how the text
// of a command line or an environment variable becomes a value. Pure; never reads the environment itself.
import { isLocation, LOCATION_SCHEMA, type Location } from './location.js';
import { isNetwork, UNIX_NETWORK } from './networks.js';

/** What an editor is told of a value, in the words of JSON Schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** One row of the option table. */
export interface Option<Value, Unit extends 's' | undefined = undefined> {
  /** Completes "expected … for `name`". */
  readonly expected: string;
  /** Stands for the value in the command line's help; empty where the name alone says it. */
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
  readonly schema: JsonSchema;
  readonly choices?: readonly string[];
  /** May be given more than once on the command line. */
  readonly repeatable?: boolean;
}

const NAME: JsonSchema = { type: 'string', minLength: 1 };

/** The one above is the kernel's "no such account". */
const ACCOUNT_MAX = 0xffff_fffe;

function oneOrSeveral(item: JsonSchema): JsonSchema {
  return { anyOf: [item, { type: 'array', items: item }] };
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

const BOOLEANS = new Map<string, boolean>([
  ...['true', 'yes', 'on', '1'].map((word) => [word, true] as const),
  ...['false', 'no', 'off', '0'].map((word) => [word, false] as const),
]);

function listFromText(text: string): string[] {
  return text.split(',').map((part) => part.trim());
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
    schema: { type: 'integer', minimum: range.min, maximum: range.max },
    accepts: (value): value is number => Number.isSafeInteger(value) && isWithin(value as number, range),
    fromText: numberFromText,
  };
}

export function bytes(range: Range<number>): Option<number> {
  return {
    ...integer(range),
    expected: `a whole number of bytes${rangeText(range)}`,
    placeholder: '<bytes>',
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
    schema: { type: 'number', minimum: bounds.min, maximum: bounds.max },
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
    schema: { type: 'number', minimum: bounds.min, maximum: bounds.max },
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
    schema: { enum: values },
    accepts: (value): value is Value => (values as readonly unknown[]).includes(value),
    fromText: (text) => text,
  };
}

/** Something that is or is not: --name and --no-name on the command line. */
export function flag(range: { doc: string; default: boolean }): Option<boolean> {
  return {
    doc: range.doc,
    default: range.default,
    expected: 'true or false',
    placeholder: '',
    schema: { type: 'boolean' },
    accepts: (value): value is boolean => typeof value === 'boolean',
    fromText: (text) => BOOLEANS.get(text) ?? text,
  };
}

/** A path of the file system. */
export function path(range: { doc: string; defaultDoc: string }): Option<string> {
  return {
    doc: range.doc,
    defaultDoc: range.defaultDoc,
    expected: 'a path',
    placeholder: '<path>',
    schema: { type: 'string', minLength: 1 },
    accepts: (value): value is string => typeof value === 'string' && value !== '' && !value.includes('\0'),
    fromText: (text) => text,
  };
}

/** A text without spaces whose meaning is checked by whoever uses it. */
export function word(range: {
  doc: string;
  defaultDoc: string;
  expected: string;
  placeholder: string;
}): Option<string> {
  return {
    ...range,
    schema: { type: 'string', minLength: 1 },
    accepts: (value): value is string => typeof value === 'string' && /^[!-~]+$/.test(value),
    fromText: (text) => text,
  };
}

/** Some words, blanks included. */
export function phrase(range: {
  doc: string;
  defaultDoc: string;
  expected: string;
  placeholder: string;
}): Option<string> {
  return {
    ...range,
    schema: { type: 'string', minLength: 1 },
    accepts: (value): value is string =>
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
      typeof value === 'string' && /^[^\u0000-\u001f\u007f]+$/.test(value),
    fromText: (text) => text,
  };
}

/** A user or a group, by name or number. */
export function account(range: {
  doc: string;
  defaultDoc: string;
  placeholder: string;
}): Option<string | number> {
  return {
    doc: range.doc,
    defaultDoc: range.defaultDoc,
    expected: 'a name or a number',
    placeholder: range.placeholder,
    schema: { anyOf: [NAME, { type: 'integer', minimum: 0, maximum: ACCOUNT_MAX }] },
    accepts: (value): value is string | number =>
      typeof value === 'string'
        ? value !== '' && !value.includes('\0')
        : Number.isSafeInteger(value) && isWithin(value as number, { min: 0, max: ACCOUNT_MAX }),
    fromText: numberFromText,
  };
}

const PERMISSIONS_MAX = 0o777;

/** @param value that `permissions` accepts */
export function permissionBits(value: string | number): number {
  return typeof value === 'number' ? value : Number.parseInt(value, 8);
}

/** Permissions of files: 0o027 or '027'. The text is octal everywhere. */
export function permissions(range: { doc: string; defaultDoc: string }): Option<string | number> {
  return {
    doc: range.doc,
    defaultDoc: range.defaultDoc,
    expected: "an octal text from '000' to '777'",
    placeholder: '<octal>',
    schema: {
      anyOf: [
        { type: 'string', pattern: '^0?[0-7]{1,3}$' },
        { type: 'integer', minimum: 0, maximum: PERMISSIONS_MAX },
      ],
    },
    accepts: (value): value is string | number =>
      typeof value === 'string'
        ? /^0?[0-7]{1,3}$/.test(value)
        : Number.isSafeInteger(value) && isWithin(value as number, { min: 0, max: PERMISSIONS_MAX }),
    fromText: (text) => text,
  };
}

export type Networks = string | readonly string[];

export function networks(range: { doc: string; defaultDoc: string }): Option<Networks> {
  return {
    doc: range.doc,
    defaultDoc: range.defaultDoc,
    expected: `an IP address, a CIDR block, '${UNIX_NETWORK}' or a list of these`,
    placeholder: '<network>',
    schema: oneOrSeveral({ type: 'string' }),
    accepts: (value): value is Networks => (Array.isArray(value) ? value.every(isNetwork) : isNetwork(value)),
    fromText: listFromText,
    repeatable: true,
  };
}

export type Locations = string | Location | readonly (string | Location)[];

export function locations(range: { doc: string; default: string }): Option<Locations> {
  return {
    doc: range.doc,
    default: range.default,
    expected: 'a URL, { host, port }, { path }, { fd } or a list of these',
    placeholder: '<url>',
    schema: oneOrSeveral(LOCATION_SCHEMA),
    accepts: (value): value is Locations =>
      Array.isArray(value) ? value.length > 0 && value.every(isLocation) : isLocation(value),
    fromText: listFromText,
    repeatable: true,
  };
}
