// Open sockets on their way from one manager to the next: what is said about them, and what they say of themselves. Runs
// in both managers.
import { binding } from '../binding/load.js';
import type { Handover, HandoverPlace } from '../channel/messages.js';
import type { TcpAddress, UnixAddress } from './address.js';
import type { Listeners, Place } from './listeners.js';

/** In the manager that goes. The descriptors are those of the listeners, in the same order. */
export function describePlaces({ places }: Listeners): HandoverPlace[] {
  return places.map(({ key, bound }) => ({
    key,
    bound: bound.map(({ fds, shared, inherited, file }) => ({
      fdCount: fds.length,
      shared,
      inherited,
      ...(file ? { file: { dev: file.dev, ino: file.ino } } : {}),
    })),
  }));
}

function addressOf(fd: number): TcpAddress | UnixAddress | undefined {
  const name = binding.localName(fd);
  if (typeof name === 'number') return undefined;
  if ('path' in name) return { kind: 'unix', path: name.path };
  const host = name.isDualStack && name.host === '::' ? '*' : name.host;
  return { kind: 'tcp', host, port: name.port };
}

/** In the manager that comes. What cannot be made sense of is closed, and opened anew if it is wanted. */
export function placesOf({ places }: Handover, fds: readonly number[]): Place[] {
  const rest = [...fds];
  return places.map(({ key, bound }) => ({
    key,
    bound: bound.flatMap(({ fdCount, shared, inherited, file }) => {
      const own = rest.splice(0, fdCount);
      const address = own.length === fdCount ? addressOf(own[0]!) : undefined;
      if (address) return [{ address, fds: own, shared, inherited, file }];
      for (const fd of own) binding.closeFd(fd);
      return [];
    }),
  }));
}
