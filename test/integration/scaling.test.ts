// The number of workers follows the load, between minServers and maxServers, and no request is lost on the way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture } from '../support/paths.js';
import { RawClient } from '../support/raw-client.js';
import {
  kindArguments,
  type ServerProcess,
  startApp,
  withServer,
  workerKindNames,
} from '../support/server.js';
import { waitFor } from '../support/wait.js';

const QUICK = ['--check-interval', '0.05', '--load-average-period', '0.3', '--min-worker-ttl', '0'];

/** New connections, one request each, until it is told to stop: its own workers find it wherever they are. */
async function keepBusy(server: ServerProcess, isOver: () => boolean): Promise<number> {
  let answered = 0;
  while (!isOver()) {
    const client = await RawClient.connect(server.target);
    assert.equal((await client.get('/?ms=20')).status, 200);
    client.destroy();
    answered += 1;
  }
  return answered;
}

for (const kind of workerKindNames) {
  const args = ['--min-servers', '1', '--max-servers', '3', ...kindArguments(kind), ...QUICK];

  test(`workers come with load and go without, ${kind}`, () =>
    withServer(
      () => startApp(fixture('busy-app.mjs'), { args }),
      async (server) => {
        assert.equal(server.readyWorkers.length, 1);
        let isOver = false;
        const clients = Array.from({ length: 6 }, () => keepBusy(server, () => isOver));
        await waitFor('three workers', () => server.readyWorkers.length === 3);
        isOver = true;
        const answered = await Promise.all(clients);
        assert.ok(answered.every((count) => count > 0));
        await waitFor('one worker again', async () => {
          // A few requests now and then must find a worker all the while.
          assert.equal((await server.get('/')).status, 200);
          return server.readyWorkers.length === 1;
        });
        const reasons = server.log.map(({ reason }) => reason ?? '');
        assert.ok(
          reasons.some((reason) => /load \d+ % is above maxLoad 70 %|a rush: there is work for/.test(reason)),
          'growth says why',
        );
        assert.ok(
          reasons.some((reason) => /load \d+ % is below minLoad 35 %/.test(reason)),
          'shrinking says why',
        );
      },
    ));
}
