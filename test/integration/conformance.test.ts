// The documents of test/conformance: each case whole, between two other requests, and cut at every byte.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import {
  type ConformanceCase,
  type ConnectionState,
  conformanceDocuments,
  type ExpectedResponse,
} from '../support/conformance.js';
import { fixture } from '../support/paths.js';
import { type RawClient, type RawResponse, requestHead } from '../support/raw-client.js';
import { type ServerProcess, startApp } from '../support/server.js';
import { describeServer } from '../support/shared-server.js';

const LIMITS = ['--max-header-size', '4096', '--max-headers', '20', '--max-body-size', '1000'];
const start = () => startApp(fixture('conformance-app.mjs'), { args: ['--workers', '1', ...LIMITS] });

/** More cuts than this tell nothing new, and a case with a long filling would take minutes. */
const CUTS_MAX = 400;

const BEFORE = requestHead('GET', '/before');
const AFTER = requestHead('GET', '/after');

function plainAnswer(text: string): ExpectedResponse {
  return { status: 200, isOptional: false, hasNoBody: false, text, headers: [], absentHeaders: [] };
}

/** Once a request on another connection to the same worker is answered, it has read what was sent before. */
async function passFence(fence: RawClient): Promise<void> {
  assert.equal((await fence.get('/unread')).text, 'unread');
}

/** Waits until the server has read all that was sent. */
type Settle = () => Promise<void>;

function checkResponse(response: RawResponse, expected: ExpectedResponse): void {
  assert.equal(response.status, expected.status);
  if (expected.text !== undefined) assert.equal(response.text, expected.text);
  for (const [name, value] of expected.headers) assert.match(response.header(name) ?? '(none)', value, name);
  for (const name of expected.absentHeaders) assert.equal(response.header(name), undefined, name);
}

async function checkState(client: RawClient, state: ConnectionState, settle: Settle): Promise<void> {
  if (state === 'closed') {
    await client.closed();
    assert.equal(client.error, undefined);
    return;
  }
  if (state === 'waiting') {
    await settle();
    assert.equal(client.pending, '');
    assert.ok(!client.socket.readableEnded, 'the connection stays');
    return;
  }
  assert.equal((await client.get('/alive')).text, 'GET /alive', 'the connection goes on');
}

async function checkOutcome(
  client: RawClient,
  responses: ExpectedResponse[],
  state: ConnectionState,
  settle: Settle,
): Promise<void> {
  let last: RawResponse | undefined;
  let position = 0;
  while (position < responses.length) {
    const expected = responses[position++]!;
    last = await client.read(expected.hasNoBody ? 'HEAD' : 'GET');
    if (expected.isOptional && last.status !== expected.status) {
      checkResponse(last, responses[position++]!);
    } else {
      checkResponse(last, expected);
    }
  }
  // RFC 9112 section 9.6: who closes says so.
  if (last && state === 'closed') assert.match(last.header('connection') ?? '', /close/i);
  await checkState(client, state, settle);
  client.destroy();
}

async function runWhole(server: ServerProcess, item: ConformanceCase, fence: RawClient): Promise<void> {
  const client = await server.connect();
  client.send(item.input);
  await checkOutcome(client, item.responses, item.state, () => passFence(fence));
}

/** In one packet with a request before it and one behind it. */
async function runCoalesced(server: ServerProcess, item: ConformanceCase, fence: RawClient): Promise<void> {
  const client = await server.connect();
  client.send(Buffer.concat([Buffer.from(BEFORE), item.input, Buffer.from(AFTER)]));
  const responses = [plainAnswer('GET /before'), ...item.responses];
  if (item.state === 'open') responses.push(plainAnswer('GET /after'));
  await checkOutcome(client, responses, item.state, () => passFence(fence));
}

/** Where to cut: everywhere, or where it is likely to matter in a long input. */
function cutsOf({ length }: Buffer): number[] {
  const all = Array.from({ length: length - 1 }, (_, at) => at + 1);
  if (all.length <= CUTS_MAX) return all;
  return all.filter((at) => at < 150 || length - at < 100 || at % Math.ceil(length / 100) === 0);
}

async function runCut(server: ServerProcess, item: ConformanceCase, fence: RawClient): Promise<void> {
  const { input, responses, state } = item;
  const cuts = cutsOf(input);
  const clients = await Promise.all(cuts.map(() => server.connect()));
  clients.forEach((client, index) => {
    client.send(input.subarray(0, cuts[index]));
  });
  await passFence(fence);
  clients.forEach((client, index) => {
    client.send(input.subarray(cuts[index]));
  });
  const settled = state === 'waiting' ? passFence(fence) : Promise.resolve();
  await Promise.all(
    clients.map(async (client, index) => {
      await checkOutcome(client, responses, state, () => settled).catch((error: Error) => {
        error.message = `cut after byte ${cuts[index]}: ${error.message}`;
        throw error;
      });
    }),
  );
}

describe('conformance', () => {
  for (const { title, cases } of conformanceDocuments()) {
    describeServer(title, start, (serverTest) => {
      for (const item of cases) {
        serverTest(item.title, async (server) => {
          const fence = await server.connect();
          await runWhole(server, item, fence);
          if (!item.isAlone && item.state !== 'waiting') await runCoalesced(server, item, fence);
          await runCut(server, item, fence);
          fence.destroy();
        });
      }
    });
  }
});
