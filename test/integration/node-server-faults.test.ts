// What 'clientError' is told of bytes that are no request: the same by a server of pronghorn/http as by one of node:http,
// and its socket takes the same answers.
import assert from 'node:assert/strict';
import { createServer as createNodeServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { createServer } from 'pronghorn/http';
import { answerTo, client, hello, listen, same, statusOf } from '../support/node-pair.js';
import { waitFor, within } from '../support/wait.js';

interface Fault extends Error {
  readonly code: string;
  readonly reason?: string;
  readonly bytesParsed?: number;
  readonly rawPacket?: Buffer;
}

const START = 'POST / HTTP/1.1\r\nHost: a\r\n';
const CHUNKED = `${START}Transfer-Encoding: chunked\r\n\r\n`;

/** What is sent; a second part when the request before it has been told. */
const FAULTS: Readonly<Record<string, readonly [string, string?]>> = {
  'no request line': ['no request at all\r\n\r\n'],
  'a TLS hello': ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  'the preface of HTTP/2': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  'an unknown method': ['BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n'],
  'an unknown version': ['GET / HTTP/9.9\r\nHost: a\r\n\r\n'],
  'a control character in the url': ['GET /a\x01b HTTP/1.1\r\nHost: a\r\n\r\n'],
  'lines that end with LF alone': ['GET / HTTP/1.1\nHost: a\n\n'],
  'a space before the first header': ['GET / HTTP/1.1\r\n Host: a\r\n\r\n'],
  'a space in a name': [`${START}X Y: b\r\n\r\n`],
  'a name without a value': [`${START}Nothing\r\n\r\n`],
  'CR in a value': [`${START}X: a\rb\r\n\r\n`],
  'NUL in a value': [`${START}X: a\0b\r\n\r\n`],
  'two lengths': [`${START}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`],
  'a length that is no number': [`${START}Content-Length: 1x\r\n\r\n`],
  'a length that is too long': [`${START}Content-Length: 99999999999999999999\r\n\r\n`],
  'a length and chunks': [`${START}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`],
  'a chunk without a size': [CHUNKED, 'no size\r\n'],
  'a chunk that is too long': [CHUNKED, 'fffffffffffffffff\r\n'],
  'a chunk that ends with LF': [CHUNKED, '1\na\n'],
  'extensions without an end': [CHUNKED, `1;${'x'.repeat(17_000)}\r\n`],
  'a trailer that is none': [CHUNKED, '0\r\nX Y: a\r\n\r\n'],
};

/** What one server tells of it, and what its client gets. */
async function told(server: Server, [first, second]: readonly [string, string?]): Promise<object> {
  const faults: object[] = [];
  let requests = 0;
  server.on('request', (req, res) => {
    requests++;
    req.on('error', () => {});
    if (second === undefined) hello(req, res);
  });
  server.on('clientError', (error, socket) => {
    const { code, reason, message, bytesParsed, rawPacket } = error as Fault;
    faults.push({ code, reason, message, bytesParsed, rawPacket: rawPacket?.toString('latin1') });
    (socket as Socket).end(`HTTP/1.1 400 ${code}\r\n\r\n`);
  });
  try {
    const asked = await client(await listen(server));
    asked.socket.write(first, 'latin1');
    if (second !== undefined) {
      await waitFor('the request', () => requests === 1);
      asked.socket.write(second, 'latin1');
    }
    const end = await within('the end', asked.ended);
    return { faults, requests, text: asked.text, end };
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

describe('clientError tells what node’s does', () => {
  for (const [title, parts] of Object.entries(FAULTS)) {
    test(`of ${title}`, async () => {
      const theirs = await told(createNodeServer(), parts);
      assert.match(JSON.stringify(theirs), /"code":"HPE_/, 'node:http finds it');
      assert.deepEqual(await told(createServer(), parts), theirs);
    });
  }

  test('of a head that is too large, but for the place', async () => {
    const parts = [`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`] as const;
    const codes = [createNodeServer(), createServer()].map(async (server) => {
      const { faults } = (await told(server, parts)) as { faults: Fault[] };
      return faults.map(({ code, message }) => [code, message]);
    });
    const [theirs, ours] = await Promise.all(codes);
    assert.deepEqual(ours, [['HPE_HEADER_OVERFLOW', 'Parse Error: Header overflow']]);
    assert.deepEqual(ours, theirs);
  });

  test('and of its own what only the engine refuses', async () => {
    const packet = 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n';
    const { faults } = (await told(createServer(), [packet])) as { faults: Fault[] };
    const reason = 'Invalid request';
    const fault = { code: 'HPE_INVALID_REQUEST', reason, message: `Parse Error: ${reason}` };
    assert.deepEqual(faults, [{ ...fault, bytesParsed: packet.length, rawPacket: packet }]);
  });
});

same(
  'without a listener node’s words are sent, and the socket has the error',
  ['HPE_INVALID_METHOD', 'HTTP/1.1 400 Bad Request'],
  async (server, said) => {
    server.on('connection', (socket) => {
      socket.on('error', (error) => said.push((error as Fault).code));
    });
    const text = await answerTo(await listen(server), 'no request at all\r\n\r\n');
    await waitFor('the error', () => said.length === 1);
    said.push(statusOf(text));
  },
);
