// (req, res) listeners: the same listener under node:http and under Pronghorn sends the same bytes for the same requests,
// but for the time in the Date line, and its req and res tell of the same events in the same order.
import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { fixture } from '../support/paths.js';
import { type ServerProcess, startApp } from '../support/server.js';
import { waitFor, within } from '../support/wait.js';

const app = (await import(fixture('node-app.mjs'))) as { default: RequestListener; names: string[] };

/** node:http's default, which it tells its clients. */
const KEPT_SECONDS = 5;

/** Not before the server has said something. */
const WAIT = '';

/** What comes back on a connection of its own until the server ends it. */
async function exchange(port: number, ...parts: string[]): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  try {
    socket.setNoDelay(true);
    let received = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
    });
    const ended = new Promise<void>((resolve) => {
      socket.once('end', resolve);
      socket.once('error', resolve);
    });
    for (const part of parts) {
      if (part === WAIT) await waitFor('an interim answer', () => received !== '');
      else await new Promise((resolve) => socket.write(part, 'latin1', resolve));
    }
    await within(`the end of a connection that got ${JSON.stringify(parts)}`, ended);
    return received.replaceAll(/Date: \w{3}, [^\r]+GMT/g, 'Date: now');
  } finally {
    socket.destroy();
  }
}

const LAST = 'GET /text HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const head = (line: string, ...lines: string[]) => `${[line, 'Host: a', ...lines].join('\r\n')}\r\n\r\n`;

/** Ways to ask a route; each but the first two with another request behind it. */
const requests: Record<string, (name: string) => string[]> = {
  'GET on a connection that ends': (name) => [head(`GET /${name} HTTP/1.1`, 'Connection: close')],
  'GET by HTTP/1.0': (name) => [head(`GET /${name} HTTP/1.0`)],
  'GET on a connection that stays': (name) => [head(`GET /${name} HTTP/1.1`) + LAST],
  'HEAD on a connection that stays': (name) => [head(`HEAD /${name} HTTP/1.1`) + LAST],
  'a small body': (name) => [`${head(`POST /${name} HTTP/1.1`, 'Content-Length: 5')}hello${LAST}`],
};

/** Routes that wait for a body that HEAD and GET have not are still answered; these are not to be asked so. */
const bodies: Record<string, string[]> = {
  'in chunks with trailers': [
    `${head('POST /echo HTTP/1.1', 'Transfer-Encoding: chunked', 'Trailer: X-T')}5\r\nhello\r\n0\r\nX-T: 1\r\nx-t: 2\r\n\r\n${LAST}`,
  ],
  'in parts': [head('POST /echo HTTP/1.1', 'Content-Length: 10'), 'hello', `world${LAST}`],
  'with Expect: 100-continue': [
    head('POST /echo HTTP/1.1', 'Content-Length: 5', 'Expect: 100-continue'),
    WAIT,
    `hello${LAST}`,
  ],
  'piped back': [`${head('PUT /pipe HTTP/1.1', 'Content-Length: 5')}hello${LAST}`],
  'that is large': [
    `${head('PUT /echoLater HTTP/1.1', 'Content-Length: 400000')}${'0123456789'.repeat(40_000)}${LAST}`,
  ],
  'that nobody reads': [head('PUT /unread HTTP/1.1', 'Content-Length: 10'), 'hello', `world${LAST}`],
  'asked for as readable': [head('PUT /readable HTTP/1.1', 'Content-Length: 10'), 'hello', `world${LAST}`],
};

const HEADERS = [
  'Accept: a',
  'accept: b',
  'Cookie: a=1',
  'cookie: b=2',
  'Content-Type: text/plain',
  'content-type: text/html',
  'X-Twice: 1',
  'x-twice: 2',
  'Age: 1',
  'age: 2',
  'Set-Cookie: s=1',
  'X-Latin: caf\xe9',
  'X-Empty:',
];

describe('a (req, res) listener', () => {
  let node: Server;
  let pronghorn: ServerProcess;
  let nodePort: number;

  before(async () => {
    node = createServer(app.default).listen(0, '127.0.0.1');
    await new Promise((resolve) => node.once('listening', resolve));
    nodePort = (node.address() as AddressInfo).port;
    const args = ['--workers', '1', '--keep-alive-timeout', String(KEPT_SECONDS)];
    pronghorn = startApp(fixture('node-app.mjs'), { args });
    await pronghorn.listening();
  });

  after(async () => {
    node.close();
    try {
      await pronghorn.stop();
      await pronghorn.assertGone();
    } finally {
      pronghorn.kill();
    }
  });

  const same = async (parts: string[]) =>
    pronghorn.explain(async () => {
      const expected = await exchange(nodePort, ...parts);
      const actual = await exchange(pronghorn.port, ...parts);
      assert.equal(actual, expected);
      await sameEvents();
    });

  /** Some of them come when the client has its answer already. */
  const sameEvents = async () => {
    const events = (port: number) => exchange(port, head('GET /events HTTP/1.1', 'Connection: close'));
    const both = async () => [await events(nodePort), await events(pronghorn.port)];
    await waitFor('the same events', async () => {
      const [expected, actual] = await both();
      return expected === actual;
    }).catch(async () => {
      const [expected, actual] = await both();
      assert.equal(actual, expected);
    });
  };

  for (const [how, partsOf] of Object.entries(requests)) {
    test(`${how}: every route answers as under node:http`, async (context) => {
      // An HTTP/1.0 client is sent no interim answer (RFC 9110 section 15.2), which node does.
      const names = app.names.filter((name) => name !== 'hints' || !how.includes('1.0'));
      for (const name of names) await context.test(name, () => same(partsOf(name)));
    });
  }

  for (const [how, parts] of Object.entries(bodies)) test(`a body ${how}`, () => same(parts));

  test('headers of a request are joined, dropped and listed as node does', () =>
    same([head('GET /request?a=b HTTP/1.1', ...HEADERS) + LAST]));

  test('many pipelined requests', () => same([head('GET /headers HTTP/1.1').repeat(20) + LAST]));

  test('pipelined requests, the first of them answered last', () =>
    same([
      [head('GET /flushed HTTP/1.1'), head('GET /corked HTTP/1.1'), head('GET /text HTTP/1.1'), LAST].join(
        '',
      ),
    ]));
});
