// Resolves one address and opens its sockets, listening. Runs in the manager, before anything else is started; throws
// errors that name the address as the user wrote it.
import { type LookupAddress, lookup } from 'node:dns';
import { constants } from 'node:os';
import { promisify } from 'node:util';
import { binding } from '../binding/load.js';
import { PronghornError, reasonOf } from '../errors.js';
import type { Activation, Adopted } from './activation.js';
import { type Address, printAddress, type TcpAddress, type UnixAddress } from './address.js';
import { bindUnix } from './bind-unix.js';
import { listenError } from './listen-error.js';

/** What is bound to one numeric address. */
export interface BoundAddress {
  /** With the real port; `*` stays `*`. */
  readonly address: TcpAddress | UnixAddress;
  /** One, or one for each slot in order. */
  readonly fds: readonly number[];
  /** One socket that all workers accept from. */
  readonly shared: boolean;
  /** It was there before this process; the file of a unix socket is not ours to remove. */
  readonly inherited: boolean;
}

export interface BindOptions {
  /** Sockets of a reuseport group; undefined: one socket that all workers share. */
  readonly groupSize: number | undefined;
  readonly backlog: number;
  readonly activation: Activation;
}

interface Target {
  readonly host: string;
  readonly ipv6Only: boolean;
}

const ANY_DUAL_STACK: Target = { host: '::', ipv6Only: false };
const ANY_IPV4: Target = { host: '0.0.0.0', ipv6Only: true };
const { EAFNOSUPPORT, EADDRNOTAVAIL } = constants.errno;
const NO_IPV6 = new Set([-EAFNOSUPPORT, -EADDRNOTAVAIL]);

const lookupAll = promisify(lookup) as (
  host: string,
  options: { all: true; order: 'verbatim' },
) => Promise<LookupAddress[]>;

/** A kernel's refusal, before it is known whether it matters. */
class Refusal {
  readonly errno: number;
  constructor(errno: number) {
    this.errno = errno;
  }
}

function closeAll(fds: readonly number[]): void {
  for (const fd of fds) binding.closeFd(fd);
}

function inherited({ address, fd }: Adopted): BoundAddress {
  return { address, fds: [fd], shared: true, inherited: true };
}

/** The sockets of one location on one numeric address. */
class Opening {
  readonly #address: TcpAddress;
  readonly #groupSize: number | undefined;
  readonly #settings: { backlog: number; deferAccept: number; fastOpen: number };

  constructor(address: TcpAddress, { groupSize, backlog }: BindOptions) {
    const { deferAccept = 0, fastOpen = 0 } = address;
    this.#address = address;
    this.#groupSize = groupSize;
    this.#settings = { backlog: address.backlog ?? backlog, deferAccept, fastOpen };
  }

