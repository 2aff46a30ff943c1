// A place to listen, checked: from its text or object form, and back into text for people. Pure: resolves no name,
// opens nothing.
import { isIPv6 } from 'node:net';
import { inspect } from 'node:util';
import type { Location } from '../config/location.js';
import { checkTlsOptions, type Refuse, type TlsOptions } from '../config/tls.js';
import { PronghornError } from '../errors.js';
import { locationFromText } from './location-text.js';

/** What any place to listen may say about its connections. */
interface AddressOptions {
  /** Undefined: what the whole server has. */
  readonly backlog?: number;
  /** Connections begin with a PROXY protocol header. */
  readonly proxyProtocol?: true;
  /** Undefined: no TLS. The same object in every address that the location stands for. */
  readonly tls?: TlsOptions;
}

export interface TcpAddress extends AddressOptions {
  readonly kind: 'tcp';
  /** IP address without brackets, host name, or `*`: every IPv6 and IPv4 address. */
  readonly host: string;
  readonly port: number;
  /** Seconds. */
  readonly deferAccept?: number;
  readonly fastOpen?: number;
}

export interface UnixAddress extends AddressOptions {
  readonly kind: 'unix';
  readonly path: string;
  readonly mode?: number;
  readonly user?: string | number;
  readonly group?: string | number;
}

/** A socket that the process was started with. */
export interface FdAddress extends AddressOptions {
  readonly kind: 'fd';
  /** Descriptor, or the name that systemd gave it. */
  readonly fd: number | string;
}

export type Address = TcpAddress | UnixAddress | FdAddress;

const PORT_MAX = 65_535;
const BACKLOG_MAX = 65_535;
const QUEUE_MAX = 65_535;
/** The kernel counts in retransmissions; it knows no longer time. */
const DEFER_SECONDS_MAX = 255;
const FD_MAX = 1_048_575;
const ID_MAX = 4_294_967_294;
/** sockaddr_un.sun_path, less its final NUL. */
const UNIX_PATH_BYTES_MAX = 107;
const HOST_NAME_FORM = /^[a-z0-9]([a-z0-9_.-]*[a-z0-9])?\.?$/i;
const FD_NAME_FORM = /^[!-9;-~]{1,255}$/;
const ACCOUNT_FORM = /^[^\0:/\s]{1,255}$/;

function integer(value: number, name: string, [min, max]: readonly [number, number], refuse: Refuse): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  return refuse(`${name} must be an integer from ${min} to ${max}`);
}

function modeOf(mode: number | string, refuse: Refuse): number {
  const bits = typeof mode === 'number' ? mode : /^0?[0-7]{3}$/.test(mode) ? Number.parseInt(mode, 8) : -1;
  if (Number.isInteger(bits) && bits >= 0 && bits <= 0o777) return bits;
  return refuse("mode must be permissions in octal, as in '660' or 0o660");
}

function accountOf(account: string | number, name: string, refuse: Refuse): string | number {
  if (typeof account === 'number') return integer(account, name, [0, ID_MAX], refuse);
  if (!ACCOUNT_FORM.test(account)) refuse(`${account} is no name of a ${name}`);
  return /^\d+$/.test(account) ? integer(Number(account), name, [0, ID_MAX], refuse) : account;
}

function unixAddress(path: string, { mode, user, group }: Location, refuse: Refuse): UnixAddress {
  if (path === '') refuse('the path of the unix socket is missing');
  if (path.includes('\0')) refuse('a path cannot contain NUL');
  if (Buffer.byteLength(path) > UNIX_PATH_BYTES_MAX) {
    refuse(`the path of a unix socket has at most ${UNIX_PATH_BYTES_MAX} bytes`);
  }
  return {
    kind: 'unix',
    path,
    ...(mode === undefined ? {} : { mode: modeOf(mode, refuse) }),
    ...(user === undefined ? {} : { user: accountOf(user, 'user', refuse) }),
    ...(group === undefined ? {} : { group: accountOf(group, 'group', refuse) }),
  };
}

