// The kernel's refusal of a listening socket as an error that names the address as the user wrote it. Pure.
import { constants } from 'node:os';
import { describeErrno } from '../binding/status.js';
import { PronghornError } from '../errors.js';
import { type Address, printAddress } from './address.js';

const { EADDRINUSE, EACCES, EPERM } = constants.errno;

/** @param errno negative */
export function listenError(address: Address, errno: number): PronghornError {
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
