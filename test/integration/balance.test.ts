// Connections are shared fairly between the workers, and nobody waits behind a worker that is held up while another one
// is free.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ControlledServer, controlled } from '../support/controlled.js';
import { RawClient } from '../support/raw-client.js';
import { waitFor } from '../support/wait.js';

const BLOCK_MS = 3000;
const TRIES = 5;

async function ask(server: ControlledServer, path: string): Promise<{ client: RawClient; worker: string }> {
  const client = await RawClient.connect(server.target);
  const { status, text } = await client.get(path);
  assert.equal(status, 200);
  return { client, worker: text.split(' ')[0]! };
}

async function connections(server: ControlledServer, pid?: string): Promise<number[]> {
  const { result } = await server.call('status');
  const { workers } = result as { workers: { pid: number; connections: number }[] };
  return workers.filter((worker) => !pid || `${worker.pid}` === pid).map(({ connections }) => connections);
}

for (const bindModel of ['reuseport', 'duplicate']) {
  describe(`bind model ${bindModel}`, () => {
    test('kept connections are spread evenly, also after some have gone', () =>
      controlled({ workers: 4, bindModel }, async (server) => {
        const held: { client: RawClient; worker: string }[] = [];
        const counts = () => {
          const count = new Map<string, number>();
          for (const { worker } of held) count.set(worker, (count.get(worker) ?? 0) + 1);
          return [...count.values()].sort((one, other) => one - other);
        };
        // A worker that is slow to come, on a busy machine, leaves some to those that got them first: tries, but few.
        let first: number[] = [];
        for (let tries = 0; tries < TRIES && !(first.length === 4 && first[3]! <= 12); tries++) {
          for (const { client } of held.splice(0)) client.destroy();
          await waitFor('no connections', async () =>
            (await connections(server)).every((count) => count === 0),
          );
          while (held.length < 32) held.push(await ask(server, '/'));
          first = counts();
        }
        assert.equal(first.length, 4, `every worker has some: ${first}`);
        assert.ok(first[3]! <= 12, `no worker has many more than its share of 8: ${first}`);
        // Likewise the others may take some before the emptied worker gets a processor.
        let second: number[] = [];
        for (let tries = 0; tries < TRIES && !(second[0]! >= 5); tries++) {
          const emptied = held[0]!.worker;
          for (const { client } of held.filter(({ worker }) => worker === emptied)) client.destroy();
          held.splice(0, held.length, ...held.filter(({ worker }) => worker !== emptied));
          await waitFor('its connections to end', async () => (await connections(server, emptied))[0] === 0);
          while (held.length < 32) held.push(await ask(server, '/'));
          second = counts();
        }
        assert.ok(second[0]! >= 5, `the emptied worker has its share again: ${second}`);
        for (const { client } of held) client.destroy();
      }));

    test('new connections are answered while a worker is held up', () =>
      controlled({ workers: 2, bindModel, logLevel: 'debug' }, async (server) => {
        let isOver = false;
        const blocking = ask(server, `/block?ms=${BLOCK_MS}`).then(({ client }) => {
          isOver = true;
          client.destroy();
        });
        await waitFor('it to be held up', async () => {
          const { result } = await server.call('status');
          return (result as { workers: { inFlight: number }[] }).workers.some(({ inFlight }) => inFlight > 0);
        });
        const asked = Array.from({ length: 40 }, () => ask(server, '/'));
        const answers = await Promise.all(asked);
        assert.ok(!isOver, 'all are answered before the worker is free again');
        assert.equal(new Set(answers.map(({ worker }) => worker)).size, 1);
        for (const { client } of answers) client.destroy();
        await blocking;
      }));
  });
}
