// Everything that can happen to a server, at random, under load: reloads, upgrades, scaling, recycling, other options and
// addresses, bad deploys, killed and stopped processes. Only what a killed worker had in the works may fail.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Churn } from '../support/churn.js';
import { waitFor } from '../support/wait.js';

const EVENTS = Number(process.env.PRONGHORN_TEST_CHURN_EVENTS ?? 100);
const THREAD_EVENTS = Number(process.env.PRONGHORN_TEST_CHURN_THREAD_EVENTS ?? 15);
const SEED = Number(process.env.PRONGHORN_TEST_CHURN_SEED ?? Date.now() % 1_000_000);

/** Of threads fewer, since each upgrade and bad deploy takes the same time as with processes. */
const SERVERS = [
  { bindModel: 'reuseport', startMethod: 'fork', events: EVENTS },
  { bindModel: 'duplicate', startMethod: 'fork', events: EVENTS },
  { bindModel: 'reuseport', workerModel: 'thread', events: THREAD_EVENTS },
  { bindModel: 'duplicate', workerModel: 'thread', events: THREAD_EVENTS },
];

for (const { events, ...config } of SERVERS) {
  const kind = Object.values(config).join(', ');
  test(`${events} random events lose no request, ${kind}, seed ${SEED}`, {
    timeout: 3_600_000,
  }, async () => {
    const churn = new Churn(config, SEED);
    const { server } = churn;
    try {
      await server.explain(async () => {
        const report = await churn.run(events);
        console.log(`seed ${SEED}: ${JSON.stringify({ ...report, wrong: report.wrong.length })}`);
        assert.deepEqual(report.wrong.slice(0, 10), []);
        assert.ok(report.answered > events);
        process.kill(churn.pid, 'SIGTERM');
        await waitFor('every process to end', () => server.members.length === 0);
      });
    } finally {
      churn.end();
      server.kill();
    }
  });
}
