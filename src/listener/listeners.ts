// The listening sockets of a server: opened by the manager, open until it stops, and lent to hosts and workers. A
// worker's end never closes one, so nothing that waits in an accept queue is lost.
import { type Stats, statSync, unlinkSync } from 'node:fs';
import { binding } from '../binding/load.js';
import { succeeded } from '../binding/status.js';
import type { ListenerLayout } from '../channel/messages.js';
import type { Activation } from './activation.js';
import { type Address, printAddress, tlsPlaces } from './address.js';
import { type BoundAddress, bindAddress } from './bind.js';

export interface ListenersOptions {
  readonly bindModel: 'reuseport' | 'duplicate';
  /** Workers that there can be at a time. */
  readonly slots: number;
  readonly backlog: number;
  /** What the process was started with. */
  readonly activation: Activation;
}

function identity(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

interface Bound extends BoundAddress {
  /** Of a unix socket's file that we made, so that a file that took its place is not removed. */
  readonly file: Stats | undefined;
}

export class Listeners {
  readonly #bound: readonly Bound[];

  constructor(bound: readonly Bound[]) {
    this.#bound = bound;
  }

  /** Every bound address, with its real port. A name may have several. */
  get addresses(): Address[] {
    return this.#bound.map(({ address }) => address);
  }

  /** What a host needs to know to understand `fds`. */
  get layout(): ListenerLayout[] {
    const places = tlsPlaces(this.addresses);
    return this.#bound.map(({ address, shared, fds }) => ({
      address: printAddress(address),
      shared,
      slotCount: fds.length,
      proxyProtocol: address.proxyProtocol === true,
      tls: address.tls && places.indexOf(address.tls),
    }));
  }

  /** In layout order. */
  get fds(): number[] {
    return this.#bound.flatMap(({ fds }) => [...fds]);
  }

  /**
   * New connections go only to the sockets of these slots; to all of them if the list is empty. What waits in another
   * slot's queue stays there until somebody accepts from it.
   * @throws ERR_PRONGHORN_SYSTEM_CALL
   */
  steer(slots: readonly number[]): void {
    for (const { shared, fds } of this.#bound) {
      if (!shared && fds.length > 1) succeeded('setsockopt', binding.steer(fds[0]!, [...slots]));
    }
  }

  /** Connections that wait in the accept queue of one slot, over all addresses. Unix sockets do not tell theirs. */
  queueDepthOf(slot: number): number {
    return this.#waiting(({ shared, fds }) => (shared ? [] : fds.slice(slot, slot + 1)));
  }

  /** Connections that wait in any accept queue. */
  queueDepth(): number {
    return this.#waiting(({ fds }) => fds);
  }

  #waiting(socketsOf: (bound: Bound) => readonly number[]): number {
    let waiting = 0;
    for (const bound of this.#bound) {
      if (bound.address.kind === 'unix') continue;
      for (const fd of socketsOf(bound)) {
        const queue = binding.listenQueue(fd);
        if (typeof queue !== 'number') waiting += queue.waiting;
      }
    }
    return waiting;
  }

  /** Closes this process's descriptors and removes the files of unix sockets. */
  close(): void {
    for (const { address, file, fds } of this.#bound) {
      for (const fd of fds) binding.closeFd(fd);
      if (address.kind !== 'unix') continue;
      const now = identity(address.path);
      if (now && file && now.ino === file.ino && now.dev === file.dev) unlinkSync(address.path);
    }
  }
}

/**
 * Binds and listens on everything, or on nothing.
 * @throws ERR_PRONGHORN_LISTEN_IN_USE, ERR_PRONGHORN_LISTEN_DENIED, ERR_PRONGHORN_LISTEN_FAILED
 */
export async function openListeners(
  addresses: readonly Address[],
  { bindModel, slots, backlog, activation }: ListenersOptions,
): Promise<Listeners> {
  const groupSize = bindModel === 'duplicate' ? undefined : slots;
  const bound: Bound[] = [];
  try {
    for (const address of addresses) {
      for (const entry of await bindAddress(address, { groupSize, backlog, activation })) {
        const isOurFile = entry.address.kind === 'unix' && !entry.inherited;
        bound.push({ ...entry, file: isOurFile ? identity(entry.address.path) : undefined });
      }
    }
  } catch (error) {
    new Listeners(bound).close();
    throw error;
  }
  return new Listeners(bound);
}
