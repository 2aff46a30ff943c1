// Listeners belong to the manager: whatever happens to a worker, nobody who knocks is turned away.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createNetServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fixture, temporaryFolder } from '../support/paths.js';
import { zombieChildren } from '../support/processes.js';
import { connectToEach, RawClient, requestHead } from '../support/raw-client.js';
import { startApp, startMethods, targetOf, withServer } from '../support/server.js';
import { waitFor } from '../support/wait.js';

const APP = fixture('http-app.mjs');
const start =
  (...args: string[]) =>
  () =>
    startApp(APP, { args });

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((entry) => entry?.address === '::1');

for (const bindModel of ['reuseport', 'duplicate']) {
  describe(`bind model ${bindModel}`, () => {
    test('every worker gets connections', () =>
      withServer(start('--workers', '3', '--bind-model', bindModel), async (server) => {
        // Connections that stay open make the other workers accept too, where all share one socket.
        const clients = await connectToEach(server.target, 3);
        assert.deepEqual(new Set(clients.keys()), new Set(server.readyPids));
        for (const client of clients.values()) client.destroy();
      }));

    for (const startMethod of startMethods) {
      const args = ['--bind-model', bindModel, '--start-method', startMethod];

      test(`connections that wait for a killed worker are served by its replacement (${startMethod})`, () =>
        withServer(start('--workers', '1', ...args), async (server) => {
          const file = join(temporaryFolder(), 'spinning');
          const spinning = await server.connect();
          spinning.send(requestHead('GET', `/spin?file=${file}`));
          await waitFor('the worker to spin', () => existsSync(file) && readFileSync(file, 'utf8') !== '');
          const pid = Number(readFileSync(file, 'utf8'));
          const waiting = await Promise.all(Array.from({ length: 40 }, () => server.connect()));
          for (const client of waiting) client.send(requestHead('GET', '/pid'));
          process.kill(pid, 'SIGKILL');
          for (const client of waiting) {
            const response = await client.read();
            assert.equal(response.status, 200);
            assert.notEqual(Number(response.text), pid);
            client.destroy();
          }
          spinning.destroy();
        }));

      test(`no connection is refused or lost while workers are killed (${startMethod})`, () =>
        withServer(start('--workers', '3', ...args), async (server) => {
          for (let round = 0; round < 3; round++) {
            const victim = server.readyPids[0]!;
            process.kill(victim, 'SIGKILL');
            for (let count = 0; count < 60; count++) {
              const client = await RawClient.connect(server.target);
              const response = await client.get('/pid').catch((error: Error) => error);
              // A connection that the victim had accepted before it died is lost with it.
              if (response instanceof Error) assert.equal(count < 20, true, response.message);
              else assert.notEqual(Number(response.text), victim);
              client.destroy();
            }
            await waitFor('three workers', () => server.readyPids.length === 3);
            assert.ok(!server.readyPids.includes(victim));
          }
          await waitFor('the dead to be reaped', () => zombieChildren(server.pid).length === 0);
        }));
    }
  });
}

test('a killed worker’s death is logged with its signal, and its replacement has the same slot', () =>
  withServer(start('--workers', '2'), async (server) => {
    const victim = server.readyPids[0]!;
    const slotOf = (pid: number) =>
      server.log.find((line) => line.pid === pid && line.slot !== undefined)?.slot;
    process.kill(victim, 'SIGKILL');
    const line = await server.logged(
      'SIGKILL',
      (entry) => entry.pid === victim && JSON.stringify(entry).includes('SIGKILL'),
    );
    assert.ok(['warn', 'error'].includes(line.level));
    await waitFor('two workers', () => server.readyPids.length === 2);
    const replacement = server.readyPids.at(-1)!;
    assert.equal(slotOf(replacement), slotOf(victim));
  }));