  /** @param port 0: any */
  open(target: Target, port: number): number[] | Refusal {
    if (this.#address.host !== '*') return this.#open(target, port);
    const fds = this.#open(ANY_DUAL_STACK, port);
    // Where the machine has no IPv6, `*` means every IPv4 address.
    return fds instanceof Refusal && NO_IPV6.has(fds.errno) ? this.#open(ANY_IPV4, port) : fds;
  }

  #open(target: Target, wanted: number): number[] | Refusal {
    const reusePort = this.#groupSize !== undefined;
    if (reusePort && wanted !== 0) {
      const refusal = this.#probe(target, wanted);
      if (refusal) return refusal;
    }
    const fds: number[] = [];
    let port = wanted;
    while (fds.length < (this.#groupSize ?? 1)) {
      const fd = binding.listenTcp({ ...target, ...this.#settings, port, reusePort });
      if (fd < 0) {
        closeAll(fds);
        return new Refusal(fd);
      }
      fds.push(fd);
      // Port 0: the first socket gets a free port from the kernel, the others of the group follow it there.
      if (port === 0) port = binding.localPort(fd);
    }
    return fds;
  }

  /**
   * The kernel lets every process of the same user join a reuseport group, so another server on the port would go
   * unnoticed and take a share of the connections. A socket outside of any group finds it.
   */
  #probe(target: Target, port: number): Refusal | undefined {
    const fd = binding.listenTcp({
      ...target,
      port,
      backlog: 1,
      reusePort: false,
      deferAccept: 0,
      fastOpen: 0,
    });
    if (fd < 0) return new Refusal(fd);
    binding.closeFd(fd);
  }
}

async function resolve(address: TcpAddress): Promise<Target[]> {
  if (address.host === '*') return [ANY_DUAL_STACK];
  try {
    const found = await lookupAll(address.host, { all: true, order: 'verbatim' });
    const hosts = [...new Set(found.map((entry) => entry.address))];
    return hosts.map((host) => ({ host, ipv6Only: true }));
  } catch (cause) {
    throw new PronghornError('ERR_PRONGHORN_LISTEN_FAILED', {
      address: printAddress(address),
      reason: reasonOf(cause),
      cause,
    });
  }
}

async function bindTcp(address: TcpAddress, options: BindOptions): Promise<BoundAddress[]> {
  const bound: BoundAddress[] = [];
  const targets = await resolve(address);
  const opening = new Opening(address, options);
  let refusal: Refusal | undefined;
  let { port } = address;
  for (const target of targets) {
    const host = address.host === '*' ? '*' : target.host;
    const adopted = options.activation.takeTcp({ ...address, host }, host, port);
    if (adopted) {
      bound.push(inherited(adopted));
      continue;
    }
    const fds = opening.open(target, port);
    if (fds instanceof Refusal) {
      refusal = fds;
      // A name like localhost may have an IPv6 address on a machine without IPv6.
      if (targets.length > 1 && NO_IPV6.has(fds.errno)) continue;
      for (const { fds: opened } of bound) closeAll(opened);
      throw listenError(address, fds.errno);
    }
    // All addresses of one name get the same port.
    port = binding.localPort(fds[0]!);
    const shared = options.groupSize === undefined;
    bound.push({ address: { ...address, host, port }, fds, shared, inherited: false });
  }
  if (bound.length === 0 && refusal) throw listenError(address, refusal.errno);
  return bound;
}

/**
 * One entry for each numeric address that the name has.
 * @throws ERR_PRONGHORN_LISTEN_IN_USE, ERR_PRONGHORN_LISTEN_DENIED, ERR_PRONGHORN_LISTEN_FAILED
 */
export async function bindAddress(address: Address, options: BindOptions): Promise<BoundAddress[]> {
  if (address.kind === 'tcp') return bindTcp(address, options);
  if (address.kind === 'fd') return options.activation.take(address).map(inherited);
  const adopted = options.activation.takeUnix(address);
  if (adopted) return [inherited(adopted)];
  return [{ address, fds: [bindUnix(address, options.backlog)], shared: true, inherited: false }];
}

/**
 * All sockets of a group, and as many more as make it `size`.
 * @throws ERR_PRONGHORN_LISTEN_FAILED; nothing was opened then
 */
export function extendGroup({ address, fds }: BoundAddress, size: number, backlog: number): number[] {
  const added: number[] = [];
  const name = binding.localName(fds[0]!);
  if (address.kind !== 'tcp' || typeof name === 'number' || !('host' in name)) return [...fds];
  const { deferAccept = 0, fastOpen = 0 } = address;
  const settings = { backlog: address.backlog ?? backlog, deferAccept, fastOpen, reusePort: true };
  while (fds.length + added.length < size) {
    const { host, port, isDualStack } = name;
    const fd = binding.listenTcp({ host, port, ipv6Only: !isDualStack, ...settings });
    if (fd < 0) {
      closeAll(added);
      throw listenError(address, fd);
    }
    added.push(fd);
  }
  return [...fds, ...added];
}
