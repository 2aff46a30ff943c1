// The manager of one server, from the first look at its options to the end of its last child: decides how workers are
// made, opens the listeners, keeps the pool, stops. Never loads the application when the command line started it, never
// serves a request, never blocks, and leaves nothing running, whichever way it ends.
import { binding } from '../binding/load.js';
import { succeeded } from '../binding/status.js';
import type { Loaded } from '../channel/messages.js';
import { cpusAvailable } from '../config/cpus.js';
import type { Config, ResolvedConfig } from '../config/options.js';
import { mergeConfigs, resolveConfig } from '../config/resolve.js';
import { PronghornError } from '../errors.js';
import { Activation } from '../listener/activation.js';
import { parseAddress, printAddress, tlsPlaces } from '../listener/address.js';
import { type Listeners, openListeners } from '../listener/listeners.js';
import { LockFile } from '../listener/lock-file.js';
import { createLog, type Log } from '../log.js';
import { Scoreboard } from '../scoreboard/scoreboard.js';
import { ForkSpawner } from './fork-spawner.js';
import { HostHandle } from './host-handle.js';
import type { HostProgram } from './host-program.js';
import { Orphans } from './orphans.js';
import { Pool } from './pool.js';
import { ProcessSpawner } from './process-spawner.js';
import { Reaper } from './reaper.js';
import { onStopSignals } from './signals.js';
import type { Spawner } from './spawner.js';
import { TlsKeeper } from './tls-keeper.js';
import { bootZygote } from './zygote-boot.js';

export interface ManagerOptions {
  readonly program: HostProgram;
  /** What the application passed to createServer(); undefined: only its process will tell. */
  readonly appConfig: Config | undefined;
  /** What stands above it: environment, command line. */
  readonly config: Config;
  /** Called when every socket is bound, before any worker exists. */
  readonly onStart: () => unknown;
}

/** A process that has loaded the application, and whether workers can be forked from it. */
interface Boot {
  readonly host: HostHandle;
  readonly loaded: Loaded;
  readonly method: 'fork' | 'spawn';
}

