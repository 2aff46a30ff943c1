// Start, stop and the deaths of the processes that hold the others together.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { commandLine, fixture, temporaryFolder } from '../support/paths.js';
import { isRunning } from '../support/processes.js';
import { RawClient, requestHead } from '../support/raw-client.js';
import {
  kindArguments,
  type LogLine,
  runToEnd,
  ServerProcess,
  startApp,
  startMethods,
  type WorkerKind,
  withServer,
  workerKindNames,
} from '../support/server.js';
import { waitFor } from '../support/wait.js';

/** A request that a worker is at, and that ends when `finish` is called. */
async function requestInFlight(server: ServerProcess) {
  const file = join(temporaryFolder(), 'go');
  const client = await server.connect();
  client.send(requestHead('GET', `/until?file=${file}`));
  await waitFor('the request to be in a worker', () => existsSync(`${file}.started`));
  return { client, finish: () => writeFileSync(file, '') };
}

async function refusesConnections(server: ServerProcess): Promise<boolean> {
  return RawClient.connect(server.target).then(
    (client) => {
      client.destroy();
      return false;
    },
    (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
  );
}

/** Lines of the log that tell of something that should not happen. */
function accidents(server: ServerProcess): LogLine[] {
  return server.log.filter(({ level }) => level === 'warn' || level === 'error');
}

function starting(kind: WorkerKind) {
  return (...args: string[]) =>
    () =>
      startApp(fixture('http-app.mjs'), { args: [...kindArguments(kind), '--workers', '2', ...args] });
}

for (const kind of workerKindNames) {
  const start = starting(kind);

  describe(`stopping, ${kind}`, () => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
      test(`${signal} lets requests finish, then exit code 0`, () =>
        withServer(start(), async (server) => {
          const idle = await server.connect();
          assert.equal((await idle.get('/')).text, 'hi');
          const { client, finish } = await requestInFlight(server);
          server.signal(signal);
          await idle.closed();
          assert.equal(server.exit, undefined);
          await waitFor('new connections to be refused meanwhile', () => refusesConnections(server));
          finish();
          const response = await client.read();
          assert.match(response.text, /^done in \d+$/);
          assert.equal(response.header('connection')?.toLowerCase(), 'close');
          await client.closed();
          assert.deepEqual(await server.exits(), { code: 0, signal: null });
          assert.ok(await refusesConnections(server));
          client.destroy();
          idle.destroy();
        }));
    }

    // SIGINT: what a terminal does on Ctrl-C. SIGTERM: what `timeout` and service managers do.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      test(`${signal} to the whole group stops as cleanly`, () =>
        withServer(start(), async (server) => {
          const { client, finish } = await requestInFlight(server);
          server.signalGroup(signal);
          await server.logged('that it stops', (line) => /\b(stop|drain|SIGINT)/i.test(JSON.stringify(line)));
          await server.logged('the end of the idle worker', ({ msg }) => msg === 'worker ended');
          finish();
          assert.match((await client.read()).text, /^done in \d+$/);
          assert.deepEqual(await server.exits(), { code: 0, signal: null });
          assert.deepEqual(accidents(server), []);
          client.destroy();
        }));
    }

    test('a further signal stops at once', () =>
      withServer(start('--termination-timeout', '600'), async (server) => {
        const { client } = await requestInFlight(server);
        // The first is passed on twice by npm, so the server takes signals that come together for one.
        await waitFor(
          'the server to exit',
          () => {
            if (!server.exit) server.signal('SIGTERM');
            return server.exit;
          },
          { everyMs: 100 },
        );
        await server.assertGone();
        await assert.rejects(client.read());
        client.destroy();
      }));

    test('terminationTimeout bounds the wait', () =>
      withServer(start('--termination-timeout', '0.3'), async (server) => {
        const { client } = await requestInFlight(server);
        assert.deepEqual(await server.stop(), { code: 0, signal: null });
        await assert.rejects(client.read());
        client.destroy();
      }));

    test('a stop kills what hangs, and the log says what happened', () =>
      withServer(start('--termination-timeout', '0.3'), async (server) => {
        const file = join(temporaryFolder(), 'spinning');
        const client = await server.connect();
        client.send(requestHead('GET', `/spin?file=${file}`));
        await waitFor('the worker to spin', () => existsSync(file));
        await server.stop();
        const reasons = server.log.filter(({ msg }) => msg === 'worker ended').map(({ reason }) => reason);
        assert.deepEqual(reasons.sort(), [
          'exit code 0',
          'killed, not finished 0.3 s after it was asked to stop',
        ]);
        client.destroy();
      }));

    test('a worker that hangs does not stop the stop', () =>
      withServer(start('--termination-timeout', '0.3'), async (server) => {
        const file = join(temporaryFolder(), 'spinning');
        const client = await server.connect();
        client.send(requestHead('GET', `/spin?file=${file}`));
        await waitFor('the worker to spin', () => existsSync(file));
        assert.deepEqual(await server.stop(), { code: 0, signal: null });
        client.destroy();
      }));
  });

  describe(`workers that die at start, ${kind}`, () => {
    test('workers that die at start: the manager gives up with exit code 1', async () => {
      const ended = await runToEnd({
        command: [
          commandLine,
          fixture('dies-at-start.mjs'),
          '--listen',
          'http://127.0.0.1:0',
          '--workers',
          '2',
          ...kindArguments(kind),
        ],
      });
      await ended.explain(async () => {
        assert.deepEqual(ended.exit, { code: 1, signal: null });
        assert.match(ended.stderr, /^pronghorn: .+ \(ERR_PRONGHORN_BOOT_WORKERS\)$/m);
        assert.equal(ended.stderr.match(/^pronghorn: /gm)?.length, 1);
        const deaths = ended.log.filter((line) => /\b3\b/.test(`${line.code} ${line.reason} ${line.msg}`));
        assert.ok(deaths.length >= 3, 'each death is logged with its exit code');
      });
    });

    test('workers that die at start for a while: retried with back-off until they live', () => {
      const file = join(temporaryFolder(), 'die');
      const startDying = () =>
        startApp(fixture('dies-at-start.mjs'), {
          args: ['--workers', '2', ...kindArguments(kind)],
          env: { TEST_DIE_WHILE: file },
        });
      return withServer(startDying, async (server) => {
        writeFileSync(file, '');
        const before = server.readyWorkers;
        for (const _ of before) {
          const client = await server.connect();
          client.send(requestHead('GET', '/die'));
          await client.closed();
          client.destroy();
        }
        const deaths = () =>
          server.log.filter((line) => line.code === 3 || /\bcode 3\b/.test(`${line.msg} ${line.reason}`));
        await waitFor('three rounds of deaths', () => deaths().length >= 3);
        assert.equal(server.exit, undefined, 'a server that once served does not give up');
        const waiting = await server.connect();
        waiting.send(requestHead('GET', '/'));
        rmSync(file);
        assert.ok(!before.includes(Number((await waiting.read()).text)), 'who waited is served');
        await waitFor('two workers', () => server.readyWorkers.length === 2);
        waiting.destroy();
      });
    });
  });
}

