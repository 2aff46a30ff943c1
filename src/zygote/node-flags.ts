// The flags of Node that a host needs to be able to fork. They are noted and taken out of process.execArgv when this
// module is first imported: what the application starts with process.execArgv is an ordinary process.
import { hostChannelFd } from '../channel/announcement.js';

/** Without these, V8 gives work to threads that a fork did not copy, and waits for it. */
const REQUIRED = ['--single-threaded', '--v8-pool-size=0'];
/** Saves the thread that waits for SIGUSR1; not every version of Node has it. */
const NO_SIGUSR1 = '--disable-sigusr1';

function take(): ReadonlySet<string> {
  if (hostChannelFd === undefined) return new Set();
  const ours = (flag: string) => flag === NO_SIGUSR1 || REQUIRED.includes(flag);
  const taken = process.execArgv.filter(ours);
  process.execArgv = process.execArgv.filter((flag) => !ours(flag));
  return new Set(taken);
}

const flags = take();

export const missingForkFlags: readonly string[] = REQUIRED.filter((flag) => !flags.has(flag));

export const hasSigusr1Thread: boolean = !flags.has(NO_SIGUSR1);
