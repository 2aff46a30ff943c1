// Everything that can happen to a server, at random and several things at a time, under load: reloads, upgrades, scaling,
// recycling, other options and addresses, bad deploys, killed and stopped processes. Only what a killed worker had in the
// works may fail. `npm run churn` goes on for as long as wanted.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Churn } from '../support/churn.js';
import { churnServers } from '../support/churn-servers.js';

const EVENTS = 50;
const SEED = Number(process.env.PRONGHORN_TEST_CHURN_SEED ?? Date.now() % 1_000_000);

// Most of the time something is waited for: four take as long as one.
describe('churn', { concurrency: true }, () => {
  for (const { name, config } of churnServers) {
    test(`${EVENTS} random events lose no request, ${name}, seed ${SEED}`, async () => {
      const churn = new Churn({ config, seed: SEED, restMs: 5 });
      try {
        await churn.deeds.server.explain(async () => {
          const report = await churn.run(EVENTS);
          console.log(`${name}, seed ${SEED}: ${JSON.stringify({ ...report, wrong: report.wrong.length })}`);
          assert.deepEqual(report.wrong.slice(0, 10), []);
          assert.ok(report.answered > EVENTS);
          await churn.stop();
        });
      } finally {
        churn.kill();
      }
    });
  }
});
