// One Express application, with plain listeners below it, under node:http and under Pronghorn: a few hundred requests,
// made up from a seed, must get the same answers. DIFFERENTIAL_SEED and DIFFERENTIAL_REQUESTS repeat a run, or make it
// longer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Difference, isRefused, type Portrait } from '../support/differential.js';
import { differentialPair } from '../support/differential-pair.js';
import { fixture } from '../support/paths.js';
import { RawClient, type Target } from '../support/raw-client.js';
import { waitFor } from '../support/wait.js';

const bare = [
  'end',
  'text',
  'head',
  'raw-head',
  'set',
  'writes',
  'length',
  'flush',
  'large',
  'large-writes',
  'trailers',
];
const more = ['date', '304', '204', 'hints', 'twice', 'invalid', 'body'];
const paths = [
  ...[
    '/',
    '/request',
    '/text',
    '/json',
    '/form',
    '/raw',
    '/echo',
    '/status/201',
    '/status/204',
    '/status/304',
  ],
  ...[
    '/status/404',
    '/cookie',
    '/redirect',
    '/file',
    '/throw',
    '/rejects',
    '/none',
    '/a/../request',
    '/%72equest',
  ],
  ...[...bare, ...more].map((name) => `/bare/${name}`),
];
const methods = [
  'GET',
  'GET',
  'GET',
  'HEAD',
  'POST',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'PROPFIND',
];

const pair = differentialPair(fixture('differential-express.mjs'));

/** The time is another one. */
function normalize(line: string): string | undefined {
  return /^date:/i.test(line) ? 'Date:' : line;
}

const FRAMING = /^(?:date|connection|content-length|transfer-encoding|keep-alive):/i;

/**
 * What may differ; everything else is a fault: the place among the header lines of those that the server adds, which is
 * behind all others here.
 */
function comparable({ status, headers, body }: Portrait): unknown {
  const framing = headers.filter((line) => FRAMING.test(line)).sort();
  return { status, body, framing, headers: headers.filter((line) => !FRAMING.test(line)) };
}

function isAllowed({ node: byNode, own: byOwn }: Difference): boolean {
  if (isRefused(byNode) && isRefused(byOwn)) return true;
  return JSON.stringify(comparable(byNode)) === JSON.stringify(comparable(byOwn));
}

pair.compare('generated requests get the same answers', { paths, methods }, normalize, isAllowed);

test('an answer that comes before a large body is read arrives whole, and then the connection ends', async () => {
  const body = 'a'.repeat(160_000);
  for (let i = 0; i < 10; i++) {
    const client = await RawClient.connect(pair.own);
    const answer = await client.post('/bare/large', body, { Connection: 'close' });
    assert.equal(answer.text.length, 300_000);
    await client.closed();
    client.destroy();
  }
});

async function happenings(target: Target): Promise<string[]> {
  const happened = async () => {
    const client = await RawClient.connect(target);
    const answer = await client.get('/happened', { Connection: 'close' });
    client.destroy();
    return JSON.parse(answer.text) as string[];
  };
  const run = async (send: string, isUnderWay: (pending: string) => boolean, events: number) => {
    const before = (await happened()).length;
    const client = await RawClient.connect(target);
    client.send(send);
    await waitFor('the request to be under way', () => isUnderWay(client.pending));
    client.destroy();
    await waitFor(
      `what ${send.slice(0, 20)} leads to`,
      async () => (await happened()).length >= before + events,
    );
  };
  await run('GET /told/answer HTTP/1.1\r\nHost: h\r\n\r\n', (pending) => pending.endsWith('told'), 4);
  await run(
    'POST /told/answer HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx',
    (pending) => pending.endsWith('told'),
    4,
  );
  await run('GET /told/endless HTTP/1.1\r\nHost: h\r\n\r\n', (pending) => pending.length > 50_000, 2);
  await run('POST /told/upload HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nshort', () => true, 4);
  await run('GET /told/wait HTTP/1.1\r\nHost: h\r\n\r\n', () => true, 2);
  return happened();
}

test('the application is told the same', async () => {
  const [byNode, byOwn] = await Promise.all([happenings(pair.node), happenings(pair.own)]);
  assert.deepEqual(byOwn, byNode);
});
