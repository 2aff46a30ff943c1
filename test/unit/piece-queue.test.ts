// The queue of a body's pieces: nothing is lost or reordered, and small pieces do not cost an object each.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { PieceQueue } from '#dist/http/piece-queue.js';

function queueOf(bytes: Buffer, lengthOf: (at: number) => number): PieceQueue {
  const queue = new PieceQueue();
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(at + lengthOf(at), bytes.length);
    queue.push(Buffer.from(bytes.subarray(at, end)));
    at = end;
  }
  return queue;
}

function drained(queue: PieceQueue): Buffer[] {
  const pieces: Buffer[] = [];
  while (!queue.isEmpty) pieces.push(queue.shift()!);
  return pieces;
}

describe('a queue of pieces', () => {
  const bytes = randomBytes(200_000);
  const lengths: [name: string, lengthOf: (at: number) => number][] = [
    ['single bytes', () => 1],
    ['odd lengths', (at) => (at % 977) + 1],
    ['large and small ones', (at) => (at % 3 === 0 ? 20_000 : 3)],
    ['one', () => 1_000_000],
  ];
  for (const [name, lengthOf] of lengths) {
    it(`gives back what it was given: ${name}`, () => {
      assert.equal(Buffer.compare(queueOf(bytes, lengthOf).takeAll(), bytes), 0);
      assert.equal(Buffer.compare(Buffer.concat(drained(queueOf(bytes, lengthOf))), bytes), 0);
    });
  }

  it('makes few blocks of many bytes', () => {
    const pieces = drained(queueOf(bytes, () => 1));
    assert.ok(pieces.length < 20, `${pieces.length} pieces`);
  });

  it('leaves what it has given away alone', () => {
    const queue = queueOf(bytes.subarray(0, 10), () => 1);
    const first = queue.shift()!;
    queue.push(Buffer.from('after'));
    assert.equal(Buffer.compare(first, bytes.subarray(0, 10)), 0);
    assert.equal(queue.shift()!.toString(), 'after');
    assert.equal(queue.shift(), undefined);
  });

  it('is empty when all was taken, or was given up', () => {
    const queue = queueOf(bytes, () => 100);
    queue.takeAll();
    assert.ok(queue.isEmpty);
    queue.push(Buffer.from('more'));
    queue.clear();
    assert.ok(queue.isEmpty);
    assert.equal(queue.takeAll().length, 0);
  });
});
