// The headers of one request: case-insensitive by name, in the order in which they came, repeated ones kept.
// Runs in workers. Holds one string for the whole head and cuts names and values out of it when asked.
import { binding } from '../binding/load.js';

const { headerFields } = binding.contract;
const INTS = Object.keys(headerFields).length;
const NAME_OFFSET = headerFields.nameOffset!;
const NAME_LENGTH = headerFields.nameLength!;
const VALUE_OFFSET = headerFields.valueOffset!;
const VALUE_LENGTH = headerFields.valueLength!;

/** One header line (RFC 9112 section 5), without its end. */
const LINE = /^(?<name>[^:\r\n]+):[ \t]*(?<value>.*?)[ \t]*$/dgm;

export class RequestHeaders {
  private readonly head: string;
  private readonly offsets: readonly number[];

  /** @internal */
  constructor(head: string, source: ArrayLike<number>, start: number, count: number) {
    this.head = head;
    const offsets: number[] = [];
    const from = start * INTS;
    const to = from + count * INTS;
    for (let i = from; i < to; i++) offsets.push(source[i]!);
    this.offsets = offsets;
  }

  /** Of lines as they were sent, which the engine has let pass. @internal */
  static of(lines: string): RequestHeaders {
    const offsets: number[] = [];
    for (const { index, indices } of lines.matchAll(LINE)) {
      const [from, to] = indices!.groups!.value!;
      const name = indices!.groups!.name!;
      offsets.push(index, name[1] - name[0], from, to - from);
    }
    return new RequestHeaders(lines, offsets, 0, offsets.length / INTS);
  }

  /** Number of header lines. */
  get size(): number {
    return this.offsets.length / INTS;
  }

  /** The value; of repeated headers all values, joined by ", " (RFC 9110 section 5.3; Cookie by "; "). */
  get(name: string): string | undefined {
    const lower = name.toLowerCase();
    let found: string | undefined;
    for (let i = this.next(lower, 0); i >= 0; i = this.next(lower, i + INTS)) {
      found =
        found === undefined ? this.value(i) : `${found}${lower === 'cookie' ? '; ' : ', '}${this.value(i)}`;
    }
    return found;
  }

  /** All values of a name, one per header line. */
  getAll(name: string): string[] {
    const lower = name.toLowerCase();
    const values: string[] = [];
    for (let i = this.next(lower, 0); i >= 0; i = this.next(lower, i + INTS)) values.push(this.value(i));
    return values;
  }

  has(name: string): boolean {
    return this.next(name.toLowerCase(), 0) >= 0;
  }

  /** Name, as the client wrote it, and value of every header line in order. */
  *entries(): Generator<[name: string, value: string]> {
    for (let i = 0; i < this.offsets.length; i += INTS) yield [this.name(i), this.value(i)];
  }

  [Symbol.iterator](): Generator<[name: string, value: string]> {
    return this.entries();
  }

  /** Lower-case names with their (joined) values. */
  toJSON(): Record<string, string> {
    const all: Record<string, string> = Object.create(null);
    for (const [name] of this.entries()) all[name.toLowerCase()] ??= this.get(name)!;
    return all;
  }

  private next(lower: string, from: number): number {
    const { offsets } = this;
    for (let i = from; i < offsets.length; i += INTS) {
      if (offsets[i + NAME_LENGTH] === lower.length && this.name(i).toLowerCase() === lower) return i;
    }
    return -1;
  }

  private name(i: number): string {
    const start = this.offsets[i + NAME_OFFSET]!;
    return this.head.slice(start, start + this.offsets[i + NAME_LENGTH]!);
  }

  private value(i: number): string {
    const start = this.offsets[i + VALUE_OFFSET]!;
    return this.head.slice(start, start + this.offsets[i + VALUE_LENGTH]!);
  }
}
