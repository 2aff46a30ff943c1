// Who wants to hear of connections beside their requests: that they are there, that what comes is no request. Runs in
// workers. Nobody but (req, res) applications asks for that.
import { ENTRY, REQUEST } from './layout.js';

/** @template Source the wire, which tells */
export interface ConnectionObserver<Source> {
  /** A server begins to serve. The observer says by wire.engine.hear() what it wants to be told, whenever that changes. */
  attach(wire: Source): void;
  /** A connection that has not sent a request yet. */
  onOpened(wire: Source, connection: number): void;
  /**
   * Where a request should be, or is late, in the place of `sequence`. The connection is to be taken over by
   * wire.engine.upgrade(), and to be answered and ended. @param status that the engine would have answered with
   */
  onFault(wire: Source, connection: number, sequence: number, status: number): void;
}

/** An entry of the ring that is for the observer. */
export function tellObserver<Source extends { readonly requests: Int32Array }>(
  observer: ConnectionObserver<Source> | undefined,
  wire: Source,
  base: number,
  kind: number,
): void {
  const { requests } = wire;
  const connection = requests[base + REQUEST.connection]!;
  if (kind === ENTRY.opened) {
    observer?.onOpened(wire, connection);
    return;
  }
  const status = requests[base + REQUEST.flags]!;
  observer?.onFault(wire, connection, requests[base + REQUEST.sequence]!, status);
}
