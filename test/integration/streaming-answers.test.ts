// Answers in pieces: framing, order, back-pressure from slow readers, sources that fail, clients that go.
import assert from 'node:assert/strict';
import { requestHead } from '../support/raw-client.js';
import type { ServerProcess } from '../support/server.js';
import { describeServer } from '../support/shared-server.js';
import {
  eventsOf,
  newKey,
  release,
  startStreams,
  untilEvents,
  untilSteady,
  workerMemory,
} from '../support/streaming.js';
import { waitFor } from '../support/wait.js';

const MEGABYTE = 1024 * 1024;
const HTTP10 = (path: string) => `GET ${path} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`;

/** Number of the piece that an endless stream has come to. */
async function position(server: ServerProcess, key: string): Promise<number> {
  return Number((await eventsOf(server, `${key} at`))[0] ?? -1);
}

/** Sends a request and gives all that comes back until the connection ends. */
async function brokenAnswer(server: ServerProcess, path: string): Promise<string> {
  const client = await server.connect();
  client.send(requestHead('GET', path));
  await waitFor('the end', () => client.socket.readableEnded || client.error !== undefined);
  const text = client.pending;
  client.destroy();
  return text;
}

describeServer('streamed answers', startStreams('--send-timeout', '60'), (serverTest) => {
  serverTest('what is written leaves at once, the end when it is said', async (server) => {
    const key = newKey();
    const client = await server.connect();
    client.send(requestHead('GET', `/stream?key=${key}`));
    await waitFor('the first piece', () => client.pending.endsWith('4\r\none,\r\n'));
    await release(server, key);
    const response = await client.read();
    assert.equal(response.text, 'one,two');
    assert.equal(response.header('x-a'), 'b');
    assert.equal(response.header('transfer-encoding'), 'chunked');
    assert.equal(response.header('content-length'), undefined);
    assert.equal((await client.get('/')).text, 'hi');
    client.destroy();
  });

  for (const [path, text] of Object.entries({
    '/iterable': 'abc',
    '/generator': 'abc',
    '/blob': 'ab',
    '/web': 'web',
    '/empty-stream': '',
    '/now': 'now done',
  })) {
    serverTest(`${path} is sent in chunks, and to HTTP/1.0 until the end`, async (server) => {
      const client = await server.connect();
      const response = await client.get(path);
      assert.equal(response.text, text);
      assert.equal(response.header('transfer-encoding'), 'chunked');
      client.send(requestHead('HEAD', path));
      assert.equal((await client.read('HEAD')).status, 200);
      assert.equal((await client.get('/')).text, 'hi', 'HEAD brought no body');
      client.send(HTTP10(path));
      const old = await client.read();
      assert.equal(old.text, text);
      assert.equal(old.header('transfer-encoding'), undefined);
      assert.equal(old.header('connection'), 'close');
      await client.closed();
      client.destroy();
    });
  }

  serverTest('a stream with a length is sent as it is and keeps the connection', async (server) => {
    const client = await server.connect();
    const response = await client.get('/length?promised=100000&given=100000');
    assert.equal(response.header('content-length'), '100000');
    assert.equal(response.header('transfer-encoding'), undefined);
    assert.equal(response.body.length, 100_000);
    client.send(HTTP10('/length?promised=5&given=5'));
    const old = await client.read();
    assert.equal(old.text, 'xxxxx');
    assert.equal(old.header('connection'), 'keep-alive', 'its end is known');
    assert.equal((await client.get('/')).text, 'hi');
    client.destroy();
  });

  serverTest('trailers follow the last chunk, and only there', async (server) => {
    const client = await server.connect();
    client.send(requestHead('GET', '/trailers'));
    await waitFor('the trailers', () => client.pending.endsWith('0\r\nX-Sum: 42\r\nX-Other: a\r\n\r\n'));
    assert.equal((await client.read()).text, 'body');
    client.send(HTTP10('/trailers'));
    const old = await client.read();
    assert.equal(old.text, 'body');
    client.destroy();
  });

  serverTest('early hints come before the answer', async (server) => {
    const client = await server.connect();
    client.send(requestHead('GET', '/hints'));
    const [first, second, last] = await client.readAll(3);
    assert.deepEqual([first!.status, second!.status, last!.status], [103, 103, 200]);
    assert.match(first!.header('link') ?? '', /a\.css/);
    assert.match(second!.header('link') ?? '', /b\.css.*c\.css/);
    client.destroy();
  });

  serverTest('streams of a pipeline that end out of order leave in order', async (server) => {
    const keys = [newKey(), newKey(), newKey()];
    const client = await server.connect();
    client.send(keys.map((key) => requestHead('GET', `/stream?key=${key}`)).join(''));
    client.send(requestHead('GET', '/now') + requestHead('GET', '/hints') + requestHead('GET', '/'));
    await waitFor('the first piece of the first', () => client.pending.endsWith('4\r\none,\r\n'));
    for (const key of keys.toReversed()) await release(server, key);
    const texts = (await client.readAll(8)).map(({ text }) => text);
    assert.deepEqual(texts, ['one,two', 'one,two', 'one,two', 'now done', '', '', 'ok', 'hi']);
    client.destroy();
  });

  serverTest('a large stream behind a held answer waits without filling the memory', async (server) => {
    const key = newKey();
    const client = await server.connect();
    const before = await workerMemory(server);
    client.send(requestHead('GET', `/held?key=${key}`) + requestHead('GET', '/large?pieces=1600'));
    await untilEvents(server, key, ['taken']);
    for (let count = 0; count < 20; count++) assert.equal((await server.get('/')).text, 'hi');
    const grown = (await workerMemory(server)) - before;
    assert.ok(grown < 24 * MEGABYTE, `the worker grew by ${grown} bytes`);
    await release(server, key);
    assert.equal((await client.read()).text, 'held');
    assert.equal((await client.read()).body.length, 1600 * 65_536);
    client.destroy();
  });

  serverTest('a client that does not read stops the source, and starts it again', async (server) => {
    const key = newKey();
    const client = await server.connect();
    client.socket.pause();
    const before = await workerMemory(server);
    client.send(requestHead('GET', `/endless?key=${key}`));
    const stopped = await untilSteady('the source', () => position(server, key));
    assert.ok(stopped * 65_536 < 24 * MEGABYTE, `the source was asked for ${stopped} pieces`);
    const grown = (await workerMemory(server)) - before;
    assert.ok(grown < 24 * MEGABYTE, `the worker grew by ${grown} bytes`);
    client.discard();
    client.socket.resume();
    await waitFor('the source to go on', async () => (await position(server, key)) > stopped + 100);
    client.destroy();
    await untilEvents(server, key, ['gone', 'aborted']);
  });

  for (const path of ['/failing', '/destroyed', '/drop-stream']) {
    serverTest(`an answer that fails midway (${path}) is broken off, not cut short`, async (server) => {
      const text = await brokenAnswer(server, path);
      assert.match(text, /^HTTP\/1\.1 200 /);
      assert.ok(!text.endsWith('0\r\n\r\n'), 'no last chunk');
      assert.equal((await server.get('/')).text, 'hi');
    });
  }

  serverTest('a source that fails is logged', async (server) => {
    await brokenAnswer(server, '/failing');
    const line = await server.logged('the error', (entry) =>
      JSON.stringify(entry).includes('the source broke'),
    );
    assert.equal(line.level, 'error');
    await brokenAnswer(server, '/failing-at-once');
    await server.logged('the error', (entry) => JSON.stringify(entry).includes('the source broke at once'));
  });

  serverTest('a stream that is shorter than its length is broken off', async (server) => {
    const text = await brokenAnswer(server, '/length?promised=10&given=5');
    assert.ok(text.endsWith('\r\n\r\nxxxxx'));
    await server.logged('it', (entry) => JSON.stringify(entry).includes('ERR_PRONGHORN_HTTP_LENGTH'));
  });

  serverTest('a stream that is longer than its length sends no byte too many', async (server) => {
    const text = await brokenAnswer(server, '/length?promised=5&given=10');
    assert.ok(text.slice(text.indexOf('\r\n\r\n') + 4).length <= 5);
    assert.equal((await server.get('/')).text, 'hi');
  });

  serverTest('a failing stream behind others lets them out first', async (server) => {
    const client = await server.connect();
    client.send(requestHead('GET', '/') + requestHead('GET', '/now') + requestHead('GET', '/failing'));
    const texts = (await client.readAll(2)).map(({ text }) => text);
    assert.deepEqual(texts, ['hi', 'now done']);
    await waitFor('the end', () => client.socket.readableEnded || client.error !== undefined);
    client.destroy();
  });
});
