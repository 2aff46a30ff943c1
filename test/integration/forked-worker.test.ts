// A forked worker is a process in its own right: nothing that must be unique is a copy, and everything that
// applications use works.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fixture } from '../support/paths.js';
import { connectToEach, type RawClient } from '../support/raw-client.js';
import { type ServerProcess, startApp, startMethods, VERBOSE, withServer } from '../support/server.js';
import { describeServer } from '../support/shared-server.js';
import { waitFor } from '../support/wait.js';

type Values = Record<string, (string | number)[]>;

const start = (startMethod: string, workers: number) => () =>
  startApp(fixture('fork-app.mjs'), { args: ['--workers', String(workers), '--start-method', startMethod] });

async function json<T>(client: RawClient, path: string): Promise<T> {
  const response = await client.get(path);
  assert.equal(response.status, 200, response.text);
  return JSON.parse(response.text) as T;
}

/** Connections to all workers, and once more after one of them was killed and replaced. */
async function valuesOfManyWorkers(server: ServerProcess, workers: number): Promise<Map<number, Values>> {
  const values = new Map<number, Values>();
  const collect = async () => {
    for (const [pid, client] of await connectToEach(server.target, workers)) {
      if (!values.has(pid)) values.set(pid, await json<Values>(client, '/values'));
      client.destroy();
    }
  };
  await collect();
  const victim = [...values.keys()][0]!;
  process.kill(victim, 'SIGKILL');
  await waitFor('the replacement', () => {
    const pids = server.readyPids;
    return pids.length === workers && !pids.includes(victim);
  });
  await collect();
  return values;
}

for (const startMethod of startMethods) {
  describe(`siblings, start method ${startMethod}`, () => {
    test('draw different values, also from functions captured while loading', () =>
      withServer(start(startMethod, 3), async (server) => {
        const values = await valuesOfManyWorkers(server, 3);
        assert.ok(values.size >= 4, 'three siblings and a later one');
        for (const kind of Object.keys([...values.values()][0]!)) {
          const all = [...values.values()].flatMap((each) => each[kind]!);
          assert.equal(new Set(all).size, all.length, `${kind} is unique over all workers`);
        }
        for (const { random, capturedRandom } of values.values()) {
          const draws = [...random!, ...capturedRandom!].map(Number);
          assert.ok(draws.every((draw) => draw >= 0 && draw < 1));
          assert.ok(Math.min(...draws) < 0.3 && Math.max(...draws) > 0.7, 'they spread');
          assert.ok(
            draws.some((draw) => draw * 2 ** 32 !== Math.floor(draw * 2 ** 32)),
            'more than 32 bits',
          );
        }
      }));

    test('know their own pid, as the kernel does', () =>
      withServer(start(startMethod, 2), async (server) => {
        const clients = await connectToEach(server.target, 2);
        const members = server.members.map(({ pid }) => pid);
        for (const [pid, client] of clients) {
          assert.ok(members.includes(pid), `${pid} is a process of this server`);
          assert.notEqual(pid, server.pid);
          client.destroy();
        }
        assert.deepEqual(new Set(server.readyPids), new Set(clients.keys()), 'the log names the same');
      }));
  });

  describeServer(
    `abilities of a worker, start method ${startMethod}`,
    start(startMethod, 1),
    (serverTest) => {
      const abilities: Record<string, unknown> = {
        timers: 3,
        fs: [7, 'written'],
        dns: true,
        zlib: [200_000, 20_000],
        pbkdf2: '0c60c80f961f0e71f3a9b524af6012062fe037a6',
        scrypt: '77d6576238657b20',
        threadPool: 1,
        webCrypto: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
        exec: true,
        dynamicImport: 'imported',
        webAssembly: true,
        nodeHttp: 'from node:http',
        garbage: 2000,
      };
      for (const [ability, outcome] of Object.entries(abilities)) {
        serverTest(`${ability} works`, async (server) => {
          const client = await server.connect();
          assert.deepEqual(await json(client, `/can/${ability}`), outcome);
          assert.deepEqual(await json(client, `/can/${ability}`), outcome, 'and works again');
          client.destroy();
        });
      }

      serverTest('fetch to itself works', async (server) => {
        const client = await server.connect();
        assert.equal(await json(client, `/can/fetchItself?base=${encodeURIComponent(server.url)}`), 'hello');
        client.destroy();
      });

      serverTest('all of it works at once', async (server) => {
        const outcomes = await Promise.all(
          Object.entries(abilities).map(async ([ability, outcome]) => {
            const client = await server.connect();
            assert.deepEqual(await json(client, `/can/${ability}`), outcome);
            client.destroy();
            return ability;
          }),
        );
        assert.equal(outcomes.length, Object.keys(abilities).length);
      });

      serverTest('the environment shows nothing of how the worker was started', async (server) => {
        const client = await server.connect();
        const names = await json<string[]>(client, '/environment');
        assert.deepEqual(
          names.filter((name) => !(name in VERBOSE)),
          [],
        );
        client.destroy();
      });
    },
  );
}

test('start method fork: the application was loaded once, in the zygote', () =>
  withServer(start('fork', 2), async (server) => {
    const loads = new Set<string>();
    for (const [pid, client] of await connectToEach(server.target, 2)) {
      const loaded = await json<{ loadedIn: number }>(client, '/loaded');
      assert.notEqual(loaded.loadedIn, pid);
      loads.add(JSON.stringify(loaded));
      client.destroy();
    }
    assert.equal(loads.size, 1);
    assert.equal(JSON.parse([...loads][0]!).loadedIn, server.zygote?.pid);
  }));

describe('an application that starts a thread while it loads', () => {
  const threaded = (startMethod: string) => () =>
    startApp(fixture('keeps-thread.mjs'), { args: ['--workers', '1', '--start-method', startMethod] });

  test('auto spawns its workers and says why', () =>
    withServer(threaded('auto'), async (server) => {
      assert.equal((await server.get('/')).text, 'threaded');
      const line = server.log.find(({ msg }) => msg.startsWith('listening on'))!;
      assert.match(line.msg, /start method spawn/);
      const warning = server.log.find(({ level, reason }) => level === 'warn' && reason !== undefined);
      assert.match(
        warning!.reason!,
        /started 1 thread.*; started at test\/fixtures\/keeps-thread\.mjs:4:\d+$/,
      );
    }));

  test('fork refuses with exit code 4 and says why', async () => {
    const server = threaded('fork')();
    await server.explain(async () => {
      await server.assertGone();
      assert.deepEqual(server.exit, { code: 4, signal: null });
      assert.match(server.stderr, /^pronghorn: .*thread.* \(ERR_PRONGHORN_FORK_UNSAFE\)$/m);
    });
  });
});
