// Runs a Pronghorn server as its users do: as a process of its own, at the head of a session of its own, known
// only by its log, its answers and what the kernel says about its processes.
import { type ChildProcess, spawn } from 'node:child_process';
import { assertKnownLines } from './log-lines.js';
import { commandLine, root } from './paths.js';
import { isRunning, type ProcessEntry, processEntry, sessionMembers } from './processes.js';
import { RawClient, type RawResponse, type Target } from './raw-client.js';
import { waitFor, within } from './wait.js';

export const startMethods = ['fork', 'spawn'] as const;
export type StartMethod = (typeof startMethods)[number];

/** The ways in which workers come to be, as options of the server. */
export const workerKinds = {
  fork: { startMethod: 'fork' },
  spawn: { startMethod: 'spawn' },
  thread: { workerModel: 'thread' },
} as const;
export type WorkerKind = keyof typeof workerKinds;
export const workerKindNames = Object.keys(workerKinds) as WorkerKind[];

/** The same for the command line. */
export function kindArguments(kind: WorkerKind): string[] {
  return kind === 'thread' ? ['--worker-model', 'thread'] : ['--start-method', kind];
}

/** Workers of every kind accept in the same ways; once more for threads would tell nothing new. */
export function bindModelsOf(kind: WorkerKind): ('reuseport' | 'duplicate')[] {
  return kind === 'thread' ? ['reuseport'] : ['reuseport', 'duplicate'];
}

/** One line of the server's log. */
export interface LogLine {
  level: string;
  event?: string;
  msg: string;
  worker?: number;
  slot?: number;
  pid?: number;
  thread?: number;
  generation?: number;
  reason?: string;
  [field: string]: unknown;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface StartOptions {
  /** What follows `node` (and `nodeArgs`) on the command line. */
  command: string[];
  nodeArgs?: string[];
  env?: Record<string, string>;
  /** Words before `node`: a program that becomes it. */
  through?: string[];
  /** Descriptors that the process gets as 3, 4, … */
  fds?: number[];
  cwd?: string;
}

export interface AppOptions {
  args?: string[];
  nodeArgs?: string[];
  env?: Record<string, string>;
}

/**
 * The environment, less what is meant for the tests: `node --test` marks its children, and we have variables too. Where
 * the addon is built is for the server.
 */
function ownEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env);
  return Object.fromEntries(
    entries.filter(
      ([name]) =>
        name === 'PRONGHORN_PREBUILD' || (name !== 'NODE_TEST_CONTEXT' && !name.startsWith('PRONGHORN_')),
    ),
  );
}

