// Which of the flags that forking needs this host was started with. They are noted and taken out of process.execArgv when
// this module is first imported: what the application starts with process.execArgv is an ordinary process.
import { hostChannelFd } from '../channel/announcement.js';
import { FORK_FLAGS, NO_REDUCER_FLAG, NO_SIGUSR1_FLAG } from '../channel/host-flags.js';

function take(): ReadonlySet<string> {
  if (hostChannelFd === undefined) return new Set();
  const others = [NO_REDUCER_FLAG, NO_SIGUSR1_FLAG];
  const ours = (flag: string) => others.includes(flag) || FORK_FLAGS.includes(flag);
  const taken = process.execArgv.filter(ours);
  process.execArgv = process.execArgv.filter((flag) => !ours(flag));
  return new Set(taken);
}

const flags = take();

export const missingForkFlags: readonly string[] = FORK_FLAGS.filter((flag) => !flags.has(flag));

export const hasSigusr1Thread: boolean = !flags.has(NO_SIGUSR1_FLAG);
