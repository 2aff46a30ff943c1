// Sockets that this process was started with: by systemd (LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES), or as a plain
// descriptor that the user names. Runs in the manager. Each can be taken once, and is the taker's from then on.
import { SocketAddress } from 'node:net';
import { resolve } from 'node:path';
import type { LocalName } from '../binding/contract.js';
import { binding } from '../binding/load.js';
import { PronghornError } from '../errors.js';
import { type FdAddress, printAddress, type TcpAddress, type UnixAddress } from './address.js';
import { listenError } from './listen-error.js';

interface Socket {
  readonly fd: number;
  /** '' if it has none. */
  readonly name: string;
}

export interface Adopted {
  readonly address: TcpAddress | UnixAddress;
  readonly fd: number;
}

const FIRST_FD = 3;
const VARIABLES = ['LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES'];

function plainAddress(host: string): string {
  return new SocketAddress({ address: host, family: host.includes(':') ? 'ipv6' : 'ipv4' }).address;
}

/** The descriptors that the variables announce to the process of this pid. */
export function announcedSockets(environment: NodeJS.ProcessEnv, pid: number): Socket[] {
  const { LISTEN_FDS: count = '', LISTEN_PID: receiver, LISTEN_FDNAMES: names = '' } = environment;
  if (receiver !== String(pid) || !/^\d{1,4}$/.test(count)) return [];
  const nameOf = names.split(':');
  return Array.from({ length: Number(count) }, (_, at) => ({ fd: FIRST_FD + at, name: nameOf[at] ?? '' }));
}

export class Activation {
  #announced: Socket[];
  readonly #taken = new Set<number>();

  constructor(announced: readonly Socket[]) {
    this.#announced = [...announced];
  }

  /** Removes the variables, which say nothing to the processes that this one starts. */
  static fromEnvironment(environment: NodeJS.ProcessEnv, pid: number): Activation {
    const announced = announcedSockets(environment, pid);
    if (announced.length > 0) for (const name of VARIABLES) delete environment[name];
    return new Activation(announced);
  }

  /** Everything that was announced and not taken, to listen on where nothing else is asked for. */
  get addresses(): FdAddress[] {
    return this.#announced.map(({ fd }) => ({ kind: 'fd', fd }));
  }

  /**
   * The sockets of a descriptor or a name; a name may stand for several.
   * @throws ERR_PRONGHORN_LISTEN_FAILED
   */
  take(address: FdAddress): Adopted[] {
    const { fd: wanted } = address;
    const fds =
      typeof wanted === 'number'
        ? [wanted]
        : this.#announced.filter(({ name }) => name === wanted).map(({ fd }) => fd);
    const refuse = (reason: string) =>
      new PronghornError('ERR_PRONGHORN_LISTEN_FAILED', { address: printAddress(address), reason });
    if (fds.length === 0) throw refuse('no socket of this name was passed');
    return fds.map((fd) => {
      if (this.#taken.has(fd)) throw refuse('the descriptor is in use for another location');
      return this.#adopt(fd, address);
    });
  }

  /** The socket that is bound to exactly this place already. @param host numeric, or `*` */
  takeTcp(address: TcpAddress, host: string, port: number): Adopted | undefined {
    return this.#takeWhere(address, (name) => {
      if (!('host' in name) || name.port !== port) return false;
      if (host === '*') return name.isDualStack && name.host === '::';
      return name.host === plainAddress(host);
    });
  }

  takeUnix(address: UnixAddress): Adopted | undefined {
    return this.#takeWhere(address, (name) => 'path' in name && name.path === resolve(address.path));
  }

  /** Closes what nobody has taken: a client that connects there would wait for ever. @returns how many */
  closeRest(): number {
    const rest = this.#announced;
    this.#announced = [];
    for (const { fd } of rest) binding.closeFd(fd);
    return rest.length;
  }

  #takeWhere(address: TcpAddress | UnixAddress, matches: (name: LocalName) => boolean): Adopted | undefined {
    const found = this.#announced.find(({ fd }) => {
      const name = binding.localName(fd);
      return typeof name !== 'number' && matches(name);
    });
    return found && { ...this.#adopt(found.fd, address), address };
  }

  #adopt(fd: number, address: FdAddress | TcpAddress | UnixAddress): Adopted {
    const { backlog, proxyProtocol } = address;
    const errno = binding.adoptListener(fd, backlog ?? 0);
    if (errno < 0) throw listenError(address, errno);
    const name = binding.localName(fd);
    if (typeof name === 'number') throw listenError(address, name);
    this.#taken.add(fd);
    this.#announced = this.#announced.filter((socket) => socket.fd !== fd);
    const shared = {
      ...(backlog === undefined ? {} : { backlog }),
      ...(proxyProtocol ? { proxyProtocol } : {}),
    };
    if ('path' in name) return { fd, address: { kind: 'unix', path: name.path, ...shared } };
    const host = name.isDualStack && name.host === '::' ? '*' : name.host;
    return { fd, address: { kind: 'tcp', host, port: name.port, ...shared } };
  }
}