describe('addresses', () => {
  test('port 0 is the same free port for all workers', () =>
    withServer(start('--workers', '4'), async (server) => {
      assert.ok(server.port > 0);
      const clients = await connectToEach(server.target, 4);
      for (const client of clients.values()) client.destroy();
    }));

  test('several addresses are served at once', () =>
    withServer(
      start('--workers', '1', '--listen', 'http://127.0.0.1:0', '--listen', 'http://127.0.0.2:0'),
      async (server) => {
        assert.equal(server.addresses.length, 2);
        for (const address of server.addresses) {
          const client = await RawClient.connect(targetOf(address));
          assert.equal((await client.get('/')).text, 'hi');
          client.destroy();
        }
      },
    ));

  test('a host name is looked up', () =>
    withServer(start('--workers', '1', '--listen', 'http://localhost:0'), async (server) => {
      const client = await RawClient.connect({ host: 'localhost', port: server.port });
      assert.equal((await client.get('/')).text, 'hi');
      client.destroy();
    }));

  test('IPv6 addresses are served', { skip: hasIpv6 ? false : 'no IPv6 here' }, () =>
    withServer(start('--workers', '2', '--listen', 'http://[::1]:0'), async (server) => {
      assert.match(server.url, /^http:\/\/\[::1\]:\d+$/);
      assert.equal((await server.get('/')).text, 'hi');
      assert.match((await server.get('/address')).text, /^::1/);
    }),
  );

  test('* means every IPv4 and IPv6 address', () =>
    withServer(start('--workers', '2', '--listen', 'http://*:0'), async (server) => {
      for (const host of hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1']) {
        const client = await RawClient.connect({ host, port: server.port });
        assert.equal((await client.get('/')).text, 'hi');
        assert.ok((await client.get('/address')).text.includes(host), 'the address of this client');
        client.destroy();
      }
    }));
});

describe('unix sockets', () => {
  const socketPath = () => join(temporaryFolder(), 'app.sock');
  const startOn = (path: string) => start('--workers', '2', '--listen', `unix:${path}`);

  test('are served, by a replaced worker too', () => {
    const path = socketPath();
    return withServer(startOn(path), async (server) => {
      assert.equal(server.addresses[0], `unix:${path}`);
      assert.equal((await server.get('/')).text, 'hi');
      process.kill(server.readyPids[0]!, 'SIGKILL');
      for (let count = 0; count < 20; count++) {
        const client = await server.connect();
        assert.equal((await client.get('/')).status, 200);
        client.destroy();
      }
      await waitFor('two workers', () => server.readyPids.length === 2);
    });
  });

  test('a file that a dead server left is replaced', async () => {
    const path = socketPath();
    const dead = start('--workers', '1', '--listen', `unix:${path}`)();
    await dead.explain(() => dead.listening());
    dead.kill();
    await dead.explain(() => dead.assertGone());
    assert.ok(existsSync(path));
    await withServer(startOn(path), async (server) => {
      assert.equal((await server.get('/')).text, 'hi');
    });
    await withServer(startOn(path), async (server) => {
      assert.equal((await server.get('/')).text, 'hi', 'and again after a clean stop');
    });
  });

  test('one that another program serves is in use: exit code 3, and left alone', async () => {
    const path = socketPath();
    const other = createNetServer().listen(path);
    await new Promise((resolve) => other.once('listening', resolve));
    const server = startOn(path)();
    await server.explain(async () => {
      await server.assertGone();
      assert.deepEqual(server.exit, { code: 3, signal: null });
      assert.match(server.stderr, /ERR_PRONGHORN_LISTEN_IN_USE/);
      assert.ok(existsSync(path));
    });
    other.close();
  });

  test('a file that is no socket is left alone: exit code 3', async () => {
    const path = socketPath();
    writeFileSync(path, 'precious');
    const server = startOn(path)();
    await server.explain(async () => {
      await server.assertGone();
      assert.equal(server.exit?.code, 3);
      assert.equal(readFileSync(path, 'utf8'), 'precious');
    });
  });
});
