// 200 clients on kept-alive connections while a worker is killed every second. The clients keep a ledger: only a
// request that was under way on a connection of the killed worker may fail, and nobody is ever refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture } from '../support/paths.js';
import { isRunning } from '../support/processes.js';
import { RawClient } from '../support/raw-client.js';
import { type ServerProcess, startApp, withServer } from '../support/server.js';
import { waitFor } from '../support/wait.js';

const SECONDS = Number(process.env.PRONGHORN_TEST_KILL_SECONDS ?? 8);
const CLIENTS = 200;
const WORKERS = 3;

interface Ledger {
  answered: number;
  connections: number;
  /** Requests that failed on a connection of a worker that had been killed. */
  lostWithWorker: number;
  /** Requests that failed before the first answer told whose connection it is, while a worker was killed. */
  lostUnknown: number;
  /** Everything that may not happen. */
  wrong: string[];
}

class Kills {
  readonly victims = new Set<number>();
  count = 0;
  /** When the latest kill was, to judge connections that never learned their worker. */
  lastAt = Number.NEGATIVE_INFINITY;

  async one(server: ServerProcess): Promise<void> {
    const victim = server.readyPids[0];
    assert.ok(victim !== undefined, 'there is a worker to kill');
    this.victims.add(victim);
    this.count += 1;
    this.lastAt = performance.now();
    process.kill(victim, 'SIGKILL');
    await waitFor('its end', () => !isRunning(victim));
    await waitFor('its replacement', () => server.readyPids.length === WORKERS);
  }
}

/** One client: requests on one connection after the other, until it is told to stop. */
async function clientLife(
  name: number,
  server: ServerProcess,
  kills: Kills,
  ledger: Ledger,
  isOver: () => boolean,
) {
  for (let serial = 0; !isOver(); ) {
    let connection: RawClient;
    const connectedAt = performance.now();
    try {
      connection = await RawClient.connect(server.target);
      ledger.connections += 1;
    } catch (error) {
      ledger.wrong.push(`a connection was not made: ${error}`);
      continue;
    }
    let pid: number | undefined;
    try {
      while (!isOver()) {
        const url = `/whoami?client=${name}&serial=${serial++}`;
        const { status, text } = await connection.get(url);
        const [answeredUrl, answeredBy] = text.split(' ');
        if (status !== 200 || answeredUrl !== url) ledger.wrong.push(`${url} was answered ${status} ${text}`);
        if (pid !== undefined && pid !== Number(answeredBy))
          ledger.wrong.push('a connection changed its worker');
        pid = Number(answeredBy);
        ledger.answered += 1;
      }
    } catch (error) {
      if (pid !== undefined && kills.victims.has(pid)) ledger.lostWithWorker += 1;
      else if (pid === undefined && kills.lastAt >= connectedAt) ledger.lostUnknown += 1;
      else ledger.wrong.push(`a request to ${pid} was lost, which nobody killed: ${error}`);
    }
    connection.destroy();
  }
}

for (const startMethod of ['fork', 'spawn']) {
  // Spawned workers start slowly; the point is made with forked ones.
  const seconds = startMethod === 'fork' ? SECONDS : Math.min(SECONDS, 4);
  const args = ['--workers', String(WORKERS), '--start-method', startMethod];

  test(`${CLIENTS} clients lose nothing but what was under way, start method ${startMethod}`, () =>
    withServer(
      () => startApp(fixture('whoami-app.mjs'), { args }),
      async (server) => {
        const kills = new Kills();
        const ledger: Ledger = { answered: 0, connections: 0, lostWithWorker: 0, lostUnknown: 0, wrong: [] };
        let isOver = false;
        const clients = Array.from({ length: CLIENTS }, (_, name) =>
          clientLife(name, server, kills, ledger, () => isOver),
        );
        const from = performance.now();
        while (performance.now() < from + seconds * 1000) {
          const next = from + (kills.count + 1) * 1000;
          await waitFor('the next second', () => performance.now() >= next);
          const answered = ledger.answered;
          await kills.one(server);
          await waitFor('answers after the kill', () => ledger.answered > answered + CLIENTS);
        }
        isOver = true;
        await Promise.all(clients);
        console.log(`${kills.count} kills: ${JSON.stringify(ledger)}`);
        assert.deepEqual(ledger.wrong.slice(0, 10), []);
        assert.ok(kills.count >= 2);
        assert.ok(ledger.lostWithWorker + ledger.lostUnknown <= kills.count * CLIENTS);
        assert.equal(
          ledger.connections,
          CLIENTS + ledger.lostWithWorker + ledger.lostUnknown,
          'every loss, and nothing else, made a client connect again',
        );
      },
    ));
}
