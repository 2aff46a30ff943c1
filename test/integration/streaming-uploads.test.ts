// Request bodies that come in pieces: back-pressure to the client, bodies that nobody reads, early answers, clients that
// break off.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { requestHead } from '../support/raw-client.js';
import type { LogLine } from '../support/server.js';
import { describeServer } from '../support/shared-server.js';
import {
  CHUNKED,
  chunk,
  newKey,
  release,
  startStreams,
  untilEvents,
  workerMemory,
  writeUntilStalled,
} from '../support/streaming.js';
import { waitFor } from '../support/wait.js';

const MEGABYTE = 1024 * 1024;
const LARGE = 64 * MEGABYTE;

const start = startStreams('--max-body-size', String(LARGE));

describeServer('uploads', start, (serverTest) => {
  serverTest('a handler that does not read on stalls its client', async (server) => {
    const key = newKey();
    const client = await server.connect();
    const before = await workerMemory(server);
    client.send(requestHead('POST', `/slow-reader?key=${key}`, { 'Content-Length': String(LARGE) }));
    const written = await writeUntilStalled(client, LARGE);
    const accepted = written - client.socket.writableLength;
    assert.ok(accepted < 20 * MEGABYTE, `the server and the kernel took ${accepted} bytes`);
    const grown = (await workerMemory(server)) - before;
    assert.ok(grown < 24 * MEGABYTE, `the worker grew by ${grown} bytes`);
    assert.equal(client.pending, '');
    await release(server, key);
    client.send(Buffer.alloc(LARGE - written, 'u'));
    assert.equal((await client.read()).text, String(LARGE), 'it goes on when the handler does');
    assert.equal((await client.get('/')).text, 'hi');
    client.destroy();
  });

  serverTest('a client that is stalled does not hold up others', async (server) => {
    const key = newKey();
    const client = await server.connect();
    client.send(requestHead('POST', `/slow-reader?key=${key}`, { 'Content-Length': String(LARGE) }));
    await writeUntilStalled(client, LARGE);
    for (let count = 0; count < 20; count++) assert.equal((await server.get('/')).text, 'hi');
    client.destroy();
    await release(server, key);
  });

  serverTest('a large body arrives whole, in many pieces, of either framing', async (server) => {
    const body = randomBytes(8 * MEGABYTE);
    const digest = createHash('sha256').update(body).digest('hex');
    const client = await server.connect();
    const plain = await client.post('/hash', body);
    assert.equal(plain.text, digest);
    assert.ok(Number(plain.header('x-pieces')) > 10);
    client.send(requestHead('POST', '/hash', CHUNKED));
    for (let at = 0; at < body.length; at += 100_000) {
      const part = body.subarray(at, at + 100_000);
      client.send(`${part.length.toString(16)}\r\n`);
      client.send(part);
      client.send('\r\n');
    }
    client.send('0\r\nX-Trailer: y\r\n\r\n');
    assert.equal((await client.read()).text, digest);
    client.destroy();
  });

  for (const path of ['/echo', '/echo-web']) {
    serverTest(`a body passes through a stream (${path})`, async (server) => {
      const client = await server.connect();
      const body = randomBytes(3 * MEGABYTE);
      const response = await client.post(path, body);
      assert.equal(response.header('transfer-encoding'), 'chunked');
      assert.ok(response.body.equals(body));
      assert.equal((await client.post(path, '')).text, '');
      assert.equal((await client.post(path, 'short')).text, 'short');
      client.destroy();
    });
  }

  serverTest('an echo answers while the body still comes', async (server) => {
    const client = await server.connect();
    client.send(`${requestHead('POST', '/echo', CHUNKED)}${chunk('one')}`);
    await waitFor('the first chunk', () => client.pending.endsWith('3\r\none\r\n'));
    client.send(`${chunk('two')}0\r\n\r\n`);
    assert.equal((await client.read()).text, 'onetwo');
    client.destroy();
  });

  serverTest('a body that the handler ignores leaves the connection usable', async (server) => {
    const client = await server.connect();
    for (const size of [0, 10, 100_000, 5 * MEGABYTE]) {
      assert.equal((await client.post('/ignore', Buffer.alloc(size))).text, 'ignored', `${size} bytes`);
      client.send(requestHead('POST', '/ignore', CHUNKED));
      client.send(`${size > 0 ? chunk('x'.repeat(size)) : ''}0\r\n\r\n`);
      assert.equal((await client.read()).text, 'ignored', `${size} bytes in a chunk`);
    }
    client.destroy();
  });

  serverTest('a body that is ignored until a late answer leaves the connection usable', async (server) => {
    const key = newKey();
    const client = await server.connect();
    client.send(requestHead('POST', `/ignore-late?key=${key}`, { 'Content-Length': String(5 * MEGABYTE) }));
    client.send(Buffer.alloc(5 * MEGABYTE));
    assert.equal((await server.get('/')).text, 'hi');
    await release(server, key);
    assert.equal((await client.read()).text, 'ignored late');
    assert.equal((await client.get('/')).text, 'hi');
    client.destroy();
  });

  serverTest('a handler that stops reading early leaves the connection usable', async (server) => {
    const client = await server.connect();
    assert.equal((await client.post('/first-piece', Buffer.alloc(5 * MEGABYTE))).text, 'got true');
    assert.equal((await client.get('/')).text, 'hi');
    client.destroy();
  });

  serverTest('an answer may come before the body is read', async (server) => {
    const key = newKey();
    const client = await server.connect();
    client.send(`${requestHead('POST', `/answer-first?key=${key}`, { 'Content-Length': '10' })}12345`);
    assert.equal((await client.read()).text, 'answered first');
    client.send('67890');
    await untilEvents(server, key, ['read 10']);
    assert.equal((await client.get('/')).text, 'hi');
    client.destroy();
  });

  serverTest('a body that nobody asked for before the answer is gone after it', async (server) => {
    const key = newKey();
    const client = await server.connect();
    client.send(`${requestHead('POST', `/answer-and-read?key=${key}`, { 'Content-Length': '10' })}12345`);
    assert.equal((await client.read()).text, 'answered');
    await untilEvents(server, key, ['ERR_PRONGHORN_REQUEST_GONE']);
    client.send('67890');
    assert.equal((await client.get('/')).text, 'hi');
    client.destroy();
  });

  serverTest('requests behind an early answer wait for the end of the body', async (server) => {
    const client = await server.connect();
    client.send(`${requestHead('POST', '/ignore', { 'Content-Length': '30' })}GET /no HTTP/1.1\r\n`);
    assert.equal((await client.read()).text, 'ignored');
    client.send(`Host: h\r\n\r\n/${requestHead('GET', '/')}`);
    assert.equal((await client.read()).text, 'hi');
    client.destroy();
  });

  for (const how of ['FIN', 'RST']) {
    serverTest(`a client that goes in the middle of its body (${how}) fails the reader`, async (server) => {
      const key = newKey();
      const client = await server.connect();
      client.send(`${requestHead('POST', `/read-failing?key=${key}`, { 'Content-Length': '10' })}half`);
      assert.equal((await server.get('/')).text, 'hi');
      if (how === 'RST') client.socket.resetAndDestroy();
      else client.finish();
      await untilEvents(server, key, ['ERR_PRONGHORN_CLIENT_GONE']);
      client.destroy();
    });
  }

  serverTest('a client that goes after an early answer is no failure of the handler', async (server) => {
    const key = newKey();
    const ofHandler = ({ url }: LogLine) => url?.toString().endsWith(`=${key}`) === true;
    const client = await server.connect();
    client.send(`${requestHead('POST', `/answer-first?key=${key}`, { 'Content-Length': '10' })}12345`);
    assert.equal((await client.read()).text, 'answered first');
    client.socket.resetAndDestroy();
    const line = await waitFor('a word on the reader', () => server.log.find(ofHandler));
    assert.deepEqual([line.level, line.msg], ['debug', 'client gone']);
  });

  serverTest('nor is one that goes before its headers were read', async (server) => {
    const key = newKey();
    const client = await server.connect();
    client.send(requestHead('GET', `/headers-at-end?key=${key}`));
    await untilEvents(server, key, ['waits']);
    client.socket.resetAndDestroy();
    await untilEvents(server, key, ['waits', 'ERR_PRONGHORN_CLIENT_GONE']);
    client.destroy();
  });

  serverTest('a broken chunk fails the reader and is a 400', async (server) => {
    const key = newKey();
    const client = await server.connect();
    client.send(`${requestHead('POST', `/read-failing?key=${key}`, CHUNKED)}${chunk('good')}`);
    assert.equal((await server.get('/')).text, 'hi');
    client.send('no size\r\n');
    assert.equal((await client.read()).status, 400);
    await client.closed();
    await untilEvents(server, key, ['ERR_PRONGHORN_CLIENT_GONE']);
    client.destroy();
  });

  serverTest(
    'a broken chunk behind an early answer ends the connection without a second one',
    async (server) => {
      const client = await server.connect();
      client.send(`${requestHead('POST', '/ignore', CHUNKED)}${chunk('good')}`);
      assert.equal((await client.read()).text, 'ignored');
      client.send('no size\r\n');
      await client.closed();
      client.destroy();
    },
  );

  serverTest('a broken chunk in a body that is echoed breaks the answer off', async (server) => {
    const client = await server.connect();
    client.send(`${requestHead('POST', '/echo', CHUNKED)}${chunk('good')}`);
    await waitFor('the first chunk', () => client.pending.endsWith('4\r\ngood\r\n'));
    client.send('no size\r\n');
    await waitFor('the end', () => client.socket.readableEnded || client.error !== undefined);
    assert.ok(!client.pending.endsWith('0\r\n\r\n'), 'the answer looks incomplete');
    client.destroy();
  });

  serverTest('a body is read once', async (server) => {
    const client = await server.connect();
    assert.equal((await client.post('/read-twice', Buffer.alloc(MEGABYTE))).text, 'ERR_PRONGHORN_BODY_USED');
    client.destroy();
  });
});

