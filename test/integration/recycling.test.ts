// Workers that have done their part, hang, or have to become others: replaced without a lost request.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ServerStatus } from '#dist/status.js';
import { ControlledServer, controlled } from '../support/controlled.js';
import { Load } from '../support/ledger.js';
import { isRunning } from '../support/processes.js';
import {
  bindModelsOf,
  type ServerProcess,
  startMethods,
  withServer,
  workerKindNames,
  workerKinds,
} from '../support/server.js';
import { waitFor } from '../support/wait.js';

const QUICK = { checkInterval: 0.05, minWorkerTtl: 0 };

function reasons(server: ServerProcess): string[] {
  return server.log.flatMap(({ msg, reason }) => (msg === 'draining worker' && reason ? [reason] : []));
}

for (const kind of workerKindNames) {
  for (const bindModel of bindModelsOf(kind)) {
    describe(`recycling, ${kind}, ${bindModel}`, () => {
      const base = { ...workerKinds[kind], bindModel, workers: 2, ...QUICK };

      for (const [limit, form] of [
        [{ maxRequests: 60 }, /^(\d+) requests of at most 60$/],
        [{ maxAccepts: 40 }, /^(\d+) connections of at most 40$/],
      ] as const) {
        test(`${Object.keys(limit)[0]} replaces workers, a new one first`, () =>
          controlled({ ...base, ...limit }, async (server) => {
            const load = new Load(server.target, 2);
            const spent = await waitFor('four workers that are spent', () => {
              const found = reasons(server).flatMap((reason) => form.exec(reason)?.[1] ?? []);
              return found.length >= 4 ? found.map(Number) : undefined;
            });
            assert.deepEqual((await load.end()).wrong, []);
            const most = Object.values(limit)[0]!;
            assert.ok(
              spent.every((count) => count >= most / 2),
              `at least half of ${most}: ${spent}`,
            );
            const replacements = server.log.filter(
              ({ msg, replaces }) => msg === 'spawning worker' && replaces,
            );
            assert.ok(replacements.length >= 4);
          }));
      }

      test('restartWorkers() replaces all, and resolves when they are', () =>
        controlled(base, async (server) => {
          const load = new Load(server.target);
          const before = server.readyWorkers;
          assert.deepEqual(await server.call('restartWorkers'), { result: null });
          const { wrong, answered } = await load.end();
          assert.deepEqual(wrong, []);
          assert.ok(answered > 0);
          await waitFor('the old ones to end', () => before.every((id) => server.hasEnded(id)));
          assert.equal(server.readyWorkers.length, 2);
        }));
    });
  }

  test(`a worker whose memory grows beyond maxMemory is replaced, ${kind}`, () =>
    controlled({ ...workerKinds[kind], workers: 1, ...QUICK, maxMemory: 1 }, async (server) => {
      await waitFor('a worker that is too large', () =>
        reasons(server).some((reason) => /^\d+ bytes of memory of at most 1$/.test(reason)),
      );
    }));

  test(`a worker whose event loop stands still is replaced and killed, ${kind}`, () =>
    controlled({ ...workerKinds[kind], workers: 2, ...QUICK, activityTimeout: 1 }, async (server) => {
      const client = await server.connect();
      const stuck = Number((await client.get('/')).text);
      client.send('GET /block?ms=600000 HTTP/1.1\r\nHost: test\r\n\r\n');
      const line = await server.logged(
        'that it hangs',
        ({ msg, pid, thread }) => msg === 'worker hangs' && (thread ?? pid) === stuck,
      );
      assert.match(line.reason!, /^its event loop did not turn for [\d.]+ s$/);
      assert.match((line.inHand as string[])[0]!, /^GET \/block for [\d.]+ s, in its handler$/);
      assert.ok((line.heartbeatMs as number) >= 500 && (line.memory as number) > 2 ** 20);
      assert.equal(line.inFlight, 1);
      await waitFor('another one', () => server.readyWorkers.filter((id) => id !== stuck).length === 2);
      for (let i = 0; i < 20; i++) assert.equal((await server.get('/')).status, 200);
      await waitFor('its end', () => server.hasEnded(stuck));
      client.destroy();
    }));

  test(`idle workers are kept between minSpareServers and maxSpareServers, ${kind}`, () => {
    const spare = {
      minServers: 1,
      maxServers: 5,
      minSpareServers: 2,
      maxSpareServers: 3,
      loadAveragePeriod: 0.2,
    };
    return controlled(
      { ...workerKinds[kind], ...spare, ...QUICK },
      async (server) => {
        await waitFor('two idle workers', () => server.readyWorkers.length === 2);
        const busy = await Promise.all(Array.from({ length: 3 }, () => server.connect()));
        for (const client of busy) client.send('GET /?ms=3000 HTTP/1.1\r\nHost: test\r\n\r\n');
        await waitFor('more workers', () => server.readyWorkers.length > 2);
        for (const client of busy) assert.equal((await client.read()).status, 200);
        for (const client of busy) client.destroy();
        await waitFor('at most three idle workers', () => server.readyWorkers.length <= 3);
        assert.ok(server.events.some(({ event }) => event === 'scale'));
      },
      ['scale'],
    );
  });
}

