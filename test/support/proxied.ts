// Two Pronghorn servers on two addresses of this machine, and a proxy in front of them that runs an example's configuration.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { binding } from '#dist/binding/load.js';
import { root, temporaryFolder } from './paths.js';
import { isRunning } from './processes.js';
import { type ServerProcess, startApp } from './server.js';
import { waitFor, within } from './wait.js';

/** @returns why tests with this program are skipped; undefined: it is there */
export function missing(program: string, version = '-v'): string | undefined {
  const { error } = spawnSync(program, [version], { stdio: 'ignore' });
  return error ? `needs ${program}` : undefined;
}

/** One of the servers: answers with a word, and at /address with the client's address. */
export class Backend {
  readonly #folder = temporaryFolder();
  readonly #host: string;
  readonly #args: readonly string[];
  #process: ServerProcess | undefined;
  #port = 0;
  #adminPort = 0;
  #query = '';

  /** @param query of the place to listen */
  constructor(host: string, word: string, query: string, args: readonly string[]) {
    this.#host = host;
    this.#query = query;
    this.#args = args;
    this.write(word);
  }

  write(word: string): void {
    const body = `request.path === '/address' ? request.remoteAddress : '${word}'`;
    writeFileSync(
      join(this.#folder, 'app.mjs'),
      `export default (request) => request.respond({ body: ${body} });\n`,
    );
  }

  get process(): ServerProcess {
    return this.#process!;
  }

  get port(): number {
    return this.#port;
  }

  get adminPort(): number {
    return this.#adminPort;
  }

  /** Of the manager; another one after an upgrade. */
  get pid(): number {
    return Number(readFileSync(this.#pidFile, 'latin1'));
  }

  get #pidFile(): string {
    return join(this.#folder, 'server.pid');
  }

  /** Where it was, if it ran before. */
  async start(): Promise<void> {
    const place = (port: number, query = '') => `http://${this.#host}:${port}${query}`;
    const server = startApp(join(this.#folder, 'app.mjs'), {
      args: [
        ...['--listen', place(this.#port, this.#query), '--admin', place(this.#adminPort)],
        ...['--workers', '1', '--check-interval', '0.1', '--pid-file', this.#pidFile],
        ...this.#args,
      ],
    });
    this.#process = server;
    await server.listening();
    this.#port = server.port;
    const { addresses } = server.log.find(({ event }) => event === 'admin.listening') as unknown as {
      addresses: string[];
    };
    this.#adminPort = Number(new URL(addresses[0]!).port);
  }

  /** Another manager takes over. */
  async upgrade(): Promise<void> {
    const { pid } = this;
    process.kill(pid, 'SIGUSR2');
    await waitFor('another manager', () => this.pid !== pid);
    await waitFor('the old one to end', () => !isRunning(pid));
  }

  async stop(): Promise<void> {
    process.kill(this.pid, 'SIGTERM');
    await this.process.assertGone();
  }

  kill(): void {
    this.#process?.kill();
  }
}

/** The proxy, on a socket that the test has opened for it. */
export class ProxyProcess {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  #text = '';

  /** @param run program, arguments and environment, for a listening socket of this port as descriptor 3 */
  constructor(run: (port: number) => { words: readonly string[]; env?: Record<string, string> }) {
    const options = { host: '127.0.0.1', port: 0, backlog: 128, reusePort: false, ipv6Only: false };
    const fd = binding.listenTcp({ ...options, deferAccept: 0, fastOpen: 0 });
    assert.ok(fd >= 0, `errno ${fd}`);
    this.port = binding.localPort(fd);
    const { words, env } = run(this.port);
    const [program, ...rest] = words as [string, ...string[]];
    this.#child = spawn(program, rest, {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe', fd],
    });
    binding.closeFd(fd);
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#text += text;
      });
    }
    this.#exited = new Promise((resolve) => this.#child.once('exit', resolve));
  }

  /** What it wrote. */
  get text(): string {
    return this.#text;
  }

  async end(): Promise<void> {
    this.#child.kill('SIGTERM');
    await within('the proxy to end', this.#exited);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** The example with other addresses in it, in a file. Each has to be there. */
export function configured(example: string, replacements: Record<string, string>): string {
  let text = readFileSync(join(root, 'examples/proxies', example), 'utf8');
  for (const [from, to] of Object.entries(replacements)) {
    assert.ok(text.includes(from), `${example} has '${from}'`);
    text = text.replaceAll(from, to);
  }
  const path = join(temporaryFolder(), example);
  writeFileSync(path, text);
  return path;
}
