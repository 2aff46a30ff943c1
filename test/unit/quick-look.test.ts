// What a look at the scoreboard says of work that waits: in the accept queue, in sockets, and in the batch that a handler
// goes through.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuickLook } from '#dist/pool/quick-look.js';
import { Scoreboard, type SlotField } from '#dist/scoreboard/scoreboard.js';

const WORKER = { workerId: 7, slot: 0 };

function looksAt(...states: Partial<Record<Exclude<SlotField, 'state'>, number>>[]) {
  const scoreboard = Scoreboard.create(1);
  const look = new QuickLook(scoreboard);
  scoreboard.set(0, 'workerId', WORKER.workerId);
  const all = states.map((fields, index) => {
    for (const [name, value] of Object.entries(fields))
      scoreboard.set(0, name as Exclude<SlotField, 'state'>, value);
    return look.look([WORKER], 5, 100 + 50 * index);
  });
  scoreboard.close();
  return all.at(-1)!;
}

const BEFORE = { requests: 100, turnNs: 1, ready: 1, handling: 0, batch: 0 };

test('of a batch, only what its handler has begun is served', () => {
  const { served, waiting } = looksAt(BEFORE, { requests: 140, handling: 10, batch: 40 });
  assert.equal(served, 10);
  assert.equal(waiting, 5 + 30);
});

test('sockets that are not in the batch yet wait too', () => {
  const { waiting } = looksAt(BEFORE, { requests: 124, handling: 4, batch: 24, ready: 65 });
  assert.equal(waiting, 5 + 20 + 40);
});

test('where no handler runs, all sockets of the turn wait but one', () => {
  const { served, waiting } = looksAt(BEFORE, { requests: 124, ready: 25 });
  assert.equal(served, 24);
  assert.equal(waiting, 5 + 24);
});

test('another worker in the slot says nothing', () => {
  assert.equal(looksAt(BEFORE, { workerId: 8, requests: 140 }).workers, 0);
});
