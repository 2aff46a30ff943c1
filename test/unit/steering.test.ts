// Which worker accepts from which slots.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { assignSlots } from '#dist/manager/steering.js';

it('gives every slot to exactly one live worker, its own first', () => {
  assert.deepEqual(
    [...assignSlots([0, 2], 5)],
    [
      [0, [0, 1, 4]],
      [2, [2, 3]],
    ],
  );
  assert.deepEqual([...assignSlots([1], 3)], [[1, [1, 0, 2]]]);
});

it('leaves nothing to adopt when every slot has its worker', () => {
  assert.deepEqual(
    [...assignSlots([0, 1], 2)],
    [
      [0, [0]],
      [1, [1]],
    ],
  );
});

it('knows nobody to give a slot to when no worker lives', () => {
  assert.equal(assignSlots([], 4).size, 0);
});
