// The first module of every host, by --import: what must be done before any code of the application runs. Does nothing
// in a process or thread that is no host.
import { hostChannelFd, isThread } from '../channel/announcement.js';
import { replaceMathRandom } from '../worker/random.js';
import './node-flags.js';
import './resources.js';

if (hostChannelFd !== undefined && !isThread) replaceMathRandom();

// What the application starts with process.execArgv is no host.
process.execArgv = process.execArgv.filter((flag) => flag !== `--import=${import.meta.url}`);
