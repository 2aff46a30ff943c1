// Other options while the server runs: checked whole before anything changes, and nothing is lost.
import assert from 'node:assert/strict';
import { type AddressInfo, createServer as createNetServer, type Server } from 'node:net';
import { describe, test } from 'node:test';
import { type ControlledServer, controlled } from '../support/controlled.js';
import { Load } from '../support/ledger.js';
import { RawClient } from '../support/raw-client.js';
import { bindModelsOf, targetOf, workerKindNames, workerKinds } from '../support/server.js';
import { waitFor } from '../support/wait.js';

interface Status {
  minServers: number;
  maxServers: number;
  addresses: string[];
  generation: number;
  change?: string;
  uptime: number;
  state: string;
  isReady: boolean;
  queued: number;
  workers: { id: number; pid: number; state: string; requests: number; isOutdated: boolean }[];
  decisions: { kind: string; reason: string }[];
}

const OTHER_KIND = {
  fork: { startMethod: 'spawn' },
  spawn: { startMethod: 'fork' },
  thread: { workerModel: 'prefork' },
};

async function statusOf(server: ControlledServer): Promise<Status> {
  return (await server.call('status')).result as Status;
}

/** Whether somebody answers there. */
async function isOpen(url: string): Promise<boolean> {
  try {
    const client = await RawClient.connect(targetOf(url));
    const { status } = await client.get('/');
    client.destroy();
    return status === 200;
  } catch {
    return false;
  }
}

for (const kind of workerKindNames) {
  for (const bindModel of bindModelsOf(kind)) {
    describe(`reconfigure, ${kind}, ${bindModel}`, () => {
      const base = { ...workerKinds[kind], bindModel, workers: 2, checkInterval: 0.05, minWorkerTtl: 0 };

      test('bounds count at once and replace no worker', () =>
        controlled(
          base,
          async (server) => {
            const before = server.readyWorkers;
            const { result } = await server.call('reconfigure', { workers: 3 });
            assert.deepEqual(result, ['minServers', 'maxServers']);
            await waitFor('a third worker', () => server.readyWorkers.length === 3);
            assert.ok(before.every((id) => server.readyWorkers.includes(id)));
            await server.call('reconfigure', { workers: 1 });
            await waitFor('one worker', () => server.readyWorkers.length === 1);
            // The answer to the call can overtake the event on its way here.
            const told = () => server.events.filter(({ event }) => event === 'reconfigure');
            await waitFor('the second event', () => told().length === 2);
            const bounds = ['minServers', 'maxServers'];
            assert.deepEqual(
              told().map(({ values }) => values[0]),
              [bounds, bounds],
            );
          },
          ['reconfigure'],
        ));

      test('far more workers than there was room for', () =>
        controlled(base, async (server) => {
          const load = new Load(server.target, 2);
          await server.call('reconfigure', { workers: 9 });
          await waitFor('nine workers', async () => {
            const { workers } = await statusOf(server);
            return workers.filter(({ state, isOutdated }) => state === 'ready' && !isOutdated).length === 9;
          });
          assert.deepEqual((await load.end()).wrong, []);
        }));

      test('an option of workers replaces them, under load', () =>
        controlled(base, async (server) => {
          const load = new Load(server.target, 2);
          const before = server.readyWorkers;
          const { result } = await server.call('reconfigure', { maxBodySize: 3000 });
          assert.deepEqual(result, ['maxBodySize']);
          assert.deepEqual((await load.end()).wrong, []);
          await waitFor('the old ones to end', () => before.every((id) => server.hasEnded(id)));
          const client = await server.connect();
          assert.equal((await client.post('/', 'x'.repeat(3001))).status, 413);
          client.destroy();
        }));

      test('addresses come and go, and the one that stays loses nothing', () =>
        controlled(base, async (server) => {
          const load = new Load(server.target, 2);
          const listen = ['http://127.0.0.1:0', 'http://[::1]:0'];
          assert.deepEqual((await server.call('reconfigure', { listen })).result, ['listen']);
          const { addresses } = await statusOf(server);
          assert.equal(addresses.length, 2);
          assert.equal(addresses[0], server.addresses[0]);
          assert.ok(await isOpen(addresses[1]!));
          assert.deepEqual(
            (await server.call('reconfigure', { listen })).result,
            [],
            'the same again is no change',
          );
          await server.call('reconfigure', { listen: 'http://127.0.0.1:0' });
          await waitFor('the address to be gone', async () => !(await isOpen(addresses[1]!)));
          assert.deepEqual((await load.end()).wrong, []);
        }));

      test('what is wrong changes nothing, and the error names the key', () =>
        controlled(base, async (server) => {
          const before = server.readyWorkers;
          const other = await new Promise<Server>((resolve) => {
            const made: Server = createNetServer().listen(0, '127.0.0.1', () => resolve(made));
          });
          const taken = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
          const cases: [object, string, RegExp][] = [
            [{ workerz: 3 }, 'ERR_PRONGHORN_CONFIG_UNKNOWN', /`workerz`, did you mean `workers`/],
            [{ maxBodySize: -1, workers: 3 }, 'ERR_PRONGHORN_CONFIG_VALUE', /`maxBodySize`/],
            [{ minServers: 5 }, 'ERR_PRONGHORN_CONFIG_CONFLICT', /minServers 5/],
            [OTHER_KIND[kind], 'ERR_PRONGHORN_CONFIG_FIXED', /`(startMethod|workerModel)`/],
            [{ listen: ['http://127.0.0.1:0', 'http://256.0.0.1:1'] }, 'ERR_PRONGHORN_LISTEN_FAILED', /256/],
            [{ listen: ['http://127.0.0.1:0', taken] }, 'ERR_PRONGHORN_LISTEN_IN_USE', /in use/],
            [
              { listen: 'https://127.0.0.1:0?cert=/nowhere&key=/nowhere' },
              'ERR_PRONGHORN_TLS_FILE',
              /nowhere/,
            ],
          ];
          for (const [config, code, form] of cases) {
            const { error } = await server.call('reconfigure', config);
            assert.equal(error?.code, code, JSON.stringify(config));
            assert.match(error!.message, form);
          }
          other.close();
          assert.deepEqual(server.readyWorkers, before);
          assert.equal((await statusOf(server)).maxServers, 2);
          assert.ok(await isOpen(server.url));
        }));
    });
  }
}