describeServer('upload limits', startStreams('--max-body-size', '100000'), (serverTest) => {
  serverTest('a chunked upload past the limit is a 413 in the middle', async (server) => {
    const key = newKey();
    const client = await server.connect();
    client.send(`${requestHead('POST', `/read-failing?key=${key}`, CHUNKED)}${chunk('x'.repeat(60_000))}`);
    assert.equal((await server.get('/')).text, 'hi');
    assert.equal(client.pending, '');
    client.send(chunk('x'.repeat(60_000)));
    assert.equal((await client.read()).status, 413);
    await client.closed();
    await untilEvents(server, key, ['ERR_PRONGHORN_CLIENT_GONE']);
    client.destroy();
  });

  serverTest('a client that goes on sending after a 413 can read it', async (server) => {
    const client = await server.connect();
    client.send(requestHead('POST', '/text', { 'Content-Length': '3000000' }));
    for (let count = 0; count < 30; count++) client.send(Buffer.alloc(100_000));
    assert.equal((await client.read()).status, 413);
    client.destroy();
  });

  serverTest('a 413 behind a slow answer comes after it', async (server) => {
    const key = newKey();
    const client = await server.connect();
    client.send(requestHead('GET', `/held?key=${key}`));
    client.send(requestHead('POST', '/text', { 'Content-Length': '100001' }));
    await untilEvents(server, key, ['taken']);
    assert.equal(client.pending, '');
    await release(server, key);
    assert.equal((await client.read()).text, 'held');
    assert.equal((await client.read()).status, 413);
    await client.closed();
    client.destroy();
  });
});
