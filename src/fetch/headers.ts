// Headers of the Fetch standard, in a tenth of the time that Node's take: a request's are looked up where the engine has
// put them, a response's are two short lists. Runs in workers. Instances of Node's class to `instanceof`, and the same to
// any observer; test/unit/fetch-headers.test.ts compares the two.
// biome-ignore-all lint/complexity/noArguments: it tells an argument that is missing from one that is undefined.
import { inspect } from 'node:util';
import { NativeHeaders, standInFor } from './natives.js';

/** A request's headers as the engine has them: never changed. */
export interface HeaderSource {
  get(name: string): string | undefined;
  getAll(name: string): string[];
  has(name: string): boolean;
  entries(): Iterable<[name: string, value: string]>;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const BEYOND_BYTE = /[\u0100-\uffff]/;
const FORBIDDEN = /[\0\r\n]/;
/** HTTP whitespace at either end. */
const BLANK_ENDS = /^[\t\n\r ]+|[\t\n\r ]+$/g;
const COOKIE = 'cookie';
const SET_COOKIE = 'set-cookie';
const CONTENT_TYPE = 'content-type';

/** Names in lower case by name as written, for those that were checked before. */
const knownNames = new Map<string, string>();
const KNOWN_NAMES_MOST = 512;

function nameOf(given: unknown): string {
  const known = knownNames.get(given as string);
  if (known !== undefined) return known;
  const name = String(given);
  if (!TOKEN.test(name)) throw new TypeError(`${inspect(name)} is no name of a header`);
  const lower = name.toLowerCase();
  if (knownNames.size < KNOWN_NAMES_MOST) knownNames.set(name, lower);
  return lower;
}

/** Those that were checked before: most applications send the same ones all the time. */
const knownValues = new Set<string>();
const KNOWN_VALUES_MOST = 512;
const KNOWN_LENGTH_MOST = 128;

function valueFrom(given: unknown): string {
  if (knownValues.has(given as string)) return given as string;
  const text = typeof given === 'string' ? given : String(given);
  const value = text.replace(BLANK_ENDS, '');
  if (FORBIDDEN.test(value)) throw new TypeError(`${inspect(value)} is no value of a header`);
  if (BEYOND_BYTE.test(value)) throw new TypeError(`${inspect(value)} has characters beyond U+00FF`);
  if (value.length <= KNOWN_LENGTH_MOST && knownValues.size < KNOWN_VALUES_MOST) knownValues.add(value);
  return value;
}

function tooFew(count: number, method: string): never {
  throw new TypeError(`Headers.${method} needs ${count} argument${count > 1 ? 's' : ''}`);
}

export class FetchHeaders {
  /** What has not been copied into the lists yet. */
  #source: HeaderSource | undefined;
  /** In lower case, in the order in which they were set; each but `set-cookie` once. */
  #names: string[] = [];
  #values: string[] = [];
  #sorted: [string, string][] | undefined;

  constructor(init?: unknown) {
    if (init !== undefined) this.#fill(init);
  }

  /** @internal */
  static from(source: HeaderSource): FetchHeaders {
    const headers = new FetchHeaders();
    headers.#source = source;
    return headers;
  }

  append(name: unknown, value: unknown): void {
    if (arguments.length < 2) tooFew(2, 'append');
    const lower = nameOf(name);
    const text = valueFrom(value);
    this.#own();
    this.#add(lower, text);
  }

  set(name: unknown, value: unknown): void {
    if (arguments.length < 2) tooFew(2, 'set');
    const lower = nameOf(name);
    const text = valueFrom(value);
    this.#own();
    const at = this.#names.indexOf(lower);
    if (at < 0) {
      this.#names.push(lower);
      this.#values.push(text);
      return;
    }
    this.#values[at] = text;
    if (lower === SET_COOKIE) this.#remove(lower, at + 1);
  }

  delete(name: unknown): void {
    if (arguments.length < 1) tooFew(1, 'delete');
    const lower = nameOf(name);
    this.#own();
    this.#remove(lower, 0);
  }

