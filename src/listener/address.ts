// The text and the object form of a place to listen, and back. Pure: resolves no name, opens nothing.
import { isIPv6 } from 'node:net';
import { inspect } from 'node:util';
import type { Location } from '../config/kinds.js';
import { PronghornError } from '../errors.js';

export interface TcpAddress {
  readonly kind: 'tcp';
  /** IP address without brackets, host name, or `*`: every IPv6 and IPv4 address. */
  readonly host: string;
  readonly port: number;
}

export interface UnixAddress {
  readonly kind: 'unix';
  readonly path: string;
}

export type Address = TcpAddress | UnixAddress;

const HTTP_PORT = 80;
const PORT_MAX = 65_535;
/** sockaddr_un.sun_path, less its final NUL. */
const UNIX_PATH_BYTES_MAX = 107;
const URL_FORM = /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?<authority>[^/?#]*)(?<rest>.*)$/i;
const AUTHORITY_FORM = /^(?:\[(?<bracketed>[^\]]*)\]|(?<plain>[^:[\]@\s]*))(?::(?<port>[^:]*))?$/;
const HOST_NAME_FORM = /^[a-z0-9]([a-z0-9_.-]*[a-z0-9])?\.?$/i;

function refuse(location: string, reason: string): never {
  throw new PronghornError('ERR_PRONGHORN_LISTEN_ADDRESS', { address: location, reason });
}

function unixAddress(path: string, shown: string): UnixAddress {
  if (path === '') refuse(shown, 'the path of the unix socket is missing');
  if (path.includes('\0')) refuse(shown, 'a path cannot contain NUL');
  if (Buffer.byteLength(path) > UNIX_PATH_BYTES_MAX) {
    refuse(shown, `the path of a unix socket has at most ${UNIX_PATH_BYTES_MAX} bytes`);
  }
  return { kind: 'unix', path };
}

function tcpAddress(host: string, port: number, shown: string): TcpAddress {
  if (!Number.isInteger(port) || port < 0 || port > PORT_MAX) {
    refuse(shown, `the port must be an integer from 0 to ${PORT_MAX}`);
  }
  const isNamed = host === '*' || isIPv6(host) || HOST_NAME_FORM.test(host);
  if (!isNamed) refuse(shown, host === '' ? 'the host is missing' : `${host} is no host name or IP address`);
  return { kind: 'tcp', host, port };
}

function parseUrl(text: string): Address {
  const { scheme, authority, rest } = URL_FORM.exec(text)?.groups ?? {};
  if (scheme === undefined || authority === undefined) {
    refuse(text, 'expected http://host:port, http://*:port or unix:/path');
  }
  if (scheme.toLowerCase() === 'https') refuse(text, 'TLS is not available in this version, use http');
  if (scheme.toLowerCase() !== 'http')
    refuse(text, `the scheme ${scheme} is not known, expected http or unix`);
  if (rest !== '' && rest !== '/') refuse(text, `a path or query has no meaning here: ${rest}`);
  const parts = AUTHORITY_FORM.exec(authority)?.groups;
  if (parts === undefined) refuse(text, 'expected host:port, and brackets around an IPv6 address');
  const { bracketed, plain, port } = parts;
  if (bracketed !== undefined && !isIPv6(bracketed)) refuse(text, `${bracketed} is no IPv6 address`);
  if (port !== undefined && !/^\d+$/.test(port))
    refuse(text, `the port must be an integer from 0 to ${PORT_MAX}`);
  return tcpAddress(bracketed ?? plain ?? '', port === undefined ? HTTP_PORT : Number(port), text);
}

/**
 * @param location `http://host:port`, `http://*:port`, `http://[::1]:port`, `unix:/path`, or the same as an object
 * @throws ERR_PRONGHORN_LISTEN_ADDRESS
 */
export function parseAddress(location: string | Location): Address {
  if (typeof location === 'string') {
    if (/^unix:/i.test(location)) return unixAddress(location.slice('unix:'.length), location);
    return parseUrl(location);
  }
  const shown = inspect(location, { breakLength: Number.POSITIVE_INFINITY });
  if (location.path !== undefined) return unixAddress(location.path, shown);
  const host = (location.host ?? '*').replace(/^\[(.*)\]$/, '$1');
  return tcpAddress(host, location.port ?? HTTP_PORT, shown);
}

/** The inverse of parseAddress(). */
export function printAddress(address: Address): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  const host = isIPv6(address.host) ? `[${address.host}]` : address.host;
  return `http://${host}:${address.port}`;
}
