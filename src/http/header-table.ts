// The header lines of one request head, as a string and places in it. Runs in workers. Heads that come again share one
// table, which remembers what it was asked; it never knows which request asks.
import { binding } from '../binding/load.js';

const { headerFields } = binding.contract;
const INTS = Object.keys(headerFields).length;
const NAME_OFFSET = headerFields.nameOffset!;
const NAME_LENGTH = headerFields.nameLength!;
const VALUE_OFFSET = headerFields.valueOffset!;
const VALUE_LENGTH = headerFields.valueLength!;

/** One header line (RFC 9112 section 5), without its end. */
const LINE = /^(?<name>[^:\r\n]+):[ \t]*(?<value>.*?)[ \t]*$/dgm;
/** Names that an application makes up must not fill the memory. */
const KNOWN_MOST = 64;

export class HeaderTable {
  private readonly head: string;
  private readonly offsets: readonly number[];
  private lines: readonly string[] | undefined = undefined;
  private readonly known: Map<string, string | undefined> | undefined;

  /** @param isShared whether it is worth remembering what is asked for */
  constructor(head: string, source: ArrayLike<number>, start: number, count: number, isShared = false) {
    this.head = head;
    const offsets: number[] = [];
    const from = start * INTS;
    const to = from + count * INTS;
    for (let i = from; i < to; i++) offsets.push(source[i]!);
    this.offsets = offsets;
    this.known = isShared ? new Map() : undefined;
  }

  /** Of lines as they were sent, which the engine has let pass. */
  static of(lines: string): HeaderTable {
    const offsets: number[] = [];
    for (const { index, indices } of lines.matchAll(LINE)) {
      const [from, to] = indices!.groups!.value!;
      const name = indices!.groups!.name!;
      offsets.push(index, name[1] - name[0], from, to - from);
    }
    return new HeaderTable(lines, offsets, 0, offsets.length / INTS);
  }

  get size(): number {
    return this.offsets.length / INTS;
  }

  get(name: string): string | undefined {
    const { known } = this;
    if (known === undefined) return this.find(name);
    const before = known.get(name);
    if (before !== undefined || known.has(name)) return before;
    const value = this.find(name);
    if (known.size < KNOWN_MOST) known.set(name, value);
    return value;
  }

  getAll(name: string): string[] {
    const lower = name.toLowerCase();
    const values: string[] = [];
    for (let i = this.next(lower, 0); i >= 0; i = this.next(lower, i + INTS)) values.push(this.value(i));
    return values;
  }

  *entries(): Generator<[name: string, value: string]> {
    for (let i = 0; i < this.offsets.length; i += INTS) yield [this.name(i), this.value(i)];
  }

  /** Names, as the client wrote them, and values by turns; an array of the caller's own. */
  raw(): string[] {
    if (this.lines !== undefined) return this.lines.slice();
    const lines: string[] = [];
    for (let i = 0; i < this.offsets.length; i += INTS) lines.push(this.name(i), this.value(i));
    if (this.known !== undefined) this.lines = lines.slice();
    return lines;
  }

  private find(name: string): string | undefined {
    const lower = name.toLowerCase();
    let found: string | undefined;
    for (let i = this.next(lower, 0); i >= 0; i = this.next(lower, i + INTS)) {
      found =
        found === undefined ? this.value(i) : `${found}${lower === 'cookie' ? '; ' : ', '}${this.value(i)}`;
    }
    return found;
  }

  private next(lower: string, from: number): number {
    const { offsets } = this;
    for (let i = from; i < offsets.length; i += INTS) {
      if (offsets[i + NAME_LENGTH] === lower.length && this.isNamed(i, lower)) return i;
    }
    return -1;
  }

  /** Without making a string of the name. */
  private isNamed(i: number, lower: string): boolean {
    const { head } = this;
    const start = this.offsets[i + NAME_OFFSET]!;
    for (let at = 0; at < lower.length; at++) {
      const unit = head.charCodeAt(start + at);
      const isUpper = unit >= 0x41 && unit <= 0x5a;
      if ((isUpper ? unit + 0x20 : unit) !== lower.charCodeAt(at)) return false;
    }
    return true;
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
