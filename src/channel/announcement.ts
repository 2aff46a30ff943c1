// What the manager tells a host, a process or a thread, through its environment: that it is one, which file is the
// application, and who it is to be. Read once, when this module is first imported, and removed, so that neither the
// application nor what it starts ever sees it.
import { isMainThread } from 'node:worker_threads';

/** Descriptor number of the host's end of its channel. */
export const HOST_VARIABLE = 'PRONGHORN_HOST';
/** Pid of the manager, which may be gone before its host hears of that. */
export const MANAGER_VARIABLE = 'PRONGHORN_MANAGER';
/** Absolute path of the application; only set when the command line is the manager. */
export const APP_VARIABLE = 'PRONGHORN_APP';

/** Who a host becomes, in JSON; only set when that is somebody else than the manager. */
export const IDENTITY_VARIABLE = 'PRONGHORN_IDENTITY';

/** An account: who the processes are that run the application. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** Whose supplementary groups they have; '' for a number without an entry, which has none. */
  readonly name: string;
  readonly home: string;
}

interface Announcement {
  readonly hostChannelFd: number | undefined;
  readonly managerPid: number | undefined;
  readonly appPath: string | undefined;
  readonly identity: Identity | undefined;
}

function take(name: string): string | undefined {
  const value = process.env[name];
  delete process.env[name];
  return value;
}

function read(): Announcement {
  const descriptor = take(HOST_VARIABLE);
  const isNumber = descriptor !== undefined && /^\d+$/.test(descriptor);
  const identity = take(IDENTITY_VARIABLE);
  const manager = take(MANAGER_VARIABLE);
  return {
    hostChannelFd: isNumber ? Number(descriptor) : undefined,
    managerPid: manager === undefined ? undefined : Number(manager),
    appPath: take(APP_VARIABLE),
    identity: identity === undefined ? undefined : (JSON.parse(identity) as Identity),
  };
}

/**
 * In the process, not in this module: an application may bring its own installation of this package, which is another
 * module than the one that the command line's host has loaded.
 */
const KEY = Symbol.for('pronghorn.announcement');
const shared = globalThis as { [KEY]?: Announcement };

if (!shared[KEY]) Object.defineProperty(shared, KEY, { value: read() });

/** `hostChannelFd` is undefined in what is no host. */
export const { hostChannelFd, managerPid, appPath, identity } = shared[KEY]!;

/** This host, and the worker that it becomes, is a thread of the manager's process. */
export const isThread = hostChannelFd !== undefined && !isMainThread;
