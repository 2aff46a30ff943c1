// Who wants to know how connections end, whatever requests are on them. Runs in workers.
import type { NativeEngine } from '../binding/contract.js';
import { ENTRY, REQUEST } from './layout.js';

export interface Watcher {
  /** It has had so many bytes each way. */
  onClosed(bytesRead: number, bytesWritten: number): void;
  /** The client has shut its side. */
  onHalfClosed(): void;
  /** It has had no request for as long as it is kept. It stays open, and without a limit, unless the watcher ends it. */
  onIdle(): void;
}

export class Watchers {
  private readonly engine: NativeEngine;
  private readonly entries: Int32Array;
  private readonly byConnection = new Map<number, Watcher>();

  /** @param entries the ring */
  constructor(engine: NativeEngine, entries: Int32Array) {
    this.engine = engine;
    this.entries = entries;
  }

  /** One for each connection; it is told once. */
  add(connection: number, watcher: Watcher): void {
    this.byConnection.set(connection, watcher);
    if (!this.engine.watchConnection(connection)) {
      queueMicrotask(() => this.close(connection, 0, 0));
    }
  }

  get(connection: number): Watcher | undefined {
    return this.byConnection.get(connection);
  }

  /** @param base of the entry that has come, @param kind what it tells */
  deliver(base: number, kind: number): void {
    const connection = this.entries[base + REQUEST.connection]!;
    const watcher = this.byConnection.get(connection);
    if (kind === ENTRY.halfClosed) {
      watcher?.onHalfClosed();
      return;
    }
    if (kind === ENTRY.idle) {
      watcher?.onIdle();
      return;
    }
    this.close(
      connection,
      this.longAt(base + REQUEST.headOffset, base + REQUEST.headLength),
      this.longAt(base + REQUEST.urlOffset, base + REQUEST.urlLength),
    );
  }

  private close(connection: number, bytesRead: number, bytesWritten: number): void {
    const watcher = this.byConnection.get(connection);
    this.byConnection.delete(connection);
    watcher?.onClosed(bytesRead, bytesWritten);
  }

  /** In two fields, the low half in the first. */
  private longAt(low: number, high: number): number {
    return (this.entries[low]! >>> 0) + this.entries[high]! * 2 ** 32;
  }
}
