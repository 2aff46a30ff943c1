// The manager's commands to a host that has loaded its application. Waits for them in a blocking call: none of the
// application's timers runs in a zygote, and the event loop is at rest when it is copied.
import { binding } from '../binding/load.js';
import { succeeded } from '../binding/status.js';
import { isThread } from '../channel/announcement.js';
import type {
  Fork,
  HostToManager,
  ManagerToHost,
  SelfTest,
  Setup,
  TlsState,
  WarmUp,
  WorkerPlace,
} from '../channel/messages.js';
import { receiveRemainingFds } from '../channel/setup.js';
import { TlsAssembly } from '../channel/tls.js';
import { receiveBlocking, sendBlocking } from '../channel/wire.js';
import { permissionBits } from '../config/kinds.js';
import { PronghornError } from '../errors.js';
import { InheritedListeners } from '../listener/inherited.js';
import { createLog } from '../log.js';
import { Scoreboard } from '../scoreboard/scoreboard.js';
import { becomeOwnProcess } from '../worker/after-fork.js';
import type { Application } from '../worker/application.js';
import { Worker, type WorkerOptions } from '../worker/worker.js';
import { tellUncaught } from './failure.js';
import { prepareAgain } from './prepare.js';
import { forkReport, stopWatching } from './report.js';
import { requestsSettled } from './requests.js';
import { runTrial } from './trial.js';
import { warmUp } from './warm-up.js';

/** All that the workers of this host have in common. */
type Equipment = Omit<WorkerOptions, 'place' | 'channelFd' | 'tls'>;

function equip(application: Application, setup: Setup, fds: readonly number[]): Equipment {
  const [scoreboardFd, ...rest] = fds as [number, ...number[]];
  const scoreboard = Scoreboard.open(scoreboardFd);
  binding.closeFd(scoreboardFd);
  const { umask } = setup.config;
  // Of a thread it is that of the process, which has seen to it.
  if (umask !== '' && !isThread) process.umask(permissionBits(umask));
  return {
    application,
    config: setup.config,
    scoreboard,
    bells: rest.slice(0, setup.slots),
    listeners: new InheritedListeners(setup.listeners, rest.slice(setup.slots)),
    log: createLog(setup.config.logLevel),
  };
}

function onlyFd(message: ManagerToHost, fds: readonly number[]): number {
  if (fds.length === 1) return fds[0]!;
  throw new PronghornError('ERR_PRONGHORN_CHANNEL_MESSAGE', {
    reason: `${message.type} came with ${fds.length} descriptors`,
  });
}

/** Nobody but workers is to run the user's 'exit' listeners. */
function leave(): never {
  if (!isThread) return binding.exitNow(0);
  process.removeAllListeners('exit');
  return process.exit(0);
}

class Host {
  readonly #channelFd: number;
  readonly #application: Application;
  #equipment: Equipment | undefined;
  /** Bells and listeners' sockets. */
  #fds: readonly number[] = [];
  readonly #tlsAssembly = new TlsAssembly();
  /** As of now: it changes while the host lives. */
  #tls: TlsState | undefined;

  constructor(channelFd: number, application: Application) {
    this.#channelFd = channelFd;
    this.#application = application;
  }

  /** Returns in workers and trial children only, and while the event loop has to turn. */
  obey(): void {
    while (this.#step());
  }

  /** Does what the next message says. @returns whether the next one is to be waited for now */
  #step(): boolean {
    const received = receiveBlocking<ManagerToHost>(this.#channelFd);
    // Workers have their own channels to the manager.
    if (received === undefined) return leave();
    const { message, fds } = received;
    switch (message.type) {
      case 'setup':
        stopWatching();
        this.#setUp(message, fds);
        return true;
      case 'tls':
        this.#tls = this.#tlsAssembly.add(message) ?? this.#tls;
        return true;
      case 'warmUp':
        void this.#warmUp(message);
        return false;
      case 'selftest':
        stopWatching();
        return this.#fork(message, onlyFd(message, fds));
      case 'fork':
        return this.#fork(message, onlyFd(message, fds));
      case 'serve':
        this.#serve(message, onlyFd(message, fds));
        return false;
      default:
        throw new PronghornError('ERR_PRONGHORN_CHANNEL_MESSAGE', {
          reason: `${message.type} is not expected`,
        });
    }
  }

  #setUp(setup: Setup, first: number[]): void {
    const fds = receiveRemainingFds(this.#channelFd, setup, first);
    if (fds === undefined) leave();
    // Another setup than before: what was open for that one would keep its addresses open.
    for (const fd of this.#fds) binding.closeFd(fd);
    this.#equipment?.scoreboard.close();
    this.#fds = fds.slice(1);
    this.#equipment = equip(this.#application, setup, fds);
  }

  async #warmUp({ config }: WarmUp): Promise<void> {
    const isOver = tellUncaught(this.#channelFd);
    // What is left of bootTimeout is for the manager, which ends a host that does not come back.
    await warmUp(this.#application, config, config.bootTimeoutMs / 2);
    await requestsSettled();
    isOver();
    const report = await forkReport();
    sendBlocking<HostToManager>(this.#channelFd, { type: 'warmed', ...report });
    if (report.forkUnsafe === undefined) prepareAgain();
    // As in host.ts: from a phase in which no descriptor is being looked at.
    setImmediate(() => this.obey());
  }

  #fork(command: Fork | SelfTest, fd: number): boolean {
    const workerId = command.type === 'fork' ? command.workerId : undefined;
    const pid = binding.fork();
    if (pid === 0) {
      becomeOwnProcess();
      if (command.type === 'fork') this.#serve(command, fd);
      else void this.#try(fd);
      return false;
    }
    binding.closeFd(fd);
    const result: HostToManager =
      pid > 0 ? { type: 'forked', workerId, pid } : { type: 'forkFailed', workerId, errno: pid };
    sendBlocking(this.#channelFd, result);
    return true;
  }

  #serve(place: WorkerPlace, channelFd: number): void {
    this.#leaveManager();
    if (!this.#equipment) {
      throw new PronghornError('ERR_PRONGHORN_CHANNEL_MESSAGE', {
        reason: 'a worker was wanted before setup',
      });
    }
    void new Worker({ ...this.#equipment, tls: this.#tls, place, channelFd }).boot();
  }

  /** A thread's channel and life are the manager's to end. */
  #leaveManager(): void {
    if (isThread) return;
    // A worker that kept it would hide the zygote's end from the manager.
    binding.closeFd(this.#channelFd);
    // A worker finishes what it has begun when the manager dies.
    succeeded('prctl', binding.setDeathSignal(0));
  }

  #try(channelFd: number): Promise<void> {
    binding.closeFd(this.#channelFd);
    return runTrial(channelFd);
  }
}

/** Returns like Host.obey(). */
export function obey(channelFd: number, application: Application): void {
  new Host(channelFd, application).obey();
}
