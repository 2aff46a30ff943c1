// Sums over workers, of which some are gone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scoreboard } from '#dist/scoreboard/scoreboard.js';
import { added, NO_TOTALS } from '#dist/scoreboard/totals.js';

test('totals are sums of slots, bucket by bucket', () => {
  const scoreboard = Scoreboard.create(2);
  scoreboard.set(0, 'requests', 3);
  scoreboard.set(0, 'latencySumUs', 90);
  scoreboard.set(1, 'requests', 4);
  scoreboard.set(1, 'responses2xx', 4);
  const sum = added(added(NO_TOTALS, scoreboard.slot(0)), scoreboard.slot(1));
  assert.equal(sum.requests, 7);
  assert.equal(sum.responses2xx, 4);
  assert.equal(sum.latencySumUs, 90);
  assert.equal(sum.latencies.length, scoreboard.slot(0).latencies.length);
  const twice = added(sum, { ...NO_TOTALS, latencies: [1, 0, 2] });
  assert.deepEqual(twice.latencies.slice(0, 3), [1, 0, 2]);
  scoreboard.close();
});
