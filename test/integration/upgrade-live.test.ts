// What was set while the server ran outlives a reload and an upgrade, until the configuration says something else of it.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { controlled } from '../support/controlled.js';
import { Load } from '../support/ledger.js';
import { commandLine, temporaryFolder } from '../support/paths.js';
import { isRunning } from '../support/processes.js';
import { runToEnd, ServerProcess, VERBOSE, withServer } from '../support/server.js';
import { answering } from '../support/site.js';
import { waitFor } from '../support/wait.js';

interface Status {
  minServers: number;
  maxServers: number;
  workers: { state: string }[];
}

class Site {
  readonly folder = temporaryFolder();
  readonly runtimeDir = join(this.folder, 'run');

  constructor(config: object) {
    writeFileSync(join(this.folder, 'app.mjs'), answering('one'));
    this.configure(config);
  }

  configure(config: object): void {
    writeFileSync(join(this.folder, 'pronghorn.config.json'), JSON.stringify(config));
  }

  start(): ServerProcess {
    const words = ['app.mjs', '--listen', 'http://127.0.0.1:0', '--check-interval', '0.1'];
    const command = [commandLine, ...words, '--runtime-dir', this.runtimeDir];
    return new ServerProcess({ command, cwd: this.folder, env: VERBOSE });
  }

  get pid(): number {
    return Number(readFileSync(join(this.runtimeDir, 'pronghorn.pid'), 'latin1'));
  }

  async type(...words: string[]): Promise<string> {
    const command = [commandLine, ...words, '--runtime-dir', this.runtimeDir];
    const { stdout, stderr, exit } = await runToEnd({ command, cwd: this.folder });
    assert.equal(exit.code, 0, stderr);
    return stdout;
  }

  async bounds(): Promise<[number, number]> {
    const { minServers, maxServers } = JSON.parse(await this.type('status', '--json')) as Status;
    return [minServers, maxServers];
  }

  async upgrade(): Promise<void> {
    const before = this.pid;
    await this.type('upgrade');
    assert.notEqual(this.pid, before);
    await waitFor('the old manager to end', () => !isRunning(before));
  }
}

test('a scale outlives upgrades and reloads, until the configuration has another number', () => {
  const site = new Site({ minServers: 1, maxServers: 2 });
  return withServer(
    () => site.start(),
    async (server) => {
      const load = new Load(server.target, 1);
      await site.type('scale', '3');
      await site.upgrade();
      assert.deepEqual(await site.bounds(), [3, 3]);
      const { workers } = JSON.parse(await site.type('status', '--json')) as Status;
      assert.equal(workers.filter(({ state }) => state === 'ready').length, 3);

      site.configure({ minServers: 1, maxServers: 4 });
      await site.upgrade();
      assert.deepEqual(await site.bounds(), [1, 4]);

      await site.type('scale', '2');
      site.configure({ minServers: 1, maxServers: 4, maxHeaders: 60 });
      await site.type('reload');
      assert.deepEqual(await site.bounds(), [2, 2], 'other options are no word on this one');
      site.configure({ workers: 3 });
      await site.type('reload');
      assert.deepEqual(await site.bounds(), [3, 3]);
      site.configure({ minServers: 1, maxServers: 4 });
      await site.type('reload');
      assert.deepEqual(await site.bounds(), [1, 4], 'what the configuration has ended does not come back');

      assert.deepEqual((await load.end()).wrong, []);
      process.kill(site.pid, 'SIGTERM');
      await server.assertGone();
    },
  );
});

test('an upgrade to a smaller pool leaves nobody waiting at sockets of workers that it does not have', () => {
  const site = new Site({ minServers: 4, maxServers: 4 });
  return withServer(
    () => site.start(),
    async (server) => {
      const load = new Load(server.target, 2);
      site.configure({ minServers: 1, maxServers: 1 });
      await site.upgrade();
      assert.deepEqual(await site.bounds(), [1, 1]);
      await waitFor('one worker', async () => {
        const { workers } = JSON.parse(await site.type('status', '--json')) as Status;
        return workers.length === 1;
      });
      assert.deepEqual((await load.end()).wrong, []);
      process.kill(site.pid, 'SIGTERM');
      await server.assertGone();
    },
  );
});

test('a change that waited for an upgrade is told that this manager stops, at once', () => {
  const config = { workers: 1, checkInterval: 0.05, listen: 'http://127.0.0.1:0' };
  return controlled(config, async (server) => {
    await server.listening();
    const held = server.get('/?ms=100000').catch(() => {});
    await waitFor('the request', async () => {
      const { result } = await server.call('status');
      return (result as { workers: { inFlight: number }[] }).workers[0]?.inFlight === 1;
    });
    const upgrade = server.call('upgrade');
    const { error } = await server.call('reconfigure', { listen: 'http://127.0.0.2:0' });
    assert.equal(error?.code, 'ERR_PRONGHORN_SERVER_STOPPING');
    assert.equal((await upgrade).error, undefined);
    assert.equal(server.exit, undefined, 'it drains');
    server.kill();
    await held;
  });
});
