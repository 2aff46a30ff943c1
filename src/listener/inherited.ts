// The manager's listening sockets as a worker sees them: which descriptors belong to which slot. The descriptors stay
// open for the worker's whole life, since it may have to accept for a slot that has no worker.
import type { ListenerLayout } from '../channel/messages.js';

export interface InheritedSocket {
  readonly fd: number;
  /** Other workers poll the same socket. */
  readonly shared: boolean;
  /** Its connections begin with a PROXY protocol header. */
  readonly proxyProtocol: boolean;
  /** Number of its TLS endpoint; undefined: no TLS. */
  readonly tls: number | undefined;
}

export class InheritedListeners {
  readonly #shared: InheritedSocket[] = [];
  readonly #groups: InheritedSocket[][] = [];

  /** @param fds in layout order */
  constructor(layout: readonly ListenerLayout[], fds: readonly number[]) {
    let next = 0;
    for (const { shared, slotCount, proxyProtocol, tls } of layout) {
      const group = fds.slice(next, next + slotCount).map((fd) => ({ fd, shared, proxyProtocol, tls }));
      next += slotCount;
      if (shared) this.#shared.push(...group);
      else this.#groups.push(group);
    }
  }

  /** The sockets that a worker accepts from which serves these slots. */
  socketsOf(slots: readonly number[]): InheritedSocket[] {
    return [...this.#shared, ...slots.flatMap((slot) => this.ownSocketsOf(slot))];
  }

  /** Without those that all workers share. */
  ownSocketsOf(slot: number): InheritedSocket[] {
    return this.#groups.flatMap((group) => group[slot] ?? []);
  }
}
