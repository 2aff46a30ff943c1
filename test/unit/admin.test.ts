// The admin pages as pure functions: who may see them, what they say.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { checkAccess, isAllowed, isPrivate } from '#dist/admin/access.js';
import { History, percentile } from '#dist/admin/history.js';
import { METRICS, metricsText } from '#dist/admin/metrics.js';
import { parseAddress } from '#dist/listener/address.js';
import type { ServerStatus } from '#dist/status.js';
import { root } from '../support/paths.js';

const STATUS: ServerStatus = {
  pid: 1,
  uptime: 10,
  state: 'running',
  isReady: true,
  generation: 3,
  change: undefined,
  startMethod: 'fork',
  minServers: 1,
  maxServers: 4,
  addresses: [],
  adminAddress: undefined,
  queued: 2,
  totals: {
    accepted: 5,
    requests: 100,
    bytesIn: 1000,
    bytesOut: 2000,
    responses: { '1xx': 0, '2xx': 90, '3xx': 0, '4xx': 4, '5xx': 6 },
    latency: { limits: [0.001, 0.01], counts: [70, 20, 10], sum: 1.5 },
  },
  workers: [
    {
      id: 1,
      slot: 0,
      generation: 3,
      pid: 2,
      threadId: undefined,
      state: 'ready',
      age: 9,
      load: 0.5,
      heartbeatAge: 0.1,
      connections: 4,
      inFlight: 1,
      accepted: 5,
      requests: 100,
      isOutdated: false,
    },
  ],
  decisions: [],
};

describe('access', () => {
  test('what other machines reach needs a token', () => {
    for (const place of [
      'http://127.0.0.1:1',
      'http://127.8.9.10:1',
      'http://[::1]:1',
      'http://localhost:1',
      'unix:/a',
    ]) {
      assert.ok(isPrivate(parseAddress(place)), place);
      checkAccess(parseAddress(place), '');
    }
    for (const place of [
      'http://*:1',
      'http://0.0.0.0:1',
      'http://192.168.1.1:1',
      'http://[::]:1',
      'http://example.org:1',
    ]) {
      assert.throws(() => checkAccess(parseAddress(place), ''), { code: 'ERR_PRONGHORN_CONFIG_CONFLICT' });
      checkAccess(parseAddress(place), 'secret');
    }
    assert.throws(() => checkAccess(parseAddress('fd://3'), 'secret'), {
      code: 'ERR_PRONGHORN_LISTEN_ADDRESS',
    });
  });

  test('the token comes as a bearer or as a password', () => {
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    for (const good of ['Bearer a:b', 'bearer a:b', basic('anybody:a:b'), basic(':a:b')])
      assert.ok(isAllowed(good, 'a:b'), good);
    for (const bad of [undefined, '', 'a:b', 'Bearer', 'Bearer a', 'Digest a:b', basic('a:b'), 'Basic a:b']) {
      assert.ok(!isAllowed(bad, 'a:b'), bad);
    }
  });
});

describe('metrics', () => {
  test('are lines of the text format, with cumulative buckets', () => {
    const text = metricsText(STATUS);
    for (const line of text.trimEnd().split('\n')) {
      assert.match(line, /^(?:# (?:HELP|TYPE) \w+ .+|[a-z_]+(?:\{[a-z]+="[^"\\\n]*"\})? [\d.e+-]+)$/);
    }
    assert.match(
      text,
      /_bucket\{le="0\.001"\} 70\n.*_bucket\{le="0\.01"\} 90\n.*_bucket\{le="\+Inf"\} 100\n/,
    );
    assert.match(text, /_seconds_sum 1\.5\n.*_seconds_count 100\n/);
    assert.match(text, /^pronghorn_load_ratio 0\.5$/m);
    assert.match(text, /^pronghorn_workers\{state="ready"\} 1$/m);
  });

  test('docs/METRICS.md lists every metric and no other', () => {
    const page = readFileSync(join(root, 'docs/METRICS.md'), 'utf8');
    const listed = [...page.matchAll(/^\| `(pronghorn_\w+)/gm)].map(([, name]) => name);
    assert.deepEqual(
      listed,
      METRICS.map(({ name }) => name),
    );
  });
});

describe('history', () => {
  test('a percentile is the limit of its bucket', () => {
    assert.equal(percentile([0, 0], [1], 0.5), undefined);
    assert.equal(percentile([5, 5, 0], [1, 2], 0.5), 1);
    assert.equal(percentile([5, 5, 0], [1, 2], 0.99), 2);
    assert.equal(percentile([0, 0, 9], [1, 2], 0.5), 2);
  });

  test('samples tell what happened between two looks, ten minutes of them', () => {
    const history = new History();
    for (let second = 0; second <= 700; second++) {
      const totals = { ...STATUS.totals, requests: 100 + 20 * second };
      history.add({ ...STATUS, totals }, 1000 * second);
    }
    assert.equal(history.samples.length, 600);
    const last = history.samples.at(-1)!;
    assert.equal(last.requests, 20);
    assert.equal(last.p50, undefined);
    assert.equal(last.load, 0.5);
    assert.equal(last.workers, 1);
  });
});
