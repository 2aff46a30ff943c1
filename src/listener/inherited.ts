// The manager's listening sockets as a worker sees them: which descriptors belong to which slot. The descriptors stay
// open for the worker's whole life, since it may have to accept for a slot that has no worker.
import type { ListenerLayout } from '../channel/messages.js';

export interface InheritedSocket {
  readonly fd: number;
  /** Other workers poll the same socket. */
  readonly shared: boolean;
}

export class InheritedListeners {
  readonly #shared: InheritedSocket[] = [];
  readonly #groups: number[][] = [];

  /** @param fds in layout order, without the scoreboard's */
  constructor(layout: readonly ListenerLayout[], fds: readonly number[]) {
    let next = 0;
    for (const { shared, slotCount } of layout) {
      const group = fds.slice(next, next + slotCount);
      next += slotCount;
      if (shared) this.#shared.push({ fd: group[0]!, shared: true });
      else this.#groups.push(group);
    }
  }

  /** The sockets that a worker accepts from which serves these slots. */
  socketsOf(slots: readonly number[]): InheritedSocket[] {
    const own = this.#groups.flatMap((group) => slots.map((slot) => ({ fd: group[slot]!, shared: false })));
    return [...this.#shared, ...own.filter(({ fd }) => fd !== undefined)];
  }
}
