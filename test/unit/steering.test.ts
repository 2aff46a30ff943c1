// Which worker accepts from which slots, which share of the new connections it gets, and who helps out for a stuck one.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assignSlots, differs, type Server, substitutes, weigh } from '#dist/pool/steering.js';

const server = (slot: number, busy = 0, isStuck = false): Server => ({ slot, busy, isStuck });

describe('slots', () => {
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
});

describe('weights', () => {
  it('are equal for workers that do nothing', () => {
    assert.deepEqual([...weigh([server(0), server(3)]).values()], [16, 16]);
  });

  it('fall with the load, and never to nothing', () => {
    assert.deepEqual(
      [...weigh([server(0, 0.5), server(1, 1), server(2)])],
      [
        [0, 8],
        [1, 2],
        [2, 16],
      ],
    );
  });

  it('leave out who is stuck', () => {
    assert.deepEqual([...weigh([server(0), server(1, 0, true)]).keys()], [0]);
  });

  it('leave nobody out when all are stuck', () => {
    assert.deepEqual([...weigh([server(0, 1, true), server(1, 1, true)]).keys()], [0, 1]);
  });

  it('concern nobody when nobody serves', () => {
    assert.equal(weigh([]).size, 0);
  });

  it('are told to the kernel when others serve, or when they have changed enough', () => {
    const before = weigh([server(0), server(1)]);
    assert.ok(differs(before, undefined));
    assert.ok(!differs(weigh([server(0, 0.1), server(1)]), before));
    assert.ok(differs(weigh([server(0, 0.5), server(1)]), before));
    assert.ok(differs(weigh([server(0)]), before));
    assert.ok(differs(weigh([server(0), server(2)]), before));
  });
});

describe('substitutes', () => {
  it('are the least busy workers, one for each that is stuck', () => {
    const servers = [server(0, 1, true), server(1, 0.9), server(2, 0.1), server(3, 1, true), server(4, 0.2)];
    assert.deepEqual(
      [...substitutes(servers, new Map())],
      [
        [0, 2],
        [3, 4],
      ],
    );
  });

  it('stay as long as they are able', () => {
    const servers = [server(0, 1, true), server(1, 0.9), server(2, 0.1)];
    assert.deepEqual([...substitutes(servers, new Map([[0, 1]]))], [[0, 1]]);
    const stuckToo = [server(0, 1, true), server(1, 0.9, true), server(2, 0.1)];
    assert.deepEqual(
      [...substitutes(stuckToo, new Map([[0, 1]]))],
      [
        [0, 2],
        [1, 2],
      ],
    );
  });

  it('go when the worker comes round again', () => {
    assert.equal(substitutes([server(0), server(1)], new Map([[0, 1]])).size, 0);
  });

  it('cannot be had when all are stuck', () => {
    assert.equal(substitutes([server(0, 1, true)], new Map()).size, 0);
  });
});
