// A negative errno of the native side → a PronghornError with the name and the words of the system. Pure, used in
// every process.
import { getSystemErrorMap } from 'node:util';
import { PronghornError } from '../errors.js';

/** `EADDRINUSE` and 'address already in use' for -98. */
export function describeErrno(errno: number): { name: string; text: string } {
  const [name, text] = getSystemErrorMap().get(errno) ?? [`errno ${-errno}`, 'unknown system error'];
  return { name, text };
}

/** The error that a failed native call stands for. */
export function errnoError(syscall: string, errno: number): PronghornError {
  const { name, text } = describeErrno(errno);
  return new PronghornError('ERR_PRONGHORN_SYSTEM_CALL', { syscall, errno: name, reason: text });
}

/**
 * The result of a native call that gives a number or an object.
 * @throws ERR_PRONGHORN_SYSTEM_CALL when it is a negative errno
 */
export function succeeded<Result>(syscall: string, result: Result | number): Result {
  if (typeof result === 'number' && result < 0) throw errnoError(syscall, result);
  return result as Result;
}