  get(name: unknown): string | null {
    if (arguments.length < 1) tooFew(1, 'get');
    const lower = nameOf(name);
    if (this.#source !== undefined) return this.#source.get(lower) ?? null;
    if (lower === SET_COOKIE) {
      const all = this.getSetCookie();
      return all.length === 0 ? null : all.join(', ');
    }
    const at = this.#names.indexOf(lower);
    return at < 0 ? null : this.#values[at]!;
  }

  has(name: unknown): boolean {
    if (arguments.length < 1) tooFew(1, 'has');
    const lower = nameOf(name);
    return this.#source === undefined ? this.#names.includes(lower) : this.#source.has(lower);
  }

  getSetCookie(): string[] {
    if (this.#source !== undefined) return this.#source.getAll(SET_COOKIE);
    return this.#values.filter((_, at) => this.#names[at] === SET_COOKIE);
  }

  /** Every step looks at the headers as they are then. */
  *entries(): Generator<[string, string], undefined> {
    for (let at = 0; at < this.#inOrder().length; at++) {
      const [name, value] = this.#inOrder()[at]!;
      yield [name, value];
    }
  }

  *keys(): Generator<string, undefined> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): Generator<string, undefined> {
    for (const [, value] of this.entries()) yield value;
  }

  forEach(callback: (value: string, name: string, headers: FetchHeaders) => void, self?: unknown): void {
    if (typeof callback !== 'function') throw new TypeError('Headers.forEach needs a function');
    for (const [name, value] of this.entries()) callback.call(self, value, name, this);
  }

  [Symbol.iterator](): Generator<[string, string], undefined> {
    return this.entries();
  }

  [inspect.custom](depth: number, options: object): string {
    return `Headers ${inspect(Object.fromEntries(this.#inOrder()), { ...options, depth })}`;
  }

  /** Sorted by name; not to be changed. @internal */
  static pairsOf(headers: FetchHeaders): readonly (readonly [string, string])[] {
    return headers.#inOrder();
  }

  /**
   * The content type in an object of names and values that has nothing else; undefined for any other, also one that is to
   * be refused. @internal
   */
  static onlyTypeIn(init: object): string | undefined {
    const { [Symbol.iterator]: iterator } = init as { [Symbol.iterator]?: unknown };
    if (iterator !== undefined && iterator !== null) return undefined;
    const keys = Object.keys(init);
    if (keys.length !== 1 || knownNames.get(keys[0]!) !== CONTENT_TYPE) return undefined;
    const value = (init as Record<string, unknown>)[keys[0]!];
    return typeof value === 'string' && Object.getOwnPropertySymbols(init).length === 0
      ? valueFrom(value)
      : undefined;
  }

  /** The value of the content type, where there is no other header. @internal */
  static onlyTypeOf(headers: FetchHeaders): string | undefined {
    const isAlone = headers.#names.length === 1 && headers.#source === undefined;
    return isAlone && headers.#names[0] === CONTENT_TYPE ? headers.#values[0] : undefined;
  }

  /** @internal */
  static copy(headers: FetchHeaders): FetchHeaders {
    const copy = new FetchHeaders();
    copy.#source = headers.#source;
    copy.#names = headers.#names.slice();
    copy.#values = headers.#values.slice();
    return copy;
  }

  static isOne(value: unknown): value is FetchHeaders {
    return typeof value === 'object' && value !== null && #names in value;
  }

  #inOrder(): [string, string][] {
    if (this.#sorted === undefined) {
      this.#own();
      const pairs = this.#names.map((name, at): [string, string] => [name, this.#values[at]!]);
      // The sort is stable: cookies keep their order.
      if (pairs.length > 1) pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      this.#sorted = pairs;
    }
    return this.#sorted;
  }

  /** Before a change, and before the lists are read. */
  #own(): void {
    this.#sorted = undefined;
    const source = this.#source;
    if (source === undefined) return;
    this.#source = undefined;
    for (const [name, value] of source.entries()) this.#add(name.toLowerCase(), value);
  }

  #add(name: string, value: string): void {
    this.#sorted = undefined;
    const at = name === SET_COOKIE ? -1 : this.#names.indexOf(name);
    if (at < 0) {
      this.#names.push(name);
      this.#values.push(value);
    } else {
      this.#values[at] += `${name === COOKIE ? '; ' : ', '}${value}`;
    }
  }

  #remove(name: string, from: number): void {
    for (let at = this.#names.length - 1; at >= from; at--) {
      if (this.#names[at] !== name) continue;
      this.#names.splice(at, 1);
      this.#values.splice(at, 1);
    }
  }

  #fill(init: unknown): void {
    if ((typeof init !== 'object' && typeof init !== 'function') || init === null) {
      throw new TypeError('Headers can be made of an object, of pairs, or of other headers');
    }
    if (FetchHeaders.isOne(init) && !Object.hasOwn(init, Symbol.iterator)) {
      this.#source = init.#source;
      this.#names = init.#names.slice();
      this.#values = init.#values.slice();
      return;
    }
    const iterator = (init as { [Symbol.iterator]?: unknown })[Symbol.iterator];
    if (iterator === undefined || iterator === null) this.#fillFromRecord(init);
    else this.#fillFromPairs(init as Iterable<unknown>);
  }

  #fillFromRecord(record: object): void {
    for (const symbol of Object.getOwnPropertySymbols(record)) {
      if (Object.prototype.propertyIsEnumerable.call(record, symbol)) {
        throw new TypeError('a symbol is no name of a header');
      }
    }
    const keys = Object.keys(record);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      this.#add(nameOf(key), valueFrom((record as Record<string, unknown>)[key]));
    }
  }

  #fillFromPairs(pairs: Iterable<unknown>): void {
    for (const pair of pairs) {
      const isIterable =
        typeof pair === 'object' &&
        pair !== null &&
        typeof (pair as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function';
      const items = isIterable ? [...(pair as Iterable<unknown>)] : [];
      if (items.length !== 2) throw new TypeError('a header is a pair of a name and a value');
      this.#add(nameOf(items[0]), valueFrom(items[1]));
    }
  }
}

standInFor(FetchHeaders, NativeHeaders);
