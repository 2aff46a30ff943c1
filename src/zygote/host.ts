// A host: the process that loads the application, once, and then does what the manager says: forks workers (the zygote)
// or becomes a worker itself (start method spawn). This file is about the loading; commands.ts is about the rest.
import { constants } from 'node:os';
import { binding } from '../binding/load.js';
import { hostChannelFd } from '../channel/announcement.js';
import type { HostToManager } from '../channel/messages.js';
import { sendBlocking } from '../channel/wire.js';
import { PronghornError } from '../errors.js';
import type { Application } from '../worker/application.js';
import { obey } from './commands.js';
import { describeFailure } from './failure.js';
import { prepareToFork } from './prepare.js';
import { forkUnsafeReason, openResources, requestsSettled } from './probe.js';

type Load = () => Promise<Application>;

const FAILED_EXIT_CODE = 1;

/**
 * In the process, not in this module, as in announcement.ts: the application's own run() must find the host that is
 * loading it.
 */
const KEY = Symbol.for('pronghorn.host');
const running = globalThis as { [KEY]?: (load: Load) => void };

/** From the terminal these reach every process of the group; what to do about them is for the manager to say. */
function ignoreTerminal(): void {
  binding.ignoreSignal(constants.signals.SIGINT);
  binding.ignoreSignal(constants.signals.SIGQUIT);
}

async function host(channelFd: number, load: Load, loadedByItself: Promise<Load>): Promise<void> {
  const tell = (message: HostToManager) => sendBlocking(channelFd, message);
  ignoreTerminal();
  let application: Application;
  const loading = load();
  try {
    application = await Promise.race([loading, loadedByItself.then((own) => own())]);
  } catch (error) {
    tell(describeFailure(error));
    process.exit(FAILED_EXIT_CODE);
  }
  // An application that runs its own server may fail behind that: then it is an exception like any other.
  loading.catch((error) => {
    throw error;
  });
  await requestsSettled();
  // The application may have taken the signals over.
  ignoreTerminal();
  const { config } = application;
  const resources = openResources();
  const forkUnsafe = await forkUnsafeReason();
  tell({ type: 'loaded', config, forkUnsafe, resources });
  // While the manager opens its sockets.
  if (forkUnsafe === undefined) prepareToFork();
  // From a phase of the event loop in which no descriptor is being looked at: a forked worker goes on from there.
  setImmediate(() => obey(channelFd, application));
}

/**
 * Makes this process a host. Never resolves: what stands behind it in the user's program is for the manager's process.
 * Called a second time, by an application that runs its own server while it is being loaded, it gives the first call
 * its application.
 */
export function runHost(load: Load): Promise<never> {
  const channelFd = hostChannelFd;
  if (channelFd === undefined) {
    throw new PronghornError('ERR_PRONGHORN_INTERNAL', { reason: 'this process is no host' });
  }
  const adopt = running[KEY];
  if (adopt) {
    adopt(load);
  } else {
    const loadedByItself = new Promise<Load>((resolve) => {
      Object.defineProperty(running, KEY, { value: resolve });
    });
    void host(channelFd, load, loadedByItself);
  }
  return new Promise<never>(() => {});
}
