// Options that were set while the server ran: how long they stand above the configuration, across versions as well.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inheritedLive, NOTHING_LIVE, stillLive, withLive, withoutLive } from '#dist/manager/live-options.js';

const eight = withLive(NOTHING_LIVE, { workers: 8, maxBodySize: 9 }, { minServers: 2 });

describe('options set live', () => {
  test('remember what the configuration said of them', () => {
    assert.deepEqual(eight, {
      options: { minServers: 8, maxServers: 8, maxBodySize: 9 },
      over: { minServers: 2 },
    });
  });

  test('stand until the configuration says something else of them', () => {
    assert.deepEqual(stillLive(eight, { minServers: 2, maxRequests: 5 }), eight);
    assert.deepEqual(stillLive(eight, { minServers: 2, maxBodySize: 4 }).options, {
      minServers: 8,
      maxServers: 8,
    });
    assert.deepEqual(stillLive(eight, {}).options, { maxBodySize: 9 }, 'saying nothing any more counts too');
  });

  test('bounds go together', () => {
    assert.deepEqual(stillLive(eight, { minServers: 2, maxServers: 4 }).options, { maxBodySize: 9 });
  });

  test('set once more, they are over what the configuration says by then', () => {
    const again = withLive(eight, { minServers: 3 }, { minServers: 1 });
    assert.deepEqual(again.options, { minServers: 3, maxServers: 8, maxBodySize: 9 });
    assert.deepEqual(again.over, { minServers: 1 });
  });

  test('taken back, they are what they were before, unless somebody has set them since', () => {
    const ten = withLive(eight, { workers: 10, maxHeaders: 7 }, { minServers: 2 });
    assert.deepEqual(withoutLive(ten, { workers: 10, maxHeaders: 7 }, eight), eight);
    const twelve = withLive(ten, { maxServers: 12 }, { minServers: 2 });
    const { options } = withoutLive(twelve, { workers: 10, maxHeaders: 7 }, eight);
    assert.deepEqual(options, { minServers: 8, maxServers: 12, maxBodySize: 9 });
  });

  test('of another version: what is not known here is passed over', () => {
    const options = { minServers: 8, colour: 'brown', maxBodySize: 'much' };
    const handed = { options, over: { colour: 'blue' } };
    assert.deepEqual(inheritedLive(handed as never), { options: { minServers: 8 }, over: {} });
    assert.deepEqual(inheritedLive(undefined), NOTHING_LIVE);
    assert.deepEqual(inheritedLive({}), NOTHING_LIVE);
  });
});
