// Resolves one address and opens its sockets, listening. Runs in the manager, before anything else is started; throws
// errors that name the address as the user wrote it.
import { type LookupAddress, lookup } from 'node:dns';
import { constants } from 'node:os';
import { promisify } from 'node:util';
import { binding } from '../binding/load.js';
import { describeErrno } from '../binding/status.js';
import { PronghornError, reasonOf } from '../errors.js';
import { type Address, printAddress, type TcpAddress, type UnixAddress } from './address.js';

/** What is bound to one numeric address. */
export interface BoundAddress {
  /** With the real port; `*` stays `*`. */
  readonly address: Address;
  /** One, or one for each slot in order. */
  readonly fds: readonly number[];
}

export interface BindOptions {
  /** Sockets of a reuseport group; undefined: one socket that all workers share. */
  readonly groupSize: number | undefined;
  readonly backlog: number;
}

interface Target {
  readonly host: string;
  readonly ipv6Only: boolean;
}

const ANY_DUAL_STACK: Target = { host: '::', ipv6Only: false };
const ANY_IPV4: Target = { host: '0.0.0.0', ipv6Only: true };
const { EADDRINUSE, EACCES, EPERM, EAFNOSUPPORT, EADDRNOTAVAIL } = constants.errno;
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

function listenError(address: Address, errno: number): PronghornError {
  const text = printAddress(address);
  const { name, text: reason } = describeErrno(errno);
  const cause = Object.assign(new Error(reason), { code: name, errno });
  if (errno === -EADDRINUSE) {
    return new PronghornError('ERR_PRONGHORN_LISTEN_IN_USE', { address: text, cause });
  }
  if (errno === -EACCES || errno === -EPERM) {
    return new PronghornError('ERR_PRONGHORN_LISTEN_DENIED', { address: text, cause });
  }
  return new PronghornError('ERR_PRONGHORN_LISTEN_FAILED', { address: text, reason, cause });
}

function closeAll(fds: readonly number[]): void {
  for (const fd of fds) binding.closeFd(fd);
}

/**
 * The kernel lets every process of the same user join a reuseport group, so another server on the port would go
 * unnoticed and take a share of the connections. A socket outside of any group finds it.
 */
function probe(target: Target, port: number): Refusal | undefined {
  const fd = binding.listenTcp({ ...target, port, backlog: 1, reusePort: false });
  if (fd < 0) return new Refusal(fd);
  binding.closeFd(fd);
}

function openSockets(
  target: Target,
  wanted: number,
  { groupSize, backlog }: BindOptions,
): number[] | Refusal {
  const reusePort = groupSize !== undefined;
  if (reusePort && wanted !== 0) {
    const refusal = probe(target, wanted);
    if (refusal) return refusal;
  }
  const fds: number[] = [];
  let port = wanted;
  while (fds.length < (groupSize ?? 1)) {
    const fd = binding.listenTcp({ ...target, port, backlog, reusePort });
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

/** Where the machine has no IPv6, `*` means every IPv4 address. */
function openAny(wanted: number, options: BindOptions): number[] | Refusal {
  const fds = openSockets(ANY_DUAL_STACK, wanted, options);
  return fds instanceof Refusal && NO_IPV6.has(fds.errno) ? openSockets(ANY_IPV4, wanted, options) : fds;
}

async function bindTcp(address: TcpAddress, options: BindOptions): Promise<BoundAddress[]> {
  const bound: { address: TcpAddress; fds: number[] }[] = [];
  const targets = await resolve(address);
  let refusal: Refusal | undefined;
  let { port } = address;
  for (const target of targets) {
    const fds = address.host === '*' ? openAny(port, options) : openSockets(target, port, options);
    if (fds instanceof Refusal) {
      refusal = fds;
      // A name like localhost may have an IPv6 address on a machine without IPv6.
      if (targets.length > 1 && NO_IPV6.has(fds.errno)) continue;
      for (const { fds: opened } of bound) closeAll(opened);
      throw listenError(address, fds.errno);
    }
    // All addresses of one name get the same port.
    port = binding.localPort(fds[0]!);
    bound.push({ address: { kind: 'tcp', host: address.host === '*' ? '*' : target.host, port }, fds });
  }
  if (bound.length === 0 && refusal) throw listenError(address, refusal.errno);
  return bound;
}

function bindUnix(address: UnixAddress, { backlog }: BindOptions): BoundAddress[] {
  const fd = binding.listenUnix(address.path, backlog);
  if (fd < 0) throw listenError(address, fd);
  return [{ address, fds: [fd] }];
}

/**
 * One entry for each numeric address that the name has.
 * @throws ERR_PRONGHORN_LISTEN_IN_USE, ERR_PRONGHORN_LISTEN_DENIED, ERR_PRONGHORN_LISTEN_FAILED
 */
export async function bindAddress(address: Address, options: BindOptions): Promise<BoundAddress[]> {
  return address.kind === 'unix' ? bindUnix(address, options) : bindTcp(address, options);
}
