// Who wants to know how connections end, whatever requests are on them. Runs in workers.
import type { NativeEngine } from '../binding/contract.js';
import { ENTRY } from './layout.js';

export interface Watcher {
  onClosed(): void;
  /** The client has shut its side. */
  onHalfClosed(): void;
  /** It has had no request for as long as it is kept. It stays open, and without a limit, unless the watcher ends it. */
  onIdle(): void;
}

export class Watchers {
  private readonly engine: NativeEngine;
  private readonly byConnection = new Map<number, Watcher>();

  constructor(engine: NativeEngine) {
    this.engine = engine;
  }

  /** One for each connection; it is told once. */
  add(connection: number, watcher: Watcher): void {
    this.byConnection.set(connection, watcher);
    if (!this.engine.watchConnection(connection)) {
      queueMicrotask(() => this.deliver(connection, ENTRY.closed));
    }
  }

  get(connection: number): Watcher | undefined {
    return this.byConnection.get(connection);
  }

  /** @param kind of the entry that has come */
  deliver(connection: number, kind: number): void {
    const watcher = this.byConnection.get(connection);
    if (kind === ENTRY.halfClosed) {
      watcher?.onHalfClosed();
      return;
    }
    if (kind === ENTRY.idle) {
      watcher?.onIdle();
      return;
    }
    this.byConnection.delete(connection);
    watcher?.onClosed();
  }
}
