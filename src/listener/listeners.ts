// The listening sockets of a server: opened by the manager, open until it stops, and lent to hosts and workers. A
// worker's end never closes one, so nothing that waits in an accept queue is lost.
import { type Stats, statSync, unlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { binding } from '../binding/load.js';
import { succeeded } from '../binding/status.js';
import type { ListenerLayout } from '../channel/messages.js';
import type { Activation } from './activation.js';
import { type Address, printAddress, tlsPlaces } from './address.js';
import { type BoundAddress, bindAddress, extendGroup } from './bind.js';

export interface ListenersOptions {
  readonly bindModel: 'reuseport' | 'duplicate';
  /** Workers that there can be at a time. */
  readonly slots: number;
  readonly backlog: number;
  /** What the process was started with. */
  readonly activation: Activation;
  /** What is open already, and stays open where it is wanted again. */
  readonly open?: readonly Place[];
}

function identity(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

interface Bound extends BoundAddress {
  /** Of a unix socket's file that we made, so that a file that took its place is not removed. */
  readonly file: Pick<Stats, 'dev' | 'ino'> | undefined;
}

/** What is open for one location. */
export interface Place {
  /** The same for two locations that cannot be open at the same time. */
  readonly key: string;
  /** One for each numeric address that its name has. */
  readonly bound: readonly Bound[];
}

function keyOf(address: Address): string {
  if (address.kind === 'unix') return `unix ${resolve(address.path)}`;
  if (address.kind === 'fd') return `fd ${address.fd}`;
  return `tcp ${address.host} ${address.port}`;
}

export class Listeners {
  readonly places: readonly Place[];

  constructor(places: readonly Place[]) {
    this.places = places;
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
   * New connections go only to the sockets of these slots, as often as their weights say; to all of them if there is
   * none. What waits in another slot's queue stays there until somebody accepts from it.
   * @param weights 1 or more, by slot. @throws ERR_PRONGHORN_SYSTEM_CALL
   */
  steer(weights: ReadonlyMap<number, number>): void {
    for (const { shared, fds } of this.#bound) {
      if (shared || fds.length <= 1) continue;
      succeeded('setsockopt', binding.steer(fds[0]!, [...weights.keys()], [...weights.values()]));
    }
  }

  /** Every socket, with the slot that it belongs to; -1: all of them. */
  get sockets(): { readonly fd: number; readonly slot: number }[] {
    return this.#bound.flatMap(({ shared, fds }) =>
      fds.map((fd, index) => ({ fd, slot: shared ? -1 : index })),
    );
  }

  /** Connections that wait in any accept queue. Unix sockets do not tell theirs. */
  queueDepth(): number {
    let waiting = 0;
    for (const { address, fds } of this.#bound) {
      if (address.kind === 'unix') continue;
      for (const fd of fds) {
        const queue = binding.listenQueue(fd);
        if (typeof queue !== 'number') waiting += queue.waiting;
      }
    }
    return waiting;
  }

  /** Closes this process's descriptors and removes the files of unix sockets. */
  close(): void {
    this.closeAllBut(new Listeners([]));
  }

  /** The same for everything that the others have not taken over. */
  closeAllBut(others: Listeners): void {
    const kept = new Set(others.fds);
    for (const { address, file, fds } of this.#bound) {
      const closed = fds.filter((fd) => !kept.has(fd));
      for (const fd of closed) binding.closeFd(fd);
      if (address.kind !== 'unix' || closed.length === 0) continue;
      const now = identity(address.path);
      if (now && file && now.ino === file.ino && now.dev === file.dev) unlinkSync(address.path);
    }
  }

  get #bound(): Bound[] {
    return this.places.flatMap(({ bound }) => [...bound]);
  }
}

async function openPlace(address: Address, options: ListenersOptions, slots: number): Promise<Place> {
  const { bindModel, backlog, activation, open = [] } = options;
  const key = keyOf(address);
  const found = open.find((place) => place.key === key);
  if (found) return { key, bound: reused(found, address, options, slots) };
  const groupSize = bindModel === 'duplicate' ? undefined : slots;
  const bound = await bindAddress(address, { groupSize, backlog, activation });
  return {
    key,
    bound: bound.map((entry) => {
      const isOurFile = entry.address.kind === 'unix' && !entry.inherited;
      return { ...entry, file: isOurFile ? identity(entry.address.path) : undefined };
    }),
  };
}

/** The sockets stay as they are; what the location says about its connections may be new. */
function reused(
  { key, bound }: Place,
  address: Address,
  { backlog }: ListenersOptions,
  slots: number,
): Bound[] {
  const { tls, proxyProtocol } = address;
  const taken: Bound[] = [];
  try {
    for (const entry of bound) {
      const { tls: _tls, proxyProtocol: _proxyProtocol, ...place } = entry.address;
      const settings = { ...(tls ? { tls } : {}), ...(proxyProtocol ? { proxyProtocol } : {}) };
      const fds = entry.shared ? entry.fds : extendGroup(entry, slots, backlog);
      taken.push({ ...entry, address: { ...place, ...settings }, fds });
    }
  } catch (error) {
    new Listeners([{ key, bound: taken }]).closeAllBut(new Listeners([{ key, bound }]));
    throw error;
  }
  return taken;
}

/**
 * Binds and listens on everything, or on nothing.
 * @throws ERR_PRONGHORN_LISTEN_IN_USE, ERR_PRONGHORN_LISTEN_DENIED, ERR_PRONGHORN_LISTEN_FAILED
 */
export async function openListeners(
  addresses: readonly Address[],
  options: ListenersOptions,
): Promise<Listeners> {
  const places: Place[] = [];
  try {
    for (const address of addresses) places.push(await openPlace(address, options, options.slots));
  } catch (error) {
    new Listeners(places).closeAllBut(new Listeners(options.open ?? []));
    throw error;
  }
  return new Listeners(places);
}
