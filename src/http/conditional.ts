// Conditional requests and ranges (RFC 9110 sections 13 and 14): what of a representation is to be sent. Pure, runs in
// workers.

export interface Conditions {
  /** A request header's value, by its name in lower case. */
  get(name: string): string | undefined;
}

export interface Representation {
  readonly etag: string | undefined;
  /** Milliseconds, whole seconds. */
  readonly lastModified: number | undefined;
  readonly size: number;
}

export interface Selection {
  /** 200: all of it; 206: the bytes from start to before end; 304, 412, 416: none. */
  readonly code: 200 | 206 | 304 | 412 | 416;
  readonly start: number;
  readonly end: number;
}

/** An entity tag of a list, or `*`. */
const TAGS = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"|\*/g;

const opaque = (tag: string): string => (tag.startsWith('W/') ? tag.slice(2) : tag);

/** Weak comparison: the same content, not the same bytes. */
function matchesWeakly(list: string, etag: string | undefined): boolean {
  return (list.match(TAGS) ?? []).some(
    (tag) => tag === '*' || (etag !== undefined && opaque(tag) === opaque(etag)),
  );
}

function matchesStrongly(list: string, etag: string | undefined): boolean {
  return (list.match(TAGS) ?? []).some((tag) => tag === '*' || (tag === etag && !tag.startsWith('W/')));
}

/** A date that cannot be read, or that is compared with none, is no condition. */
function isAfter(lastModified: number | undefined, date: string): boolean | undefined {
  const time = Date.parse(date);
  if (lastModified === undefined || Number.isNaN(time)) return undefined;
  return lastModified > time;
}

/** In the order of section 13.2.2. */
function failing(method: string, conditions: Conditions, { etag, lastModified }: Representation) {
  const ifMatch = conditions.get('if-match');
  if (ifMatch !== undefined) {
    if (!matchesStrongly(ifMatch, etag)) return 412;
  } else {
    const since = conditions.get('if-unmodified-since');
    if (since !== undefined && isAfter(lastModified, since) === true) return 412;
  }
  const isRead = method === 'GET' || method === 'HEAD';
  const ifNoneMatch = conditions.get('if-none-match');
  if (ifNoneMatch !== undefined) {
    if (matchesWeakly(ifNoneMatch, etag)) return isRead ? 304 : 412;
  } else if (isRead) {
    const since = conditions.get('if-modified-since');
    if (since !== undefined && isAfter(lastModified, since) === false) return 304;
  }
  return undefined;
}

/** Whether the range is of the representation that the client has a part of. */
function isOfThis(ifRange: string | undefined, { etag, lastModified }: Representation): boolean {
  if (ifRange === undefined) return true;
  if (ifRange.startsWith('"')) return ifRange === etag;
  return !ifRange.startsWith('W/') && lastModified !== undefined && Date.parse(ifRange) === lastModified;
}

/** One range of bytes. Anything else, several too, may be ignored, and is (section 14.2). */
const RANGE = /^bytes=[ \t]*(?:(\d+)-(\d*)|-(\d+))[ \t]*$/i;

function rangeOf(value: string, size: number): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = RANGE.exec(value);
  if (match === null) return undefined;
  const [, first, last, suffix] = match;
  if (suffix !== undefined) {
    const length = Math.min(Number(suffix), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size };
  }
  const start = Number(first);
  const end = last ? Number(last) + 1 : size;
  if (end <= start && last) return undefined;
  if (start >= size) return 'unsatisfiable';
  return { start, end: Math.min(end, size) };
}

export function select(method: string, conditions: Conditions, representation: Representation): Selection {
  const { size } = representation;
  const failed = failing(method, conditions, representation);
  if (failed !== undefined) return { code: failed, start: 0, end: 0 };
  const whole = { code: 200, start: 0, end: size } as const;
  const asked = method === 'GET' ? conditions.get('range') : undefined;
  if (asked === undefined || !isOfThis(conditions.get('if-range'), representation)) return whole;
  const range = rangeOf(asked, size);
  if (range === undefined) return whole;
  if (range === 'unsatisfiable') return { code: 416, start: 0, end: 0 };
  return { code: 206, ...range };
}
