// Message ↔ text, and the blocking calls of a host, which has no turning event loop while it waits for commands.
import { constants } from 'node:os';
import { binding } from '../binding/load.js';
import { errnoError, succeeded } from '../binding/status.js';
import { PronghornError } from '../errors.js';
import type { Message } from './messages.js';

/** Descriptors in one message; the kernel takes up to 253. */
export const MESSAGE_FDS_MAX = 200;

export function decode<In extends Message>(text: string): In {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (cause) {
    throw new PronghornError('ERR_PRONGHORN_CHANNEL_MESSAGE', { reason: 'not JSON', cause });
  }
  if (typeof message !== 'object' || message === null || !('type' in message)) {
    throw new PronghornError('ERR_PRONGHORN_CHANNEL_MESSAGE', { reason: 'it has no type' });
  }
  return message as In;
}

const PEER_GONE = new Set([-constants.errno.EPIPE, -constants.errno.ECONNRESET]);

/** What sending gives when the other process has closed its end or ended. */
export function isPeerGone(errno: number): boolean {
  return PEER_GONE.has(errno);
}

/** Two connected descriptors, one for each process. */
export function channelPair(): [number, number] {
  return succeeded('socketpair', binding.channelPair());
}

/** Blocks until the other side has room. A peer that is gone is not an error here: receiving tells it. */
export function sendBlocking<Out extends Message>(
  fd: number,
  message: Out,
  fds: readonly number[] = [],
): void {
  const errno = binding.send(fd, JSON.stringify(message), [...fds]);
  if (errno < 0 && !isPeerGone(errno)) throw errnoError('sendmsg', errno);
}

/** Blocks until a message comes; undefined when the other side is gone. The descriptors are the caller's. */
export function receiveBlocking<In extends Message>(fd: number): { message: In; fds: number[] } | undefined {
  const received = binding.receive(fd);
  if (received === undefined) return undefined;
  if (typeof received === 'number') throw errnoError('recvmsg', received);
  return { message: decode<In>(received.text), fds: received.fds };
}
