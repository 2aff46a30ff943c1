// The life of a worker, forked, spawned or thread: boot → ready → serve → drain → exit. Runs in the process or thread that
// serves; does what the manager says over the channel, and ends by itself when the manager is gone.
import { constants } from 'node:os';
import { threadId } from 'node:worker_threads';
import type { ListenerOptions } from '../binding/contract.js';
import { binding } from '../binding/load.js';
import { describeErrno, succeeded } from '../binding/status.js';
import { isThread } from '../channel/announcement.js';
import { Channel } from '../channel/channel.js';
import type {
  Drain,
  ManagerToWorker,
  TlsPart,
  TlsState,
  WorkerPlace,
  WorkerToManager,
} from '../channel/messages.js';
import { TlsAssembly } from '../channel/tls.js';
import type { ResolvedConfig } from '../config/options.js';
import { PronghornError, reasonOf } from '../errors.js';
import type { HttpServer } from '../http/server.js';
import type { InheritedListeners, InheritedSocket } from '../listener/inherited.js';
import { type Log, record } from '../log.js';
import { monotonicNs, type Scoreboard } from '../scoreboard/scoreboard.js';
import { TlsEndpoints } from '../tls/endpoints.js';
import { AccessLog } from './access-log.js';
import type { Application } from './application.js';
import { reportMemory } from './memory.js';
import { provenReady } from './readiness.js';
import { openServer } from './serving.js';

export interface WorkerOptions {
  readonly application: Application;
  readonly config: ResolvedConfig;
  readonly place: WorkerPlace;
  /** The worker's end of its channel, which it owns from now on. */
  readonly channelFd: number;
  readonly scoreboard: Scoreboard;
  /** One for each slot. */
  readonly bells: readonly number[];
  readonly listeners: InheritedListeners;
  /** Undefined: no listener speaks TLS. */
  readonly tls: TlsState | undefined;
  readonly log: Log;
}

/** For requests under way when nobody is left who would wait for them longer. */
const ORPHAN_DRAIN_MS = 5_000;
/** A connection that was opened just now gets so long to send its first request. */
const IDLE_GRACE_MS = 500;
const FAILED_EXIT_CODE = 1;
/** How far apart the same event can reach a worker by a signal and by the manager's word about it. */
const MANAGER_WORD_MS = 200;

/** As if by the first listener for it: the host, from which a worker has its signals, ignores this one for the system. */
function receiveAgain(signal: NodeJS.Signals): void {
  const listeners = process.rawListeners(signal) as NodeJS.SignalsListener[];
  process.removeAllListeners(signal);
  for (const listener of listeners) process.on(signal, listener);
}

export class Worker {
  readonly #options: WorkerOptions;
  readonly #log: Log;
  readonly #channel: Channel<ManagerToWorker, WorkerToManager>;
  /** Undefined until the worker is ready. */
  #http: HttpServer | undefined;
  readonly #listening = new Set<number>();
  readonly #tlsAssembly = new TlsAssembly();
  readonly #tls = new TlsEndpoints();
  readonly #accessLog: AccessLog;
  #isDraining = false;
  #isFinished = false;
  /** When the manager has said that it should drain. */
  #drainWordAt = Number.NEGATIVE_INFINITY;

