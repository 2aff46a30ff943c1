// A rush is felt within two looks, and only where more comes than is served; a lull only when it lasts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { feelLull } from '#dist/policy/lull.js';
import { feelRush, type QuickFigures, type Rush } from '#dist/policy/rush.js';

const CALM: QuickFigures = { at: 0, spanMs: 50, workers: 2, busy: 1, served: 10, waiting: 0 };

function felt(...looks: Partial<QuickFigures>[]): Rush {
  let rush: Rush | undefined = feelRush(undefined, CALM);
  for (const look of looks) rush = feelRush(rush, { ...CALM, ...look });
  return rush;
}

describe('a rush', () => {
  // Two workers serve 20 in a span, and 100 come.
  const first = { busy: 2, served: 20, waiting: 80 };
  const second = { busy: 2, served: 20, waiting: 160 };

  it('is felt at the second look, with room for twice what comes', () => {
    assert.equal(felt(first).demand, 0);
    assert.equal(felt(first, second).demand, 20, 'there is work for 10 workers');
  });

  it('is none where the workers have time left', () => {
    assert.equal(felt({ ...first, busy: 1.7 }, { ...second, busy: 1.7 }).demand, 0);
  });

  it('is none where what waits is served in a moment', () => {
    assert.equal(felt({ ...first, waiting: 15 }, { ...second, waiting: 18 }).demand, 0);
  });

  it('is over as soon as the workers keep up', () => {
    assert.equal(felt(first, second, { busy: 1.5, waiting: 0 }).demand, 0);
  });

  it('begins anew with other workers', () => {
    assert.equal(felt(first, second, { workers: 4, busy: 4, served: 20, waiting: 200 }).demand, 0);
  });

  it('is felt where nothing at all is served', () => {
    assert.ok(felt({ ...first, served: 0 }, { ...second, served: 0 }).demand > 2);
  });

  it('is none without workers', () => {
    assert.equal(felt({ ...first, workers: 0 }, { ...second, workers: 0 }).demand, 0);
  });
});

describe('a lull', () => {
  it('begins with the first worker too many, and knows the fewest', () => {
    const begun = feelLull(undefined, 3, 100, 0);
    assert.deepEqual(begun, { since: 100, least: 3 });
    assert.deepEqual(feelLull(feelLull(begun, 1, 200, 0), 4, 300, 0), { since: 100, least: 1 });
  });

  it('begins anew when the pool has changed', () => {
    assert.deepEqual(feelLull({ since: 100, least: 1 }, 5, 300, 200), { since: 300, least: 5 });
  });

  it('ends when every worker is needed for a moment', () => {
    assert.equal(feelLull({ since: 100, least: 3 }, 0, 200, 0), undefined);
  });
});