export class Manager {
  readonly #options: ManagerOptions;
  readonly #reaper = new Reaper();
  readonly #orphans = new Orphans();
  /** Before the first child, which is not to inherit the variables. */
  readonly #activation = Activation.fromEnvironment(process.env, process.pid);
  readonly #log: Log;
  #host: HostHandle | undefined;
  #listeners: Listeners | undefined;
  #lockFile: LockFile | undefined;
  #scoreboard: Scoreboard | undefined;
  #tls: TlsKeeper | undefined;
  #spawner: Spawner | undefined;
  #pool: Pool | undefined;
  #isStopping = false;
  #error: PronghornError | undefined;
  #forkUnsafe: PronghornError | undefined;
  #onEmpty: () => void = () => {};

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#log = createLog(mergeConfigs(options.appConfig ?? {}, options.config).logLevel);
  }

  /** Resolves when the server has stopped and every child is gone; rejects, with every child gone, when it failed. */
  async run(): Promise<void> {
    const releaseSignals = onStopSignals({
      stop: () => this.stop(),
      stopAtOnce: () => this.#stopAtOnce(),
      log: this.#log,
    });
    this.#reaper.start();
    try {
      await this.#serve();
    } catch (error) {
      // What fails because it was stopped did not fail.
      if (!this.#isStopping) throw error;
    } finally {
      await this.#cleanUp();
      releaseSignals();
    }
    if (this.#error) throw this.#error;
    this.#log.info('stopped');
  }

  /** Asks for a graceful stop; run() tells when it is done. */
  stop(): void {
    this.#isStopping = true;
    if (this.#pool) this.#pool.drain();
    else this.#host?.kill();
  }

  #stopAtOnce(): void {
    this.#isStopping = true;
    this.#host?.kill();
    this.#pool?.kill();
  }

  async #serve(): Promise<void> {
    const { appConfig, onStart } = this.#options;
    // What is wrong with the places to listen is said before anything is started.
    for (const location of [this.#options.config.listen ?? []].flat()) parseAddress(location);
    let config: ResolvedConfig | undefined;
    if (appConfig) {
      config = this.#resolve(appConfig);
      await this.#open(config, appConfig);
      await onStart();
    }
    const boot = await this.#boot();
    if (!config) {
      const { config: loaded = {} } = boot.loaded;
      config = this.#resolve(loaded);
      await this.#open(config, loaded);
      await onStart();
    }
    const agreed = await this.#agreed(boot, config);
    this.#warnOfResources(agreed);
    this.#spawner = this.#makeSpawner(agreed, config);
    this.#host = undefined;
    await this.#keepPool(config);
  }

  #resolve(appConfig: Config): ResolvedConfig {
    const config = resolveConfig(mergeConfigs(appConfig, this.#options.config), cpusAvailable());
    this.#log.level = config.logLevel;
    return config;
  }

  async #open(config: ResolvedConfig, appConfig: Config): Promise<void> {
    const { bindModel, backlog, maxServers: slots } = config;
    const activation = this.#activation;
    // Without a word from the user, the sockets that the process was started with stand above the default.
    const isAsked = mergeConfigs(appConfig, this.#options.config).listen !== undefined;
    const given = isAsked ? [] : activation.addresses;
    const addresses = given.length > 0 ? given : config.listen.map(parseAddress);
    this.#tls = await TlsKeeper.open(tlsPlaces(addresses), config, this.#log);
    this.#listeners = await openListeners(addresses, { bindModel, backlog, slots, activation });
    const unused = activation.closeRest();
    if (unused > 0) this.#log.warn({ unused }, 'passed sockets that no location names were closed');
    if (config.acceptMutex === 'flock') this.#lockFile = LockFile.create(config.lockFile);
    this.#scoreboard = Scoreboard.create(slots);
  }

  /** The application is loaded for the first time, in a process made for the start method that is wanted. */
  async #boot(): Promise<Boot> {
    const wanted = mergeConfigs(this.#options.appConfig ?? {}, this.#options.config).startMethod ?? 'auto';
    if (wanted === 'spawn') return this.#bootProcess();
    succeeded('prctl', binding.becomeSubreaper());
    const zygote = await bootZygote(this.#zygoteStart());
    if (zygote.unsafe === undefined) return { ...zygote, method: 'fork' };
    this.#forkUnsafe = new PronghornError('ERR_PRONGHORN_FORK_UNSAFE', { reason: zygote.unsafe });
    if (wanted === 'fork') throw this.#forkUnsafe;
    this.#log.warn(
      { reason: zygote.unsafe },
      'workers cannot be forked, each loads the application by itself',
    );
    return this.#bootProcess();
  }

  async #bootProcess(): Promise<Boot> {
    const host = new HostHandle(this.#options.program, 'serve');
    this.#host = host;
    return { host, loaded: await host.loaded, method: 'spawn' };
  }

  /** The application's own options, known only now, may want another start method than was tried. */
  async #agreed(boot: Boot, config: ResolvedConfig): Promise<Boot> {
    if (config.startMethod === 'fork' && this.#forkUnsafe) throw this.#forkUnsafe;
    if (boot.method === 'spawn' || config.startMethod !== 'spawn') return boot;
    await boot.host.end();
    return this.#bootProcess();
  }

  #zygoteStart() {
    const onHost = (host: HostHandle) => {
      this.#host = host;
    };
    return { program: this.#options.program, reaper: this.#reaper, onHost };
  }

  #warnOfResources({ loaded, method }: Boot): void {
    if (method === 'spawn' || loaded.resources.length === 0) return;
    const reason = loaded.resources.join(', ');
    this.#log.warn(
      { reason },
      "opened while loading and shared by all workers; on('spawn') is the place for it",
    );
  }

  #makeSpawner({ host, method }: Boot, config: ResolvedConfig): Spawner {
    const listeners = this.#listeners!;
    const scoreboard = this.#scoreboard!;
    const lockFile = this.#lockFile?.path ?? '';
    // Workers get the places to listen as descriptors; in the options there may be keys.
    const shared = { ...config, lockFile, listen: [] };
    const setup = { config: shared, slots: config.maxServers, listeners: listeners.layout };
    const fds = [scoreboard.fd, ...listeners.fds];
    const tls = this.#tls?.state;
    const { program } = this.#options;
    if (method === 'spawn') return new ProcessSpawner({ program, setup, fds, tls, first: host });
    return new ForkSpawner(host, { start: this.#zygoteStart(), setup, fds, tls, log: this.#log });
  }

  async #keepPool(config: ResolvedConfig): Promise<void> {
    const isEmpty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    const pool = new Pool({
      config,
      slots: config.maxServers,
      spawner: this.#spawner!,
      listeners: this.#listeners!,
      scoreboard: this.#scoreboard!,
      log: this.#log,
      onUp: () => this.#sayUp(config, pool),
      onEmpty: this.#onEmpty,
      onGiveUp: (error) => {
        this.#error = error;
        pool.kill();
      },
      onCheck: () => this.#sweepOrphans(),
    });
    this.#pool = pool;
    this.#tls!.onChange = (state) => pool.updateTls(state);
    if (this.#isStopping) pool.drain();
    else pool.check();
    await isEmpty;
  }

  #sayUp({ minServers }: ResolvedConfig, pool: Pool): void {
    const addresses = this.#listeners!.addresses.map(printAddress).join(', ');
    const count = Math.max(minServers, pool.readyCount);
    const workers = `${count} worker${count === 1 ? '' : 's'}`;
    const { method } = this.#spawner!;
    this.#log.info(`listening on ${addresses} (${workers}, start method ${method}, pid ${process.pid})`);
  }

  #sweepOrphans(): void {
    if (this.#spawner?.method === 'fork') this.#orphans.sweep((pid) => this.#reaper.isWatched(pid));
  }

  async #cleanUp(): Promise<void> {
    await this.#host?.end();
    await this.#spawner?.end();
    this.#reaper.stop();
    this.#tls?.stop();
    this.#listeners?.close();
    this.#lockFile?.remove();
    this.#scoreboard?.close();
  }
}