  constructor(options: WorkerOptions) {
    const { place, log, config } = options;
    this.#options = options;
    const { workerId, slot, generation } = place;
    this.#log = log.child({ worker: workerId, slot, pid: process.pid, thread: this.#threadId, generation });
    this.#accessLog = new AccessLog(this.#log);
    this.#claimSlot();
    this.#channel = new Channel<ManagerToWorker, WorkerToManager>(options.channelFd, {
      onMessage: (message, fds) => {
        if (message.type === 'accessLog') return this.#accessLog.use(fds[0]!);
        if (message.type === 'listen') return this.#listen(message.slots);
        if (message.type === 'tls') return this.#updateTls(message);
        this.#drainWordAt = performance.now();
        // Who is not replaced by the manager's word is one of the last to accept.
        this.#drain(message, !message.isReplaced);
      },
      onClose: () => {
        record(this.#log, 'worker.orphaned', {});
        const timeoutMs = Math.min(config.terminationTimeoutMs || ORPHAN_DRAIN_MS, ORPHAN_DRAIN_MS);
        this.#drain({ timeoutMs, isReplaced: false });
      },
    });
    if (!isThread) this.#takeSignals();
  }

  /** Resolves when the worker is ready. Never rejects: a worker that cannot serve says so and ends. */
  async boot(): Promise<void> {
    const { application, place, config, scoreboard, log, tls } = this.#options;
    try {
      if (tls) this.#tls.update(tls);
      const { workerId: id, slot, generation } = place;
      const { pid } = process;
      await application.spawnHooks({ id, slot, generation, pid, threadId: this.#threadId }, () =>
        this.#retire(),
      );
      // Whatever the application has done to it: an interrupt from the terminal is the manager's business.
      if (!isThread) binding.ignoreSignal(constants.signals.SIGINT);
      if (this.#isDraining) return this.#end();
      const http = openServer({ application, config, scoreboard, slot, log: this.#log });
      if (config.readinessCheck !== '') await provenReady(http, config, this.#log);
      if (this.#isDraining) return this.#end();
      this.#http = http;
      this.#accessLog.begin(http, config.accessLog !== 'off');
      if (config.lockFile === '') this.#shareAccepting(http);
      else this.#lockAccepting(http, config.lockFile);
      if (isThread) reportMemory((bytes) => scoreboard.set(slot, 'memory', bytes));
      scoreboard.setState(slot, 'ready');
      this.#channel.send({ type: 'ready', workerId: id, pid: process.pid });
    } catch (error) {
      record(this.#log, 'worker.boot-failed', { err: error });
      log.flush();
      this.#channel.send({ type: 'failed', message: reasonOf(error) });
      process.exit(FAILED_EXIT_CODE);
    }
  }

  get #threadId(): number | undefined {
    return isThread ? threadId : undefined;
  }

  #takeSignals(): void {
    receiveAgain('SIGQUIT');
    receiveAgain('SIGTERM');
    process.on('SIGQUIT', () => this.#retire());
    process.on('SIGTERM', () => this.#terminate());
  }

  #claimSlot(): void {
    const { scoreboard, place } = this.#options;
    const { slot } = place;
    scoreboard.clear(slot);
    scoreboard.set(slot, 'workerId', place.workerId);
    scoreboard.set(slot, 'generation', place.generation);
    scoreboard.set(slot, 'pid', process.pid);
    scoreboard.set(slot, 'tid', binding.kernelThreadId());
    scoreboard.set(slot, 'startedNs', monotonicNs());
    scoreboard.set(slot, 'heartbeatNs', monotonicNs());
    scoreboard.setState(slot, 'booting');
    binding.answerForStack(scoreboard.native, slot);
  }

  /** Connections beyond this worker's share are left to others, and theirs to this one. */
  #shareAccepting(http: HttpServer): void {
    const { bells, listeners, place } = this.#options;
    succeeded('epoll_ctl', http.shareBy(bells));
    bells.forEach((_, slot) => {
      if (slot === place.slot) return;
      for (const socket of listeners.ownSocketsOf(slot)) {
        http.addNeighbour(slot, socket.fd, this.#optionsOf(socket));
      }
    });
  }

  #lockAccepting(http: HttpServer, path: string): void {
    const errno = http.useLockFile(path);
    if (errno === 0) return;
    const { text: reason } = describeErrno(errno);
    throw new PronghornError('ERR_PRONGHORN_LISTEN_LOCK_FILE', { path, reason });
  }

  /** The manager has proven what it sends, so what is refused here is no reason to end: the old certificates stay. */
  #updateTls(part: TlsPart): void {
    const state = this.#tlsAssembly.add(part);
    if (!state) return;
    try {
      this.#tls.update(state);
    } catch (error) {
      record(this.#log, 'certificates.unusable', { err: error });
    }
  }

  /** Accepts from the shared sockets and those of these slots, and from no other. */
  #listen(slots: readonly number[]): void {
    if (!this.#http || this.#isDraining) return;
    const wanted = new Map(this.#options.listeners.socketsOf(slots).map((socket) => [socket.fd, socket]));
    for (const fd of this.#listening) {
      if (wanted.has(fd)) continue;
      this.#http.unlisten(fd);
      this.#listening.delete(fd);
    }
    for (const [fd, socket] of wanted) {
      if (this.#listening.has(fd)) continue;
      succeeded('epoll_ctl', this.#http.listen(fd, this.#optionsOf(socket)));
      this.#listening.add(fd);
    }
  }

  #optionsOf({ shared, proxyProtocol, tls }: InheritedSocket): ListenerOptions {
    return { shared, proxyProtocol, tls: tls === undefined ? undefined : this.#tls.get(tls) };
  }

  /** This worker alone is to go, by its own word or by a signal to it. */
  #retire(): void {
    this.#drain({ timeoutMs: this.#options.config.terminationTimeoutMs, isReplaced: true });
  }

  /** @param how timeoutMs 0: without a limit @param isLast nobody else has a use for the sockets */
  #drain({ timeoutMs, isReplaced }: Omit<Drain, 'type'>, isLast = false): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    // Not ready yet: boot() ends when the user's listeners have returned, or this does.
    if (timeoutMs > 0) setTimeout(() => this.#end(), timeoutMs).unref();
    if (!this.#http) return;
    this.#options.scoreboard.setState(this.#options.place.slot, 'draining');
    this.#channel.send({ type: 'draining' });
    this.#options.application.onDrain?.();
    this.#http
      .drain({ idleGraceMs: Math.min(IDLE_GRACE_MS, timeoutMs || IDLE_GRACE_MS), isReplaced, isLast })
      .then(() => this.#options.application.settled?.())
      .then(() => (this.#options.config.forceWorkerStop ? this.#end() : this.#letGo()));
  }

  /** The process ends when nothing of the application keeps it alive, or when its time is over. */
  #letGo(): void {
    this.#finish();
    this.#channel.close();
  }

  /**
   * To this process alone it means: at once. `timeout` and process managers send it to every process of the group, and
   * then it is meant for the manager, which asks its workers to drain.
   */
  #terminate(): void {
    const at = performance.now();
    setTimeout(() => {
      if (this.#drainWordAt < at - MANAGER_WORD_MS) this.#end();
    }, MANAGER_WORD_MS);
  }

  #finish(): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#isDraining = true;
    this.#http?.close();
    this.#options.scoreboard.setState(this.#options.place.slot, 'exited');
    this.#channel.send({ type: 'drained' });
    if (this.#http) this.#options.application.onStop?.();
  }

  /** What is still open is cut off. The user's 'exit' listeners run. */
  #end(): never {
    try {
      this.#finish();
      process.exit();
    } finally {
      // An 'exit' listener has thrown. The worker ends also where the application takes the exception.
      setImmediate(() => process.exit());
    }
  }
}
