// A host: the process or thread that loads the application, once, and then does what the manager says: forks workers (the
// zygote) or becomes a worker itself. This file is about the loading; commands.ts is about the rest.
import { constants } from 'node:os';
import { binding } from '../binding/load.js';
import { succeeded } from '../binding/status.js';
import { hostChannelFd, isThread, managerPid } from '../channel/announcement.js';
import type { ForkReport, HostToManager } from '../channel/messages.js';
import { sendBlocking } from '../channel/wire.js';
import { PronghornError } from '../errors.js';
import type { Application } from '../worker/application.js';
import { obey } from './commands.js';
import { failLoading, tellUncaught } from './failure.js';
import { prepareToFork } from './prepare.js';
import { forkReport } from './report.js';
import { requestsSettled } from './requests.js';

type Load = () => Promise<Application>;

/**
 * In the process, not in this module, as in announcement.ts: the application's own run() must find the host that is
 * loading it.
 */
const KEY = Symbol.for('pronghorn.host');
const running = globalThis as { [KEY]?: (load: Load) => void };

const { SIGINT, SIGKILL, SIGQUIT, SIGTERM } = constants.signals;

/**
 * The terminal sends them to every process of the group, and so do `timeout` and process managers; what to do about them
 * is for the manager to say.
 */
function leaveSignalsToManager(): void {
  for (const signal of [SIGINT, SIGQUIT, SIGTERM]) binding.ignoreSignal(signal);
}

/** The application, or undefined when it failed and the process is about to end. */
async function loaded(
  channelFd: number,
  load: Load,
  loadedByItself: Promise<Load>,
): Promise<Application | undefined> {
  const isOver = tellUncaught(channelFd);
  const loading = load();
  try {
    const application = await Promise.race([loading, loadedByItself.then((own) => own())]);
    // One that runs its own server may fail behind that: then it is an exception like any other.
    loading.catch((error) => {
      throw error;
    });
    await requestsSettled();
    return application;
  } catch (error) {
    failLoading(channelFd, error);
  } finally {
    isOver();
  }
}

/** A thread has neither signals nor a death of its own to follow the manager's: both are the process's. */
function followManager(): void {
  if (isThread) return;
  leaveSignalsToManager();
  // Later the end of the channel says so, but while it loads nobody listens.
  succeeded('prctl', binding.setDeathSignal(SIGKILL));
  // It may have died while this process began: then there will be no signal.
  if (process.ppid !== managerPid) process.kill(process.pid, SIGKILL);
}

/** What the manager must know of a process to fork it. */
function fitness(): Promise<ForkReport> {
  // The application may have taken the signals over.
  if (!isThread) leaveSignalsToManager();
  return forkReport();
}

async function host(channelFd: number, load: Load, loadedByItself: Promise<Load>): Promise<void> {
  followManager();
  const application = await loaded(channelFd, load, loadedByItself);
  if (application === undefined) return;
  const { config } = application;
  const report = await fitness();
  sendBlocking<HostToManager>(channelFd, { type: 'loaded', config, ...report });
  // While the manager opens its sockets.
  if (report.forkUnsafe === undefined) prepareToFork();
  // From a phase of the event loop in which no descriptor is being looked at: a forked worker goes on from there.
  setImmediate(() => obey(channelFd, application));
}

/**
 * Makes this process or thread a host. Never resolves: what stands behind it in the user's program is for the manager's process.
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