test('TTIN and TTOU move the bounds by one', () =>
  controlled({ workers: 2, checkInterval: 0.05, minWorkerTtl: 0 }, async (server) => {
    server.signal('SIGTTIN');
    await waitFor('three workers', () => server.readyPids.length === 3);
    server.signal('SIGTTOU');
    await waitFor('two workers', () => server.readyPids.length === 2);
    server.signal('SIGTTOU');
    await waitFor('one worker', () => server.readyPids.length === 1);
    server.signal('SIGTTOU');
    await server.call('restartWorkers');
    await server.logged(
      'another worker',
      ({ msg, replaces }) => msg === 'spawning worker' && replaces !== undefined,
    );
    assert.equal((await statusOf(server)).minServers, 1);
  }));

test('status tells what there is', () =>
  controlled({ workers: 2 }, async (server) => {
    await server.get('/');
    const status = await waitFor('the request to be counted', async () => {
      const found = await statusOf(server);
      return found.workers.some(({ requests }) => requests > 0) ? found : undefined;
    });
    assert.deepEqual([status.state, status.isReady, status.generation], ['running', true, 1]);
    assert.ok(status.change === undefined && status.uptime > 0);
    assert.deepEqual(status.workers.map(({ pid }) => pid).sort(), server.readyPids.sort());
    assert.deepEqual(status.addresses, server.addresses);
    assert.deepEqual(
      status.decisions.map(({ kind }) => kind),
      ['spawn', 'spawn'],
    );
  }));

test('status tells what is under way', () =>
  controlled({ workers: 2 }, async (server) => {
    const restarted = server.call('restartWorkers');
    await waitFor('the restart', async () => (await statusOf(server)).change === 'restart');
    assert.deepEqual(await restarted, { result: null });
    assert.equal((await statusOf(server)).change, undefined);
  }));

test('the manager tells of its workers, a worker of itself', () =>
  controlled(
    { workers: 1, checkInterval: 0.05, minWorkerTtl: 0 },
    async (server) => {
      await server.call('restartWorkers');
      await waitFor('a look', () => server.events.some(({ event }) => event === 'wait'));
      await waitFor('a sign of life', () => server.events.some(({ event }) => event === 'heartbeat'));
      await waitFor('the first worker to be reaped', () =>
        server.events.some(({ event }) => event === 'reap'),
      );
      const names = server.events.map(({ event }) => event);
      const [boot, ready, secondBoot] = ['boot', 'ready']
        .map((name) => names.indexOf(name))
        .concat(names.indexOf('boot', 1));
      assert.ok(boot! < ready! && ready! < secondBoot!);
      const ofWorker = server.events.filter(({ pid }) => pid !== server.pid);
      assert.deepEqual(ofWorker.map(({ event }) => event).slice(0, 2), ['drain', 'stop']);
      await server.stop();
      assert.deepEqual(
        server.events.filter(({ event }) => event === 'finish').map(({ values }) => values),
        [[true]],
      );
    },
    ['boot', 'ready', 'reap', 'wait', 'heartbeat', 'finish'],
  ));
