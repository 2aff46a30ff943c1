// setHeader() of our responses: keeps what node's own keeps, in the same place and form, in a tenth of the time. V8 looks a
// name up anew each time that it comes fresh out of toLowerCase(), and enumerates objects slowly that were made without a
// prototype. Runs where (req, res) listeners do. Whatever is not plain it leaves to node's.
import { validateHeaderName } from 'node:http';
import { exchangeOf } from './exchange.js';
import { HEADERS, node, type Response } from './internals.js';

/** Of a plain value nothing has to be checked or encoded; latin1 is node's to judge. */
const NOT_PLAIN = /[^\t\x20-\x7e]/;

/** As node keeps a header, and whether its value is plain. */
export type StoredHeader = [name: string, value: unknown, isPlain?: true];
export type StoredHeaders = Record<string, StoredHeader>;

/** What node makes as `{ __proto__: null }`. */
const KeptHeaders = function KeptHeaders() {} as unknown as new () => StoredHeaders;
KeptHeaders.prototype = Object.freeze(Object.create(null));

/** Names in lower case by name as written, for those that were checked before. */
const knownNames = new Map<string, string>();
const KNOWN_NAMES_MOST = 512;
const KNOWN_LENGTH_MOST = 64;

/** In lower case. @throws what node does for what is no name of a header */
export function checkedName(name: string): string {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  validateHeaderName(name);
  const lower = name.toLowerCase();
  if (knownNames.size < KNOWN_NAMES_MOST && name.length <= KNOWN_LENGTH_MOST) {
    // As a key of an object, V8 has one copy of it, which is looked up by its address.
    knownNames.set(name, Object.keys({ [lower]: true })[0]!);
  }
  return lower;
}

/** Whether it is in ASCII, and needs no check. */
export function isPlainValue(value: unknown): boolean {
  return typeof value === 'string' ? !NOT_PLAIN.test(value) : typeof value === 'number';
}

export function setHeader(this: Response, name: string, value: unknown): Response {
  const lower = knownNames.get(name);
  if (lower === undefined || HEADERS === undefined || exchangeOf(this) === undefined) {
    node.setHeader.call(this, name, value);
    checkedName(name);
    return this;
  }
  if (this._header || !isPlainValue(value)) return node.setHeader.call(this, name, value);
  this[HEADERS] ??= new KeptHeaders();
  const headers = this[HEADERS] as StoredHeaders;
  headers[lower] = [name, value, true];
  return this;
}
