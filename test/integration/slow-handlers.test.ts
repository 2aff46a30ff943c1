// Handlers that hold their worker up: an answer does not wait for other handlers than its own, and connections that came
// to a busy worker are taken by one that has the time, whatever the manager does.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture, temporaryFolder } from '../support/paths.js';
import type { RawClient } from '../support/raw-client.js';
import { connectToEach, requestHead } from '../support/raw-client.js';
import { type ServerProcess, startApp, startMethods, withServer } from '../support/server.js';
import { waitFor } from '../support/wait.js';

const APP = fixture('http-app.mjs');

/** A request whose handler holds its worker up until it is told to end. */
class Spin {
  readonly #client: RawClient;
  readonly #file: string;
  readonly #until: string;

  /** In the worker that this client is connected to. */
  constructor(client: RawClient) {
    const folder = temporaryFolder();
    [this.#client, this.#file, this.#until] = [client, join(folder, 'spins'), join(folder, 'until')];
    client.send(requestHead('GET', `/spin?file=${this.#file}&until=${this.#until}`));
  }

  static async begin(server: ServerProcess): Promise<Spin> {
    return new Spin(await server.connect());
  }

  /** @returns the worker's pid */
  async spins(): Promise<number> {
    await waitFor('a handler', () => existsSync(this.#file) && readFileSync(this.#file, 'utf8') !== '');
    return Number(readFileSync(this.#file, 'utf8'));
  }

  async end(): Promise<void> {
    await this.spins();
    writeFileSync(this.#until, '');
    assert.equal((await this.#client.read()).text, 'spun');
    this.#client.destroy();
  }
}

for (const startMethod of startMethods) {
  const start =
    (workers: number, ...args: string[]) =>
    () =>
      startApp(APP, { args: ['--workers', String(workers), '--start-method', startMethod, ...args] });

  test(`where handlers take long an answer leaves at once, ${startMethod}`, () =>
    withServer(start(1), async (server) => {
      const first = await Spin.begin(server);
      await first.spins();
      const others = [await Spin.begin(server), await Spin.begin(server)];
      await first.end();
      await Promise.all(others.map((other) => other.end()));
      // It is known by now that they do. Two more come in the same turn.
      const holding = await Spin.begin(server);
      await holding.spins();
      const quick = await server.connect();
      quick.send(requestHead('GET', '/'));
      const slow = await Spin.begin(server);
      await holding.end();
      assert.equal((await quick.read()).text, 'hi');
      quick.destroy();
      await slow.end();
    }));

  test(`what waits for a busy worker is taken by another one, ${startMethod}`, () =>
    withServer(start(2, '--bind-model', 'reuseport'), async (server) => {
      const spin = await Spin.begin(server);
      const busy = await spin.spins();
      process.kill(server.pid, 'SIGSTOP');
      try {
        const clients = await Promise.all(Array.from({ length: 40 }, () => server.connect()));
        for (const client of clients) client.send(requestHead('GET', '/pid'));
        for (const client of clients) {
          assert.notEqual(Number((await client.read()).text), busy);
          client.destroy();
        }
      } finally {
        process.kill(server.pid, 'SIGCONT');
      }
      await spin.end();
    }));

  test(`what is taken from several busy workers at a time is all served, ${startMethod}`, () =>
    withServer(start(3, '--bind-model', 'reuseport'), async (server) => {
      const [free, ...others] = (await connectToEach(server.target, 3)).values();
      free!.destroy();
      const spins = others.map((client) => new Spin(client));
      // At once: before the manager sees to it that they get no new connections.
      await Promise.all(spins.map((spin) => spin.spins()));
      process.kill(server.pid, 'SIGSTOP');
      try {
        // Of all lengths, so that one would be seen in the place of another.
        const paths = Array.from(
          { length: 60 },
          (_, index) => `/slow?${`${index},`.repeat(1 + (index % 7) * 30)}`,
        );
        for (let round = 0; round < 6; round++) {
          const clients = await Promise.all(paths.map(() => server.connect()));
          clients.forEach((client, index) => void client.send(requestHead('GET', paths[index]!)));
          const texts = await Promise.all(clients.map(async (client) => (await client.read()).text));
          assert.deepEqual(texts, paths);
          for (const client of clients) client.destroy();
        }
      } finally {
        process.kill(server.pid, 'SIGCONT');
      }
      for (const spin of spins) await spin.end();
    }));
}
