// Who may see the admin pages: everybody who can reach them where that is this machine only, else who has the token. Pure.
import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIPv6 } from 'node:net';
import { PronghornError } from '../errors.js';
import { type Address, printAddress } from '../listener/address.js';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether only this machine reaches it. */
export function isPrivate(address: Address): boolean {
  if (address.kind !== 'tcp') return address.kind === 'unix';
  return address.host === 'localhost' || LOOPBACK.check(address.host, isIPv6(address.host) ? 'ipv6' : 'ipv4');
}

/** @throws ERR_PRONGHORN_CONFIG_CONFLICT when the pages would be open to everybody */
export function checkAccess(address: Address, token: string): void {
  if (address.kind === 'fd' || address.tls || address.proxyProtocol) {
    throw new PronghornError('ERR_PRONGHORN_LISTEN_ADDRESS', {
      address: printAddress(address),
      reason: 'the admin pages are served on http://host:port or unix:/path',
    });
  }
  if (isPrivate(address) || token !== '') return;
  const rule = `${printAddress(address)} can be reached by other machines, which must need a token`;
  throw new PronghornError('ERR_PRONGHORN_CONFIG_CONFLICT', { names: ['admin', 'adminToken'], rule });
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** @param authorization `Bearer` with the token, or `Basic` with it as the password, which browsers ask for */
export function isAllowed(authorization: string | undefined, token: string): boolean {
  if (token === '') return true;
  const [, scheme = '', credentials = ''] = /^(\w+) +(\S+)$/.exec(authorization ?? '') ?? [];
  const isBasic = scheme.toLowerCase() === 'basic';
  const given = isBasic
    ? Buffer.from(credentials, 'base64').toString().split(':').slice(1).join(':')
    : credentials;
  return (isBasic || scheme.toLowerCase() === 'bearer') && timingSafeEqual(digest(given), digest(token));
}
