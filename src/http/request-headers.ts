// The headers of one request: case-insensitive by name, in the order in which they came, repeated ones kept.
// Runs in workers. An object of the request's own around lines that other requests may have sent too.
import { HeaderTable } from './header-table.js';

/** The headers of a request: case-insensitive by name, in the order in which they came, repeated ones kept. */
export class RequestHeaders {
  private readonly table: HeaderTable;

  /** @internal */
  constructor(table: HeaderTable) {
    this.table = table;
  }

  /** Of lines as they were sent, which the engine has let pass. @internal */
  static of(lines: string): RequestHeaders {
    return new RequestHeaders(HeaderTable.of(lines));
  }

  /** Names and values by turns, as an array of the caller's own. @internal */
  raw(): string[] {
    return this.table.raw();
  }

  /** Number of header lines. */
  get size(): number {
    return this.table.size;
  }

  /** The value, without the blanks around it; undefined if there is none. Of repeated headers all values, joined by ", " (RFC 9110 section 5.3; Cookie by "; "). */
  get(name: string): string | undefined {
    return this.table.get(name);
  }

  /** All values of a name, one per header line. */
  getAll(name: string): string[] {
    return this.table.getAll(name);
  }

  /** Whether there is a line of this name. */
  has(name: string): boolean {
    return this.table.get(name) !== undefined;
  }

  /** Name, as the client wrote it, and value of every header line in order. */
  entries(): Generator<[name: string, value: string]> {
    return this.table.entries();
  }

  /** The same as entries(). */
  [Symbol.iterator](): Generator<[name: string, value: string]> {
    return this.table.entries();
  }

  /** Lower-case names with their (joined) values. */
  toJSON(): Record<string, string> {
    const all: Record<string, string> = Object.create(null);
    for (const [name] of this.table.entries()) all[name.toLowerCase()] ??= this.get(name)!;
    return all;
  }
}
