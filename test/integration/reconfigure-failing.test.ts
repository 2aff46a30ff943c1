// Options, bounds and restarts whose new workers do not start: taken back as a whole, with the reason, and no client
// notices anything.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ControlledServer, type Outcome } from '../support/controlled.js';
import { Load } from '../support/ledger.js';
import { temporaryFolder } from '../support/paths.js';
import { RawClient } from '../support/raw-client.js';
import { type WorkerKind, withServer, workerKindNames, workerKinds } from '../support/server.js';
import { waitFor } from '../support/wait.js';

interface Status {
  minServers: number;
  maxServers: number;
  addresses: string[];
  generation: number;
  workers: { id: number; state: string; isOutdated: boolean }[];
}

/** A server whose new workers do not start while its fault is there. */
class Faulty {
  readonly fault = join(temporaryFolder(), 'fault');
  readonly server: ControlledServer;

  constructor(kind: WorkerKind, config: object = {}) {
    const base = {
      ...workerKinds[kind],
      workers: 2,
      checkInterval: 0.05,
      minWorkerTtl: 0,
      maxBodySize: 5000,
    };
    const events = ['reconfigure', 'generation'];
    this.server = new ControlledServer({ ...base, ...config }, events, { TEST_START_FAULT: this.fault });
  }

  begin(how: 'throws' | 'hangs'): void {
    writeFileSync(this.fault, how);
  }

  end(): void {
    rmSync(this.fault, { force: true });
  }

  async status(): Promise<Status> {
    return (await this.server.call('status')).result as Status;
  }

  /** The workers that stay, by their numbers. */
  async workers(): Promise<number[]> {
    const { workers } = await this.status();
    return workers.filter(({ state, isOutdated }) => state === 'ready' && !isOutdated).map(({ id }) => id);
  }

  async settled(count: number): Promise<void> {
    await waitFor(`${count} workers and no other`, async () => {
      const { workers } = await this.status();
      return workers.length === count && (await this.workers()).length === count;
    });
  }
}

async function freePort(): Promise<number> {
  const server = createNetServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function assertFailed({ error }: Outcome, code: string, ...says: RegExp[]): void {
  assert.equal(error?.code, code);
  for (const words of says) assert.match(error!.message, words);
}

const TAKEN_BACK = 'ERR_PRONGHORN_RECONFIGURE_WORKERS';

for (const kind of workerKindNames) {
  test(`new workers that do not start, ${kind}`, () => {
    const faulty = new Faulty(kind);
    const { server } = faulty;
    return withServer(
      () => server,
      async () => {
        const load = new Load(server.target, 2);
        const before = await faulty.workers();
        const port = await freePort();
        faulty.begin('throws');

        const options = { maxBodySize: 3000, terminationTimeout: 7 };
        assertFailed(
          await server.call('reconfigure', options),
          TAKEN_BACK,
          /`maxBodySize`/,
          /no room for it/,
        );
        const listen = ['http://127.0.0.1:0', `http://127.0.0.1:${port}`];
        assertFailed(await server.call('reconfigure', { listen }), TAKEN_BACK, /`listen`/, /no room for it/);
        assertFailed(await server.call('reconfigure', { workers: 3 }), TAKEN_BACK, /`minServers`/);
        assertFailed(await server.call('reconfigure', { workers: 9, maxBodySize: 1 }), TAKEN_BACK);
        const restarted = await server.call('restartWorkers');
        assertFailed(restarted, 'ERR_PRONGHORN_RESTART_WORKERS', /no room for it/);

        await faulty.settled(2);
        assert.deepEqual(await faulty.workers(), before, 'the old workers serve');
        const { minServers, maxServers, addresses, generation } = await faulty.status();
        assert.deepEqual([minServers, maxServers, generation], [2, 2, 1]);
        assert.deepEqual(addresses, server.addresses);
        await assert.rejects(RawClient.connect({ host: '127.0.0.1', port }), /ECONNREFUSED/);
        const client = await server.connect();
        assert.equal((await client.post('/', 'x'.repeat(4000))).status, 200, 'the old options are in force');
        client.destroy();
        assert.deepEqual(
          server.events.filter(({ event }) => event === 'generation'),
          [],
        );

        faulty.end();
        assert.deepEqual(
          (await server.call('reconfigure', { ...options, workers: 3 })).result?.toString(),
          'minServers,maxServers,terminationTimeout,maxBodySize',
        );
        await faulty.settled(3);
        assert.ok((await faulty.workers()).every((id) => !before.includes(id)));
        assert.deepEqual((await load.end()).wrong, []);
      },
    );
  });
}

describe('workers that never become ready', () => {
  test('are given up after bootTimeout, whatever they were started for', () => {
    const faulty = new Faulty('fork');
    const { server } = faulty;
    return withServer(
      () => server,
      async () => {
        const load = new Load(server.target, 1);
        const before = await faulty.workers();
        await server.call('reconfigure', { bootTimeout: 1 });
        faulty.begin('hangs');
        const late = /not ready after 1 s/;
        assertFailed(await server.call('reconfigure', { maxBodySize: 3000 }), TAKEN_BACK, late);
        assertFailed(await server.call('reconfigure', { workers: 4 }), TAKEN_BACK, late);
        await faulty.settled(2);
        assert.deepEqual(await faulty.workers(), before);
        assert.deepEqual((await load.end()).wrong, []);
      },
    );
  });

  test('one change of bounds after the other: what was before the first of them is back', () => {
    const faulty = new Faulty('fork');
    const { server } = faulty;
    return withServer(
      () => server,
      async () => {
        faulty.begin('throws');
        // TTIN asks for more from outside; nobody but the log hears what came of it.
        const outcomes = Promise.all([3, 5].map((workers) => server.call('reconfigure', { workers })));
        for (const outcome of await outcomes) assertFailed(outcome, TAKEN_BACK);
        server.signal('SIGTTIN');
        await server.logged('that it failed', ({ event }) => event === 'change.failed');
        await faulty.settled(2);
        assert.equal((await faulty.status()).minServers, 2);
      },
    );
  });

  test('a zygote that cannot be had: nobody waits for ever', () => {
    const faulty = new Faulty('fork');
    const { server } = faulty;
    return withServer(
      () => server,
      async () => {
        await server.call('reconfigure', { bootTimeout: 1 });
        const { pid } = server.zygote!;
        // It forks nothing, and is not gone either.
        process.kill(pid, 'SIGSTOP');
        const outcome = await server.call('reconfigure', { maxBodySize: 3000 });
        assertFailed(outcome, TAKEN_BACK, /not ready after 1 s/);
        await faulty.settled(2);
        await waitFor('another zygote', () => server.zygote !== undefined && server.zygote.pid !== pid);
        await server.call('reconfigure', { bootTimeout: 30 });
        assert.deepEqual((await server.call('reconfigure', { maxBodySize: 3000 })).result, ['maxBodySize']);
      },
    );
  });
});
