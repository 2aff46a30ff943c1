// The types of the native exports about listening sockets: a part of contract.ts. Functions return 0 or a result, and a
// negative errno on failure.
import type { Errno } from './errno.js';

export interface ListenOptions {
  /** Numeric address; '::' with ipv6Only false is dual-stack. */
  host: string;
  port: number;
  backlog: number;
  reusePort: boolean;
  ipv6Only: boolean;
  /** Seconds; 0: off. */
  deferAccept: number;
  /** Length of the queue; 0: off. */
  fastOpen: number;
}

export interface ListenUnixOptions {
  path: string;
  backlog: number;
  /** Permissions of the file; -1: what the umask leaves. */
  mode: number;
  /** Account numbers; -1: whoever runs this. */
  owner: number;
  group: number;
}

/** What a socket is bound to. */
export type LocalName = { host: string; port: number; isDualStack: boolean } | { path: string };

export interface SocketBinding {
  /** Bound, listening, non-blocking, close-on-exec, TCP_NODELAY for what it accepts. The descriptor. */
  listenTcp(options: ListenOptions): number | Errno;
  listenUnix(options: ListenUnixOptions): number | Errno;
  /** Takes over a bound stream socket that this process was started with. `backlog` 0: as it is. */
  adoptListener(fd: number, backlog: number): Errno | 0;
  localName(fd: number): LocalName | Errno;
  /** Number of a group by its name; -ENOENT if there is none. */
  groupId(name: string): number | Errno;
  /** Address that a listener really has (port 0 resolved). */
  localPort(fd: number): number | Errno;
  /** Connections that wait in a listener's accept queue, and its limit (TCP_INFO). */
  listenQueue(fd: number): { waiting: number; limit: number } | Errno;
  /** New connections of the reuseport group of `fd` go only to these members, as often as their weights say (≥ 1). */
  steer(fd: number, members: number[], weights: number[]): Errno | 0;
  /** A descriptor by which one worker wakes another. */
  makeBell(): number | Errno;
  /** Another descriptor of the same socket, which is the caller's. */
  duplicateFd(fd: number): number | Errno;
  closeFd(fd: number): void;
}
