// The first module of every host, by --import: what must be done before any code of the application runs. Does nothing
// in a process or thread that is no host.
import { setFlagsFromString } from 'node:v8';
import { hostChannelFd, identity, isThread } from '../channel/announcement.js';
import { replaceMathRandom } from '../worker/random.js';
import { missingForkFlags } from './node-flags.js';
import './resources.js';

// The addon is for hosts, and this module is for the application's threads too.
if (identity) (await import('./privileges.js')).dropPrivileges(identity);

if (hostChannelFd !== undefined && !isThread) replaceMathRandom();

// V8 compiles a function when it is called first, each worker for itself, and forgets it when it has not been called for
// some collections. What a worker does first is compiled here, once for all of them.
if (hostChannelFd !== undefined && !isThread && missingForkFlags.length === 0) {
  setFlagsFromString('--no-flush-bytecode');
  setFlagsFromString('--no-lazy');
  await import('./host.js');
  setFlagsFromString('--lazy');
}

// What the application starts with process.execArgv is no host.
process.execArgv = process.execArgv.filter((flag) => flag !== `--import=${import.meta.url}`);