for (const startMethod of startMethods) {
  const start = starting(startMethod);

  describe(`deaths, start method ${startMethod}`, () => {
    test('a stop while the workers start leaves nothing', async () => {
      const server = start()();
      await server.explain(async () => {
        await waitFor('the first child', () => server.members.length > 1);
        server.signal('SIGTERM');
        await server.assertGone();
      });
    });

    test('kill -9 of the manager: every other process ends by itself', () =>
      withServer(start(), async (server) => {
        const { client, finish } = await requestInFlight(server);
        const idle = await server.connect();
        assert.equal((await idle.get('/')).text, 'hi');
        server.signal('SIGKILL');
        finish();
        assert.match((await client.read()).text, /^done in \d+$/, 'a request in flight is finished');
        await idle.closed();
        await server.assertGone();
        client.destroy();
        idle.destroy();
      }));

    test('kill -9 of the manager while a handler never ends: still every process ends', () =>
      withServer(start('--termination-timeout', '1'), async (server) => {
        const { client } = await requestInFlight(server);
        server.signal('SIGKILL');
        await server.assertGone();
        client.destroy();
      }));
  });
}

test('kill -9 of the zygote: serving goes on, and later deaths of workers are still replaced', () =>
  withServer(
    () => startApp(fixture('http-app.mjs'), { args: ['--workers', '2', '--start-method', 'fork'] }),
    async (server) => {
      const client = await server.connect();
      const pid = Number((await client.get('/pid')).text);
      const zygote = server.zygote!;
      process.kill(zygote.pid, 'SIGKILL');
      await waitFor('its end', () => !isRunning(zygote.pid));
      assert.equal(Number((await client.get('/pid')).text), pid, 'the connection goes on');
      for (let count = 0; count < 20; count++) assert.equal((await server.get('/')).text, 'hi');
      for (const victim of server.readyPids) {
        process.kill(victim, 'SIGKILL');
        await waitFor('two workers again', () => {
          const pids = server.readyPids;
          return pids.length === 2 && !pids.includes(victim);
        });
        assert.equal((await server.get('/')).text, 'hi');
      }
      client.destroy();
    },
  ));

