// Nothing piles up: descriptors stay where they were, over connections and over generations of workers.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fixture } from '../support/paths.js';
import { zombieChildren } from '../support/processes.js';
import { requestHead } from '../support/raw-client.js';
import { startApp, startMethods, withServer } from '../support/server.js';
import { waitFor } from '../support/wait.js';

const descriptors = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;

for (const startMethod of startMethods) {
  const start = (workers: number) => () =>
    startApp(fixture('http-app.mjs'), {
      args: ['--workers', String(workers), '--start-method', startMethod],
    });

  test(`a worker closes the descriptors of its connections, start method ${startMethod}`, () =>
    withServer(start(1), async (server) => {
      assert.equal((await server.get('/')).text, 'hi');
      const [pid] = server.readyPids;
      const before = descriptors(pid!);
      for (let round = 0; round < 10; round++) {
        const clients = await Promise.all(Array.from({ length: 60 }, () => server.connect()));
        await Promise.all(
          clients.map(async (client, at) => {
            if (at % 4 === 0) return client.socket.resetAndDestroy();
            client.send(requestHead('GET', at % 4 === 1 ? '/bytes?size=300000' : '/later'));
            if (at % 4 === 3) return client.destroy();
            assert.equal((await client.read()).status, 200);
            return client.destroy();
          }),
        );
      }
      await waitFor('its descriptors to be closed', () => descriptors(pid!) <= before);
    }));

  test(`the manager and the zygote close what belonged to dead workers, start method ${startMethod}`, () =>
    withServer(start(2), async (server) => {
      const replaceOne = async () => {
        const victim = server.readyPids[0]!;
        process.kill(victim, 'SIGKILL');
        await waitFor('the replacement', () => {
          const pids = server.readyPids;
          return pids.length === 2 && !pids.includes(victim);
        });
      };
      await replaceOne();
      const keepers = [server.pid, ...(startMethod === 'fork' ? [server.zygote!.pid] : [])];
      const before = keepers.map(descriptors);
      const inWorker = descriptors(server.readyPids[0]!);
      for (let round = 0; round < 3; round++) await replaceOne();
      await waitFor('the descriptors to be as before', () =>
        keepers.every((pid, at) => descriptors(pid) <= before[at]!),
      );
      assert.ok(
        descriptors(server.readyPids.at(-1)!) <= inWorker,
        'a late worker inherits no more than an early',
      );
      await waitFor('the dead to be reaped', () => zombieChildren(server.pid).length === 0);
    }));
}

test('a thousand connections at once are served, and idle ones cost the others nothing', () =>
  withServer(startTwo, async (server) => {
    const clients = await Promise.all(Array.from({ length: 1000 }, () => server.connect()));
    for (const round of ['first', 'second']) {
      const answers = await Promise.all(clients.map((client, at) => client.get(`/url?${round}-${at}`)));
      answers.forEach((answer, at) => {
        assert.equal(answer.text, `GET /url?${round}-${at}`);
      });
    }
    for (const client of clients) client.destroy();
  }));

function startTwo() {
  return startApp(fixture('http-app.mjs'), { args: ['--workers', '2'] });
}