function tcpAddress(location: Location, port: number, refuse: Refuse): TcpAddress {
  const host = (location.host ?? '*').replace(/^\[(.*)\]$/, '$1');
  const { deferAccept, fastOpen } = location;
  integer(port, 'the port', [0, PORT_MAX], refuse);
  const isNamed = host === '*' || isIPv6(host) || HOST_NAME_FORM.test(host);
  if (!isNamed) refuse(host === '' ? 'the host is missing' : `${host} is no host name or IP address`);
  if (deferAccept !== undefined) integer(deferAccept, 'deferAccept', [0, DEFER_SECONDS_MAX], refuse);
  if (fastOpen !== undefined) integer(fastOpen, 'fastOpen', [0, QUEUE_MAX], refuse);
  return {
    kind: 'tcp',
    host,
    port,
    ...(deferAccept ? { deferAccept } : {}),
    ...(fastOpen ? { fastOpen } : {}),
  };
}

function fdAddress(fd: number | string, refuse: Refuse): FdAddress {
  if (typeof fd === 'number') integer(fd, 'the descriptor', [0, FD_MAX], refuse);
  else if (!FD_NAME_FORM.test(fd)) refuse('expected the number or the name of a descriptor');
  return { kind: 'fd', fd };
}

function placeOf(location: Location, refuse: Refuse): Address {
  const { port, path, fd } = location;
  if (path !== undefined) return unixAddress(path, location, refuse);
  if (fd !== undefined) return fdAddress(fd, refuse);
  return tcpAddress(location, port ?? Number.NaN, refuse);
}

/** Without keys. */
function shown(location: string | Location): string {
  if (typeof location === 'string') return location;
  return inspect(location, { depth: 0, breakLength: Number.POSITIVE_INFINITY });
}

/**
 * @param location `http://host:port`, `http://*:port`, `http://[::1]:port`, `unix:/path`, `fd://number`, each with
 * `?name=value` options, or the same as an object
 * @throws ERR_PRONGHORN_LISTEN_ADDRESS
 */
export function parseAddress(location: string | Location): Address {
  const refuse: Refuse = (reason) => {
    throw new PronghornError('ERR_PRONGHORN_LISTEN_ADDRESS', { address: shown(location), reason });
  };
  const parts = typeof location === 'string' ? locationFromText(location, refuse) : location;
  const { backlog, proxyProtocol, tls } = parts;
  if (backlog !== undefined) integer(backlog, 'backlog', [1, BACKLOG_MAX], refuse);
  return {
    ...placeOf(parts, refuse),
    ...(backlog === undefined ? {} : { backlog }),
    ...(proxyProtocol ? { proxyProtocol } : {}),
    ...(tls === undefined ? {} : { tls: checkTlsOptions(tls, refuse) }),
  };
}

/**
 * All that a server listens on.
 * @throws ERR_PRONGHORN_LISTEN_ADDRESS, also where a place is given twice: the second would only be said to be in use
 */
export function parseAddresses(locations: readonly (string | Location)[]): Address[] {
  const addresses = locations.map(parseAddress);
  const places = new Set<string>();
  for (const address of addresses) {
    // With port 0 they are two.
    if (address.kind === 'tcp' && address.port === 0) continue;
    const place = printAddress({ ...address, tls: undefined });
    if (!places.has(place)) places.add(place);
    else {
      const details = { address: printAddress(address), reason: 'it is given twice' };
      throw new PronghornError('ERR_PRONGHORN_LISTEN_ADDRESS', details);
    }
  }
  return addresses;
}

/** The place without its options, as people write it. */
export function printAddress(address: Address): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  if (address.kind === 'fd') return `fd://${address.fd}`;
  const host = isIPv6(address.host) ? `[${address.host}]` : address.host;
  return `${address.tls ? 'https' : 'http'}://${host}:${address.port}`;
}

/** The TLS options of these addresses, one for each location: the order in which the layout counts them. */
export function tlsPlaces(addresses: readonly Address[]): TlsOptions[] {
  return [...new Set(addresses.flatMap(({ tls }) => tls ?? []))];
}
