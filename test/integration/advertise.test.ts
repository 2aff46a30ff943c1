// The option `advertise`, heard by a browser on the loopback interface of a network of its own: the service comes, goes on in
// an upgrade and is withdrawn at the stop. Needs the right to make a network namespace.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { commandLine, fixture, temporaryFolder } from '../support/paths.js';
import { isRunning } from '../support/processes.js';
import { runToEnd, ServerProcess, VERBOSE, withServer } from '../support/server.js';
import { waitFor } from '../support/wait.js';

const OWN_NETWORK = ['unshare', '-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
const skip =
  spawnSync(OWN_NETWORK[0]!, [...OWN_NETWORK.slice(1), 'true']).status !== 0 &&
  'cannot make a network of our own';
const COMMAND = [commandLine, fixture('http-app.mjs'), '--listen', 'http://127.0.0.1:0', '--workers', '1'];

/** In the network of that process. */
class Browser {
  heard = '';
  readonly #child: ChildProcess;

  constructor(pid: number) {
    const words = ['-n', '-t', String(pid), process.execPath, fixture('bonjour-browser.mjs')];
    this.#child = spawn('nsenter', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.heard += text;
    });
  }

  async hears(what: RegExp): Promise<void> {
    await waitFor(`${what}, heard ${JSON.stringify(this.heard)}`, () => what.test(this.heard));
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

describe('advertise', () => {
  test('a service comes, goes on in an upgrade, and is withdrawn at the stop', { skip }, () => {
    const pidFile = join(temporaryFolder(), 'server.pid');
    const start = () =>
      new ServerProcess({
        through: OWN_NETWORK,
        command: [...COMMAND, '--advertise', 'Orders here', '--pid-file', pidFile, '--check-interval', '0.1'],
        env: VERBOSE,
      });
    return withServer(start, async (server) => {
      const browser = new Browser(server.pid);
      try {
        await server.logged('the announcement', ({ event }) => event === 'advertise.announced');
        await browser.hears(/^up Orders here \d+$/m);
        const pid = () => Number(readFileSync(pidFile, 'latin1'));
        server.signal('SIGUSR2');
        await waitFor('another manager', () => pid() !== server.pid && !isRunning(server.pid));
        await waitFor(
          'its announcement',
          () => server.log.filter(({ event }) => event === 'advertise.announced').length === 2,
        );
        process.kill(pid(), 'SIGTERM');
        await browser.hears(/^down Orders here \d+$/m);
        await server.assertGone();
        assert.equal(browser.heard.match(/^(?:up|down) /gm)?.length, 2, browser.heard);
        assert.ok(!server.log.some(({ event }) => event === 'advertise.failed'));
      } finally {
        browser.kill();
      }
    });
  });

  test('without the package the start fails, and says what to install', async () => {
    const hook = `export const resolve = (name, context, next) => {
      if (name !== 'bonjour-service') return next(name, context);
      throw Object.assign(new Error('not here'), { code: 'ERR_MODULE_NOT_FOUND' });
    };`;
    const asModule = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;
    const without = `import { register } from 'node:module'; register(${JSON.stringify(asModule(hook))});`;
    const { stderr, exit } = await runToEnd({
      command: [...COMMAND, '--advertise', 'Orders'],
      nodeArgs: ['--import', asModule(without)],
    });
    assert.match(stderr, /cannot advertise: install the package bonjour-service \(ERR_PRONGHORN_ADVERTISE\)/);
    assert.equal(exit.code, 2);
  });

  test('a name that does not fit is refused', async () => {
    const { stderr } = await runToEnd({ command: [...COMMAND, '--advertise', 'x'.repeat(61)] });
    assert.match(stderr, /longer than 60 bytes.*ERR_PRONGHORN_ADVERTISE/);
  });
});
