// How what loads the application is started: which script, which flags of Node, which environment. Pure but
// for reading how this process itself was started.
import {
  APP_VARIABLE,
  HOST_VARIABLE,
  IDENTITY_VARIABLE,
  type Identity,
  MANAGER_VARIABLE,
} from '../channel/announcement.js';
import { FORK_FLAGS, NO_REDUCER_FLAG, NO_SIGUSR1_FLAG } from '../channel/host-flags.js';

export interface HostProgram {
  /** The module that Node runs. */
  readonly script: string;
  readonly args: readonly string[];
  /** Absolute path of the application where `script` is not the application itself. */
  readonly app?: string;
  /** The application as messages name it. */
  readonly shownAs: string;
  /** Who the process is to be; undefined: as the manager. */
  readonly identity?: Identity;
  /** For it to load. */
  readonly bootTimeoutMs: number;
}

/** Descriptor of the channel in a host that is a process. */
export const HOST_CHANNEL_FD = 3;

/** Runs before the application and before anything else that the user's own flags bring in. */
const PRELOAD_FLAG = `--import=${new URL('../zygote/preload.js', import.meta.url).href}`;

/** An inspector listens on a port, which the manager's own has already. */
const INSPECTOR_FLAG = /^--(inspect|debug)/;

function inheritedFlags(execArgv: readonly string[]): string[] {
  return execArgv.filter((flag) => !INSPECTOR_FLAG.test(flag));
}

function forkFlags(): readonly string[] {
  const isKnown = process.allowedNodeEnvironmentFlags.has(NO_SIGUSR1_FLAG);
  const flags = [...FORK_FLAGS, NO_REDUCER_FLAG];
  return isKnown ? [...flags, NO_SIGUSR1_FLAG] : flags;
}

/** Arguments for process.execPath. @param forks workers are to be forked from the process */
export function hostArguments(program: HostProgram, forks: boolean): string[] {
  const flags = forks ? forkFlags() : [];
  return [...flags, PRELOAD_FLAG, ...inheritedFlags(process.execArgv), program.script, ...program.args];
}

/** @param channelFd descriptor of the channel in the host */
export function hostEnvironment(program: HostProgram, channelFd: number): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    [HOST_VARIABLE]: String(channelFd),
    [MANAGER_VARIABLE]: String(process.pid),
  };
  if (program.app !== undefined) environment[APP_VARIABLE] = program.app;
  const { identity } = program;
  if (identity) {
    environment[IDENTITY_VARIABLE] = JSON.stringify(identity);
    // As a login would have them: what belongs to root is out of reach.
    const { name, home } = identity;
    if (name !== '') Object.assign(environment, { HOME: home, USER: name, LOGNAME: name });
  }
  return environment;
}
