// What the log says of a worker that died or hangs: which requests it had in hand, for how long, and how it was.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlled } from '../support/controlled.js';
import { isRunning } from '../support/processes.js';
import type { RawClient } from '../support/raw-client.js';
import type { LogLine } from '../support/server.js';
import { startMethods } from '../support/server.js';
import { waitFor } from '../support/wait.js';

const HOST = 'HTTP/1.1\r\nHost: test\r\n\r\n';

interface Worker {
  pid: number;
  inFlight: number;
  requests: number;
}

for (const startMethod of startMethods) {
  test(`a worker that is killed, start method ${startMethod}`, () =>
    controlled({ startMethod, workers: 1 }, async (server) => {
      const [victim] = server.readyPids;
      const clients: RawClient[] = [];
      const ask = async (target: string) => {
        const client = await server.connect();
        client.send(`GET ${target} ${HOST}`);
        clients.push(client);
      };
      assert.equal((await server.get('/')).status, 200);
      await ask(`/first?ms=600000&token=secret`);
      await ask(`/${'long/'.repeat(20)}?ms=600000`);
      const inHand = async (count: number) =>
        waitFor(`${count} requests in hand`, async () => {
          const { workers } = (await server.call('status')).result as { workers: Worker[] };
          return workers.find(({ pid, inFlight }) => pid === victim && inFlight === count);
        });
      await inHand(2);
      // More than there are places for.
      for (let i = 0; i < 38; i++) await ask(`/later/${i}?ms=600000`);
      await inHand(40);
      process.kill(victim!, 'SIGKILL');
      const line: LogLine = await server.logged('its death', ({ event }) => event === 'worker.died');
      const told = line.inHand as string[];
      assert.match(told[0]!, /^GET \/first for [\d.]+ s$/);
      assert.match(told[1]!, /^GET \/long\/(long\/)+l?o?n?g?… for [\d.]+ s$/);
      assert.equal(told.at(-1), `${40 - (told.length - 1)} more`);
      assert.deepEqual([line.inFlight, line.requests], [40, 41]);
      assert.equal(typeof line.heartbeatMs, 'number');
      if (startMethod === 'fork')
        assert.ok((line.memory as number) > 2 ** 20, 'the kernel tells of its child');
      assert.ok(!server.stderr.includes('secret'), 'queries are nobody else’s business');
      for (const client of clients) client.destroy();
      await waitFor('another worker', () => server.readyPids.some((pid) => pid !== victim && isRunning(pid)));
    }));
}

const models = [...startMethods.map((startMethod) => ({ startMethod })), { workerModel: 'thread' }];
for (const model of models) {
  test(`where the JavaScript of a worker hangs, ${Object.values(model)[0]}`, () =>
    controlled(
      { ...model, workers: 1, activityTimeout: 1, checkInterval: 0.05, minWorkerTtl: 0 },
      async (server) => {
        const client = await server.connect();
        client.send(`GET /block?ms=600000 ${HOST}`);
        for (const event of ['worker.hangs', 'worker.killing']) {
          const line = await server.logged(event, (entry) => entry.event === event);
          // Maybe within what the clock is read by.
          const stack = (line.stack as string[]).filter((frame) => !frame.includes('node:'));
          assert.match(stack[0]!, /^hold \(file:.*\/controlled\.mjs:\d+:\d+\)$/);
          assert.match(stack[1]!, /controlled\.mjs:\d+:\d+\)?$/);
        }
        client.destroy();
      },
    ));
}

test('a worker that was asked where it stands and goes on is none the worse for it', () =>
  controlled({ workers: 1, activityTimeout: 3, checkInterval: 0.05 }, async (server) => {
    const [worker] = server.readyPids;
    assert.equal((await server.get('/block?ms=2200')).text.split(' ')[0], String(worker));
    assert.equal((await server.get('/')).text.split(' ')[0], String(worker));
    process.kill(worker!, 'SIGKILL');
    const died = await server.logged('its death', ({ event }) => event === 'worker.died');
    assert.equal(died.stack, undefined, 'where it stood long ago is not what it died of');
  }));

test('what has been answered is not in hand any more', () =>
  controlled({ workers: 1, activityTimeout: 1, checkInterval: 0.05, minWorkerTtl: 0 }, async (server) => {
    const client = await server.connect();
    // In one batch: the first ones are answered by their handlers, the second waits, the last one blocks.
    const targets = ['/done', '/waits?ms=600000', '/done', '/block/here?ms=600000'];
    client.send(targets.map((target) => `GET ${target} ${HOST}`).join(''));
    const line = await server.logged('that it hangs', ({ event }) => event === 'worker.hangs');
    const told = line.inHand as string[];
    assert.match(told[0]!, /^GET \/block\/here for [\d.]+ s, in its handler$/);
    assert.ok(told.slice(1).every((text) => !text.includes('handler')));
    const killed = await server.logged('that it is killed', ({ event }) => event === 'worker.killing');
    assert.match((killed.inHand as string[])[0]!, /^GET \/block\/here /);
    client.destroy();
  }));