test('a stopping server does not replace its zygote', () =>
  withServer(
    () => startApp(fixture('http-app.mjs'), { args: ['--workers', '2', '--start-method', 'fork'] }),
    async (server) => {
      const zygote = server.zygote!;
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) process.kill(zygote.pid, signal);
      const { client, finish } = await requestInFlight(server);
      assert.ok(isRunning(zygote.pid), 'signals are left to the manager');
      server.signal('SIGTERM');
      await server.logged('that it stops', ({ msg }) => msg.startsWith('stopping'));
      process.kill(zygote.pid, 'SIGKILL');
      await waitFor('its end', () => !isRunning(zygote.pid));
      finish();
      assert.match((await client.read()).text, /^done in \d+$/);
      assert.deepEqual(await server.exits(), { code: 0, signal: null });
      assert.deepEqual(accidents(server), []);
      client.destroy();
    },
  ));

test('young workers that are killed together are replaced without delay', () =>
  withServer(
    () => startApp(fixture('http-app.mjs'), { args: ['--workers', '2', '--start-method', 'fork'] }),
    async (server) => {
      const victims = server.readyPids;
      for (const pid of victims) process.kill(pid, 'SIGKILL');
      const died = () => server.log.filter(({ msg }) => msg === 'worker died');
      await waitFor('the deaths to be known', () => died().length === 2);
      assert.deepEqual(
        died().map(({ reason, retryInMs }) => [reason, retryInMs]),
        [
          ['SIGKILL', undefined],
          ['SIGKILL', undefined],
        ],
      );
      await waitFor('two others', () => server.readyPids.length === 2);
    },
  ));

test('kill -9 of manager and zygote at once: the workers end by themselves', () =>
  withServer(
    () => startApp(fixture('http-app.mjs'), { args: ['--workers', '3', '--start-method', 'fork'] }),
    async (server) => {
      const zygote = server.zygote!;
      process.kill(zygote.pid, 'SIGKILL');
      server.signal('SIGKILL');
      await server.assertGone();
    },
  ));

test('a host whose manager dies before it can follow it does not go on to load', async () => {
  const file = join(temporaryFolder(), 'host');
  const server = new ServerProcess({
    command: [commandLine, fixture('thread-app.mjs'), '--listen', 'http://127.0.0.1:0'],
    env: {
      NODE_OPTIONS: `--import=${pathToFileURL(fixture('late-host.mjs'))}`,
      TEST_HOST_FILE: file,
      TEST_NEVER_LOADS: '1',
    },
  });
  const written = () => (existsSync(file) ? readFileSync(file, 'latin1') : '');
  await waitFor('the host', () => written().endsWith('\n'));
  const pid = Number(written());
  server.signal('SIGKILL');
  await server.exited;
  await waitFor('the host to be gone', () => !isRunning(pid));
});
