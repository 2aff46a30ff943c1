// Where a server's pid file and control socket are: the server makes them there, the commands look for them there. Pure.
import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import type { ResolvedConfig } from '../config/options.js';

const PID_FILE = 'pronghorn.pid';
const SOCKET = 'control.sock';
const HASH_LENGTH = 8;

export interface RuntimePlace {
  /** Made if it is missing, with nobody else let in, and removed when it is empty. Undefined: the user's own affair. */
  readonly folder?: string;
  readonly pidFile: string;
  readonly socket: string;
}

/** What distinguishes an account where its files are concerned. */
export interface Owner {
  readonly uid: number;
  readonly home: string;
  readonly environment: NodeJS.ProcessEnv;
}

function inFolder(folder: string, pidFile = join(folder, PID_FILE)): RuntimePlace {
  return { folder, pidFile, socket: join(folder, SOCKET) };
}

/**
 * By the options, or by what is usual for the application.
 * @param usual folder for when the options say nothing
 */
export function placeFor(
  { pidFile, runtimeDir }: Pick<ResolvedConfig, 'pidFile' | 'runtimeDir'>,
  usual?: string,
): RuntimePlace | undefined {
  if (runtimeDir !== '') return inFolder(runtimeDir, pidFile === '' ? undefined : pidFile);
  // Beside it, so that whoever knows the one finds the other.
  if (pidFile !== '') return { pidFile, socket: `${pidFile}.sock` };
  return usual === undefined ? undefined : inFolder(usual);
}

/** A name for the server of an application. @param app absolute path */
export function instanceName(app: string): string {
  const hash = createHash('sha256').update(app).digest('hex').slice(0, HASH_LENGTH);
  // A file called index or server says less than its folder.
  const stem = basename(app).replace(/\.[^.]*$/, '');
  const name = /^(index|main|app|server)$/.test(stem) ? `${basename(dirname(app))}-${stem}` : stem;
  return `${name.replace(/[^\w.-]/g, '_')}-${hash}`;
}

/** The folder for pid file and socket of the application's server: private to the account, and gone after a restart. */
export function usualFolder(app: string, { uid, home, environment }: Owner): string {
  const name = instanceName(app);
  if (uid === 0) return join('/run/pronghorn', name);
  const { XDG_RUNTIME_DIR: runtime, XDG_STATE_HOME: state = join(home, '.local/state') } = environment;
  return runtime ? join(runtime, 'pronghorn', name) : join(state, 'pronghorn/run', name);
}

/** Where `start` lets the log of the application's server go, if nobody says where. */
export function usualLogFile(app: string, { uid, home, environment }: Owner): string {
  const file = `${instanceName(app)}.log`;
  if (uid === 0) return join('/var/log/pronghorn', file);
  const { XDG_STATE_HOME: state = join(home, '.local/state') } = environment;
  return join(state, 'pronghorn/log', file);
}
