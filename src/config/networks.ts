// A list of networks, as an option takes it: IP addresses, CIDR blocks, and the word for unix sockets. Pure.
import { isIP } from 'node:net';

/** Clients of a unix socket, which have no IP address. */
export const UNIX_NETWORK = 'unix';

export interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** `10.0.0.0/8`, `::1`; undefined if it is neither an address nor a block. */
export function parseNetwork(text: string): Network | undefined {
  const [, address = '', length] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return undefined;
  const longest = version === 4 ? 32 : 128;
  const prefix = length === undefined ? longest : Number(length);
  return prefix > longest ? undefined : { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

export function isNetwork(value: unknown): value is string {
  return typeof value === 'string' && (value === UNIX_NETWORK || parseNetwork(value) !== undefined);
}
