// How a host gets its configuration and the descriptors that the manager owns: more of them than one message can carry.
import { PronghornError } from '../errors.js';
import type { Channel } from './channel.js';
import type { HostToManager, ManagerToHost, Setup } from './messages.js';
import { MESSAGE_FDS_MAX, receiveBlocking } from './wire.js';

/** In the manager. @param fds in the order of Setup; they stay the caller's */
export function sendSetup(
  channel: Channel<HostToManager, ManagerToHost>,
  setup: Omit<Setup, 'type' | 'fdCount'>,
  fds: readonly number[],
): void {
  channel.send({ type: 'setup', ...setup, fdCount: fds.length }, fds.slice(0, MESSAGE_FDS_MAX));
  for (let sent = MESSAGE_FDS_MAX; sent < fds.length; sent += MESSAGE_FDS_MAX) {
    channel.send({ type: 'descriptors' }, fds.slice(sent, sent + MESSAGE_FDS_MAX));
  }
}

/** In the host. @returns every descriptor of `setup`, or undefined when the manager is gone */
export function receiveRemainingFds(
  hostChannelFd: number,
  setup: Setup,
  first: number[],
): number[] | undefined {
  const fds = [...first];
  while (fds.length < setup.fdCount) {
    const received = receiveBlocking<ManagerToHost>(hostChannelFd);
    if (received === undefined) return undefined;
    if (received.message.type !== 'descriptors' || received.fds.length === 0) {
      throw new PronghornError('ERR_PRONGHORN_CHANNEL_MESSAGE', {
        reason: `expected descriptors, received ${received.message.type}`,
      });
    }
    fds.push(...received.fds);
  }
  return fds;
}