export class ServerProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** All that it wrote has been read, which may be later. */
  readonly closed: Promise<void>;
  exit: Exit | undefined;
  stdout = '';
  stderr = '';
  #child: ChildProcess;

  constructor({ command, nodeArgs = [], env = {}, through = [], fds = [], cwd = root }: StartOptions) {
    const [program, ...words] = [...through, process.execPath, ...nodeArgs, ...command];
    this.#child = spawn(program!, words, {
      cwd,
      env: { ...ownEnvironment(), NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe', ...fds],
      detached: true,
    });
    this.pid = this.#child.pid!;
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('exit', (code, signal) => {
        this.exit = { code, signal };
        resolve(this.exit);
      });
    });
    this.closed = new Promise((resolve) => this.#child.once('close', () => resolve()));
  }

  /** The log so far. Lines that are not the log's (the app's own output) are left out. */
  get log(): LogLine[] {
    const complete = this.stderr.slice(0, this.stderr.lastIndexOf('\n') + 1);
    return complete.split('\n').flatMap((line) => {
      if (!line.startsWith('{')) return [];
      try {
        return [JSON.parse(line) as LogLine];
      } catch {
        return [];
      }
    });
  }

  async logged(what: string, matches: (line: LogLine) => boolean): Promise<LogLine> {
    return waitFor(`the log to say ${what}`, () => this.log.find(matches));
  }

  /** Resolves once the server says where it listens. */
  async listening(): Promise<this> {
    await waitFor('the listening line', () => {
      if (this.#listeningLine()) return true;
      if (this.exit) throw new Error(`the server ended before it listened: ${JSON.stringify(this.exit)}`);
      return false;
    });
    return this;
  }

  #listeningLine(): LogLine | undefined {
    return this.log.find((line) => line.msg.startsWith('listening on '));
  }

  /** The addresses of the listening line, in order. */
  get addresses(): string[] {
    const words = this.#listeningLine()?.msg.slice('listening on '.length).split(' (')[0] ?? '';
    return words.split(/,\s*|\s+and\s+|\s+/).filter((word) => word !== '');
  }

  /** The first address, in a form that a client can use. */
  get url(): string {
    const address = this.addresses[0];
    if (address === undefined) throw new Error('the server does not listen');
    return address.replace('//*:', '//127.0.0.1:').replace('//0.0.0.0:', '//127.0.0.1:').replace(/\/$/, '');
  }

  get target(): Target {
    return targetOf(this.url);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  async connect(): Promise<RawClient> {
    return RawClient.connect(this.target);
  }

  /** One request on a connection of its own. */
  async get(path: string): Promise<RawResponse> {
    const client = await this.connect();
    try {
      return await client.get(path);
    } finally {
      client.destroy();
    }
  }

  /** The workers that run now, as the log names them. */
  get workerPids(): number[] {
    const named = this.log
      .filter((line) => typeof line.worker === 'number' && typeof line.pid === 'number')
      .map((line) => line.pid!)
      .filter((pid) => pid !== this.pid);
    return [...new Set(named)].filter(isRunning);
  }

  /** The workers that said that they are ready and run now. */
  get readyPids(): number[] {
    const ready = this.log
      .filter((line) => line.msg === 'worker is ready' && typeof line.pid === 'number')
      .map((line) => line.pid!);
    return [...new Set(ready)].filter(isRunning);
  }

  /** The workers that said that they are ready and have not ended, each by its pid, or by the number of its thread. */
  get readyWorkers(): number[] {
    const ready = this.log.filter(({ msg }) => msg === 'worker is ready');
    const ids = ready.flatMap(({ pid, thread }) => thread ?? pid ?? []);
    return [...new Set(ids)].filter((id) => !this.hasEnded(id));
  }

  /** @param id the pid of a worker, or the number of its thread */
  hasEnded(id: number): boolean {
    const lines = this.log.filter(({ thread }) => thread === id);
    if (lines.length === 0) return !isRunning(id);
    return lines.some(({ msg }) => /^worker (ended|died)/.test(msg));
  }

  /** Start method fork: the process that the workers are forked from. */
  get zygote(): ProcessEntry | undefined {
    const workers = this.workerPids;
    return this.members.find(({ pid, parent }) => parent === this.pid && !workers.includes(pid));
  }

  /** Every process that this server started and that still runs, itself included. */
  get members(): ProcessEntry[] {
    return sessionMembers(this.pid);
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** What a terminal does on Ctrl-C: every process of the group gets the signal. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  async exits(): Promise<Exit> {
    return within('the server to exit', this.exited);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    if (!this.exit) this.signal(signal);
    return this.exits();
  }

  /** Fails when a process of this server is left. */
  async assertGone(): Promise<void> {
    await this.exits();
    let left: ProcessEntry[] = [];
    await waitFor('the processes of the server to be gone', () => {
      left = this.members;
      return left.length === 0;
    }).catch(() => {
      throw new Error(`processes are left: ${JSON.stringify(left, null, 1)}`);
    });
  }

  /** The last net: nothing of this server outlives the test. */
  kill(): void {
    for (const { pid } of this.members) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself in the meantime.
      }
    }
  }

  /** Runs part of a test; when that fails, the error carries what the server wrote. */
  async explain<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof Error) {
        const running = isRunning(this.pid) ? 'running' : `ended ${JSON.stringify(this.exit)}`;
        const tree = this.members.map(
          ({ pid, parent, state }) =>
            `${pid}<-${parent} ${state} ${processEntry(pid)?.command.slice(0, 60) ?? ''}`,
        );
        error.stack = [
          error.stack,
          `--- server ${this.pid} is ${running}; its processes:`,
          ...tree,
          '--- stdout',
          this.stdout.trimEnd(),
          '--- stderr',
          this.stderr.trimEnd(),
          '---',
        ].join('\n');
      }
      throw error;
    }
  }
}

export function targetOf(url: string): Target {
  if (url.startsWith('unix:')) return { path: url.slice('unix:'.length).replace(/^\/\/(?=\/)/, '') };
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) };
}

/** The log tells of every worker that is ready at level debug. */
export const VERBOSE = { PRONGHORN_LOG_LEVEL: 'debug' };

/** The command `pronghorn app …` on a free port, or where `args` says. */
export function startApp(app: string, { args = [], nodeArgs, env }: AppOptions = {}): ServerProcess {
  const place = args.includes('--listen') ? [] : ['--listen', 'http://127.0.0.1:0'];
  return new ServerProcess({
    command: [commandLine, app, ...place, ...args],
    nodeArgs,
    env: { ...VERBOSE, ...env },
  });
}

/** Starts a server, hands it to `run`, stops it if `run` did not, and proves that nothing is left. */
export async function withServer(
  start: () => ServerProcess,
  run: (server: ServerProcess) => Promise<void>,
): Promise<void> {
  const server = start();
  try {
    await server.explain(async () => {
      await server.listening();
      await run(server);
      if (!server.exit) await server.stop();
      await server.assertGone();
      assertKnownLines(server.log);
    });
  } finally {
    server.kill();
  }
}

/** Runs a command that is expected to end by itself, and proves that it left nothing. */
export async function runToEnd(start: StartOptions): Promise<ServerProcess & { exit: Exit }> {
  const server = new ServerProcess(start);
  try {
    await server.explain(() => server.assertGone());
    await within('its output', server.closed);
    assertKnownLines(server.log);
  } finally {
    server.kill();
  }
  return server as ServerProcess & { exit: Exit };
}
