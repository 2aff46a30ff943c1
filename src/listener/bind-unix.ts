// Opens a unix socket with the permissions and the owner that were asked for. Runs in the manager.
import { binding } from '../binding/load.js';
import { describeErrno } from '../binding/status.js';
import { PronghornError } from '../errors.js';
import { printAddress, type UnixAddress } from './address.js';
import { listenError } from './listen-error.js';

const LEAVE = -1;

function accountNumber(address: UnixAddress, kind: 'user' | 'group', idOf: (name: string) => number): number {
  const account = address[kind];
  if (account === undefined) return LEAVE;
  if (typeof account === 'number') return account;
  const id = idOf(account);
  if (id >= 0) return id;
  const { name, text } = describeErrno(id);
  throw new PronghornError('ERR_PRONGHORN_LISTEN_FAILED', {
    address: printAddress(address),
    reason:
      name === 'ENOENT' ? `there is no ${kind} ${account}` : `cannot look up the ${kind} ${account}: ${text}`,
  });
}

function userId(name: string): number {
  const found = binding.findUser(name);
  return typeof found === 'number' ? found : found.uid;
}

/**
 * @returns the descriptor
 * @throws ERR_PRONGHORN_LISTEN_IN_USE, ERR_PRONGHORN_LISTEN_DENIED, ERR_PRONGHORN_LISTEN_FAILED
 */
export function bindUnix(address: UnixAddress, backlog: number): number {
  const fd = binding.listenUnix({
    path: address.path,
    backlog: address.backlog ?? backlog,
    mode: address.mode ?? LEAVE,
    owner: accountNumber(address, 'user', userId),
    group: accountNumber(address, 'group', binding.groupId),
  });
  if (fd < 0) throw listenError(address, fd);
  return fd;
}