test('a client that has shut its side is waited for in a drain, as long as any other', () =>
  controlled({ workers: 1, ...QUICK, terminationTimeout: 2 }, async (server) => {
    const [before] = server.readyPids;
    const [patient, hopeless] = [await server.connect(), await server.connect()];
    for (const [client, ms] of [
      [patient, 700],
      [hopeless, 600_000],
    ] as const) {
      client.send(`GET /?ms=${ms} HTTP/1.1\r\nHost: test\r\n\r\n`);
      client.finish();
    }
    await waitFor('both to be in hand', async () => {
      const { workers } = (await server.call('status')).result as { workers: { inFlight: number }[] };
      return workers.some(({ inFlight }) => inFlight === 2);
    });
    assert.deepEqual(await server.call('restartWorkers'), { result: null });
    assert.equal((await patient.read()).text.split(' ')[0], String(before));
    await hopeless.closed();
    await waitFor('the old worker to end', () => !isRunning(before!));
    patient.destroy();
  }));

for (const startMethod of startMethods) {
  test(`a worker that was stopped by a signal is replaced, start method ${startMethod}`, () =>
    controlled({ startMethod, workers: 2, ...QUICK, activityTimeout: 1 }, async (server) => {
      const [stopped] = server.readyPids;
      process.kill(stopped!, 'SIGSTOP');
      await server.logged('that it hangs', ({ msg, pid }) => msg === 'worker hangs' && pid === stopped);
      await waitFor('its end', () => !isRunning(stopped!));
      await waitFor('two workers', () => server.readyPids.length === 2);
    }));

  test(`a stop of the whole group is nobody's fault, start method ${startMethod}`, () =>
    controlled({ startMethod, workers: 2, ...QUICK, activityTimeout: 0.5 }, async (server) => {
      const before = server.readyPids;
      server.signalGroup('SIGSTOP');
      const from = performance.now();
      await waitFor('longer than activityTimeout', () => performance.now() - from > 1500);
      server.signalGroup('SIGCONT');
      const looks = server.log.length;
      for (let i = 0; i < 20; i++) assert.equal((await server.get('/?ms=60')).status, 200);
      assert.ok(server.log.length >= looks);
      assert.deepEqual(server.readyPids, before);
      assert.ok(!server.log.some(({ msg }) => msg === 'worker hangs'));
    }));
}

describe('a worker that is held up', () => {
  const own = { ...workerKinds.fork, workers: 1, ...QUICK };

  test('answers what came meanwhile on a connection whose idle time is over', () =>
    controlled({ ...own, keepAliveTimeout: 1 }, async (server) => {
      const [idle, busy] = [await server.connect(), await server.connect()];
      await idle.get('/');
      busy.send('GET /block?ms=1500 HTTP/1.1\r\nHost: test\r\n\r\n');
      await waitFor('the worker to be held up', async () => {
        const { result } = await server.call('status');
        return (result as ServerStatus).workers[0]!.inFlight === 1;
      });
      assert.equal((await idle.get('/')).status, 200);
      assert.equal((await busy.read()).status, 200);
    }));

  test('by what the application does before it drains, answers what came meanwhile', () => {
    const server = new ControlledServer(own, [], { TEST_DRAIN_MS: '1000' });
    return withServer(
      () => server,
      async () => {
        const client = await server.connect();
        await client.get('/');
        const restarted = server.call('restartWorkers');
        await waitFor('it to be told', () => server.events.some(({ event }) => event === 'drain'));
        const { status, header } = await client.get('/');
        assert.deepEqual([status, header('connection')], [200, 'close']);
        assert.deepEqual(await restarted, { result: null });
      },
    );
  });
});
