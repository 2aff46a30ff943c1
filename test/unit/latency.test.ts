// The buckets of the latency histogram in the scoreboard.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LATENCY_LIMITS_US, Scoreboard } from '#dist/scoreboard/scoreboard.js';

test('limits rise, two for each doubling', () => {
  for (let i = 1; i < LATENCY_LIMITS_US.length; i++) {
    assert.ok(LATENCY_LIMITS_US[i]! > LATENCY_LIMITS_US[i - 1]!);
    if (i >= 2) assert.equal(LATENCY_LIMITS_US[i], 2 * LATENCY_LIMITS_US[i - 2]!);
  }
  assert.equal(LATENCY_LIMITS_US[0], 24);
});

test('a slot has a count for each bucket', () => {
  const scoreboard = Scoreboard.create(1);
  assert.deepEqual(
    scoreboard.slot(0).latencies,
    LATENCY_LIMITS_US.map(() => 0),
  );
  scoreboard.close();
});
