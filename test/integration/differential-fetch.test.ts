// One Hono application under @hono/node-server and under Pronghorn: a few hundred requests, made up from a seed, must get
// the same answers. DIFFERENTIAL_SEED and DIFFERENTIAL_REQUESTS repeat a run, or make it longer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Difference, isRefused, type Portrait } from '../support/differential.js';
import { differentialPair } from '../support/differential-pair.js';
import { fixture } from '../support/paths.js';
import { RawClient, type Target } from '../support/raw-client.js';
import { waitFor } from '../support/wait.js';

const paths = [
  ...[
    '/',
    '/request',
    '/cors/a',
    '/etag/a',
    '/secure/a',
    '/auth/a',
    '/timed/a',
    '/timed/redirect',
    '/text',
    '/json',
  ],
  ...[
    '/body',
    '/bytes',
    '/blob',
    '/echo',
    '/clone',
    '/again',
    '/status/201',
    '/status/204',
    '/status/304',
    '/cookies',
  ],
  ...['/status/205', '/status/418', '/redirect', '/response/redirect', '/response/json', '/response/headers'],
  ...['/response/bytes', '/response/blob', '/response/params', '/response/empty', '/response/stream'],
  ...[
    '/response/length',
    '/stream',
    '/stream/text',
    '/stream/events',
    '/throw',
    '/exception',
    '/null',
    '/large',
  ],
  ...[
    '/none',
    '/a/../request',
    '/request/',
    '/%72equest',
    '/request;x',
    '/none/\'"<>',
    '//request',
    '/r\u00e4quest',
  ],
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

const pair = differentialPair(fixture('differential-hono.mjs'));

/** Names mean the same in any case; the time is another one. */
function normalize(line: string): string | undefined {
  const colon = line.indexOf(':');
  const name = line.slice(0, colon).toLowerCase();
  return name === 'date' ? 'date:' : `${name}: ${line.slice(colon + 1).trim()}`;
}

const TEXT = /^content-type: text\/plain; ?charset=UTF-8$/;
const BLOB = 'content-type: x/y';
const FRAMING = /^(?:connection|content-length|transfer-encoding):/;

/**
 * What may differ; everything else is a fault. Each takes its difference out of both answers.
 * - Order: the Fetch standard has headers sorted by name, @hono/node-server sends some as they were set. Lines of one
 *   name keep theirs.
 * - Type: @hono/node-server calls a body without a type text/plain, as it does with a Blob that has one.
 * - Framing: this server knows more lengths. Where both tell one, it is the same; how the connection goes on is not the
 *   application's to say.
 */
function comparable({ status, headers, body }: Portrait, other: Portrait): unknown {
  const isDefault = (lines: readonly string[]) => lines.some((line) => TEXT.test(line));
  const type = headers.find((line) => line.startsWith('content-type:'));
  const hasDefaultType =
    isDefault(headers) || (isDefault(other.headers) && (type === undefined || type === BLOB));
  const lengthOf = (lines: readonly string[]) => lines.find((line) => line.startsWith('content-length:'));
  const kept = headers
    .filter((line) => !FRAMING.test(line))
    .filter((line) => !hasDefaultType || !line.startsWith('content-type:'))
    .map((line, at) => [line.slice(0, line.indexOf(':')), at, line] as const)
    .sort(([name, at], [name2, at2]) => (name < name2 ? -1 : name > name2 ? 1 : at - at2));
  const length = lengthOf(other.headers) && lengthOf(headers);
  return { status, body, length, headers: kept.map(([, , line]) => line) };
}

function isAllowed({ node, own }: Difference): boolean {
  if (isRefused(node) && isRefused(own)) return true;
  return JSON.stringify(comparable(node, own)) === JSON.stringify(comparable(own, node));
}

pair.compare('generated requests get the same answers', { paths, methods }, normalize, isAllowed);

async function happenings(target: Target): Promise<string[]> {
  const run = async (send: string, isUnderWay: (pending: string) => boolean) => {
    const client = await RawClient.connect(target);
    client.send(send);
    await waitFor('the request to be under way', () => isUnderWay(client.pending));
    client.destroy();
  };
  const happened = async () => {
    const client = await RawClient.connect(target);
    const answer = await client.get('/happened', { Connection: 'close' });
    client.destroy();
    return JSON.parse(answer.text) as string[];
  };
  await run('GET /endless HTTP/1.1\r\nHost: h\r\n\r\n', (pending) => pending.length > 50_000);
  await run('POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nshort', () => true);
  await run('GET /wait HTTP/1.1\r\nHost: h\r\n\r\n', () => true);
  await waitFor('all four events', async () => (await happened()).length >= 4);
  return (await happened()).sort();
}

test('the application sees the same when clients leave', async () => {
  const [byNode, byOwn] = await Promise.all([happenings(pair.node), happenings(pair.own)]);
  assert.deepEqual(byOwn, byNode);
});
