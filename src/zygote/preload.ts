// The first module of every host, by --import: what must be done before any code of the application runs. Does nothing
// in a process or thread that is no host.
import { hostChannelFd, identity, isThread } from '../channel/announcement.js';
import { replaceMathRandom } from '../worker/random.js';
import './node-flags.js';
import './resources.js';

// The addon is for hosts, and this module is for the application's threads too.
if (identity) (await import('./privileges.js')).dropPrivileges(identity);

if (hostChannelFd !== undefined && !isThread) replaceMathRandom();

// What the application starts with process.execArgv is no host.
process.execArgv = process.execArgv.filter((flag) => flag !== `--import=${import.meta.url}`);
