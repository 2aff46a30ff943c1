// The limits of time and number where requests and answers come in pieces, each with a small value.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { isEstablished, sendQueue } from '../support/processes.js';
import { RawClient, requestHead } from '../support/raw-client.js';
import { withServer } from '../support/server.js';
import {
  CHUNKED,
  chunk,
  eventsOf,
  newKey,
  release,
  startStreams,
  untilEvents,
} from '../support/streaming.js';
import { waitFor } from '../support/wait.js';

test('bodyTimeout counts from the last bytes that came', () =>
  withServer(startStreams('--body-timeout', '0.5'), async (server) => {
    const client = await server.connect();
    client.send(requestHead('POST', '/text', CHUNKED));
    // Together these take longer than the timeout.
    for (let count = 0; count < 5; count++) {
      client.send(chunk('part'));
      const fence = await server.connect();
      fence.send(`${requestHead('POST', '/text', { 'Content-Length': '5' })}`);
      if (count === 4) assert.equal((await fence.read()).status, 408);
      else await server.get('/');
      fence.destroy();
    }
    assert.equal((await client.read()).status, 408);
    await client.closed();
    client.destroy();
  }));

test('bodyTimeout does not count while the handler is slow to read', () =>
  withServer(startStreams('--body-timeout', '0.3'), async (server) => {
    const key = newKey();
    const slow = await server.connect();
    slow.send(requestHead('POST', `/slow-reader?key=${key}`, { 'Content-Length': '2000000' }));
    slow.send(Buffer.alloc(2_000_000));
    const other = await server.connect();
    other.send(`${requestHead('POST', '/text', { 'Content-Length': '5' })}he`);
    assert.equal((await other.read()).status, 408);
    assert.equal(slow.pending, '');
    await release(server, key);
    assert.equal((await slow.read()).text, '2000000');
    slow.destroy();
    other.destroy();
  }));

test('bodyTimeout breaks an answer off that has begun', () =>
  withServer(startStreams('--body-timeout', '0.3'), async (server) => {
    const client = await server.connect();
    client.send(`${requestHead('POST', '/echo', CHUNKED)}${chunk('part')}`);
    await waitFor('the first chunk', () => client.pending.endsWith('4\r\npart\r\n'));
    await waitFor('the end', () => client.socket.readableEnded || client.error !== undefined);
    assert.ok(!client.pending.endsWith('0\r\n\r\n'));
    client.destroy();
  }));

test('headerTimeout ends a connection that never sends anything', () =>
  withServer(startStreams('--header-timeout', '0.2'), async (server) => {
    const client = await server.connect();
    await client.closed();
    client.destroy();
  }));

test('headerTimeout is not stretched by a head that drips, nor by empty lines', () =>
  withServer(startStreams('--header-timeout', '0.5'), async (server) => {
    for (const drip of ['X: y\r\n', '\r\n']) {
      const client = await server.connect();
      if (drip !== '\r\n') client.send('GET / HTTP/1.1\r\nHost: h\r\n');
      const dripping = setInterval(() => client.socket.writable && client.send(drip), 50);
      await waitFor('the end', () => client.socket.readableEnded || client.error !== undefined, {
        deadlineMs: 5000,
      });
      clearInterval(dripping);
      client.destroy();
    }
  }));

test('headerTimeout counts for every head of a connection', () =>
  withServer(startStreams('--header-timeout', '0.3', '--keep-alive-timeout', '60'), async (server) => {
    const client = await server.connect();
    assert.equal((await client.get('/')).text, 'hi');
    client.send('\r\n');
    assert.equal((await client.get('/')).text, 'hi');
    client.send('GET / HTTP/1.1\r\n');
    assert.equal((await client.read()).status, 408);
    await client.closed();
    client.destroy();
  }));

test('an empty line behind a request does not make the connection time out', () =>
  withServer(startStreams('--header-timeout', '0.2', '--keep-alive-timeout', '60'), async (server) => {
    const client = await server.connect();
    client.send(`${requestHead('POST', '/text', { 'Content-Length': '2' })}ab\r\n`);
    assert.equal((await client.read()).text, 'ab');
    const other = await server.connect();
    other.send('GET');
    assert.equal((await other.read()).status, 408);
    assert.equal((await client.get('/')).text, 'hi');
    client.destroy();
    other.destroy();
  }));

test('keepAliveTimeout counts from the end of an ignored body', () =>
  withServer(startStreams('--keep-alive-timeout', '0.2', '--body-timeout', '60'), async (server) => {
    const client = await server.connect();
    client.send(`${requestHead('POST', '/ignore', { 'Content-Length': '10' })}12345`);
    assert.equal((await client.read()).text, 'ignored');
    const idle = await server.connect();
    assert.equal((await idle.get('/')).text, 'hi');
    await idle.closed();
    client.send('67890');
    assert.equal((await client.get('/')).text, 'hi');
    await client.closed();
    client.destroy();
    idle.destroy();
  }));

test('sendTimeout gives up a stream whose client does not read', () =>
  withServer(startStreams('--send-timeout', '0.3'), async (server) => {
    const key = newKey();
    const client = await server.connect();
    client.socket.pause();
    const port = client.socket.localPort!;
    client.send(requestHead('GET', `/endless?key=${key}`));
    await untilEvents(server, key, ['gone', 'aborted']);
    await waitFor('the server to let go', () => !isEstablished(server.port, port));
    client.destroy();
  }));

test('little of an answer waits in the kernel for a client that reads nothing', () =>
  withServer(startStreams(), async (server) => {
    const key = newKey();
    const client = await server.connect();
    client.socket.pause();
    const port = client.socket.localPort!;
    client.send(requestHead('GET', `/endless?key=${key}`));
    let queued = 0;
    await waitFor('the socket to be full', async () => {
      const before = sendQueue(server.port, port);
      for (let turn = 0; turn < 10; turn++) await server.get('/');
      queued = sendQueue(server.port, port);
      return queued > 0 && queued === before;
    });
    assert.ok(queued < 512 * 1024, `${queued} bytes wait`);
    client.destroy();
  }));

test('sendTimeout does not count while the client reads, however slowly', () =>
  withServer(startStreams('--send-timeout', '1'), async (server) => {
    const client = await server.connect();
    client.socket.pause();
    client.send(requestHead('GET', '/large?pieces=320'));
    const started = performance.now();
    const reading = setInterval(() => client.socket.read(512 * 1024) ?? client.socket.read(), 40);
    let bytes = 0;
    client.socket.removeAllListeners('data');
    client.socket.on('readable', () => {});
    await waitFor('all of it', () => {
      bytes = client.socket.bytesRead;
      return bytes > 320 * 65_536 || client.socket.destroyed;
    });
    clearInterval(reading);
    assert.ok(bytes > 320 * 65_536, `${bytes} bytes came`);
    assert.ok(performance.now() - started > 1000, 'it took longer than the timeout');
    client.destroy();
  }));

test('keepAliveRequests counts streams, too', () =>
  withServer(startStreams('--keep-alive-requests', '2'), async (server) => {
    const client = await server.connect();
    assert.equal((await client.get('/now')).header('connection'), undefined);
    assert.equal((await client.get('/now')).header('connection'), 'close');
    await client.closed();
    client.destroy();
  }));

test('no more than maxPipeline requests of a connection are with the handlers', () =>
  withServer(startStreams('--max-pipeline', '3'), async (server) => {
    const keys = Array.from({ length: 7 }, newKey);
    const client = await server.connect();
    client.send(keys.map((key) => requestHead('GET', `/held?key=${key}`)).join(''));
    for (const key of keys.slice(0, 3)) await untilEvents(server, key, ['taken']);
    for (const key of keys.slice(3)) await untilEvents(server, key, []);
    await release(server, keys[2]!);
    await untilEvents(server, keys[3]!, []);
    await release(server, keys[0]!);
    await untilEvents(server, keys[3]!, ['taken']);
    await untilEvents(server, keys[4]!, []);
    for (const key of keys) {
      await waitFor(`${key} to be taken`, async () => (await server.get(`/events?key=${key}`)).text !== '[]');
      await release(server, key);
    }
    const answers = await client.readAll(keys.length);
    assert.ok(answers.every(({ text }) => text === 'held'));
    client.destroy();
  }));

test('EMFILE makes no worker spin, and those that wait are served when there is room', () =>
  withServer(startStreams('--max-body-size', '1000', '--header-timeout', '60'), async (server) => {
    const client = await server.connect();
    const pid = Number((await client.get('/pid')).text);
    execFileSync('prlimit', ['--pid', String(pid), '--nofile=64:64']);
    const others = await Promise.all(Array.from({ length: 80 }, () => RawClient.connect(server.target)));
    for (const other of others) other.send(requestHead('GET', '/'));
    await waitFor('the worker to be full', () => others.filter(({ pending }) => pending !== '').length > 10);
    const cpu = async () => Number((await client.get('/cpu')).text);
    const before = await cpu();
    const started = performance.now();
    await waitFor('some time to pass', () => performance.now() - started > 1500);
    const used = (await cpu()) - before;
    assert.ok(used < 300_000, `the worker used ${used} µs of CPU time in 1.5 s`);
    const waiting = others.filter(({ pending }) => pending === '');
    assert.ok(waiting.length > 10, `${waiting.length} clients wait`);
    for (const other of others) if (!waiting.includes(other)) other.destroy();
    const texts = await Promise.all(waiting.slice(0, 20).map(async (other) => (await other.read()).text));
    assert.deepEqual(new Set(texts), new Set(['hi']));
    for (const other of waiting) other.destroy();
    client.destroy();
  }));

for (const framing of ['Content-Length', 'chunks'])
  test(`requests that wait in a pipeline have no more of bodies than one may have (${framing})`, () =>
    withServer(startStreams('--max-body-size', '1000'), async (server) => {
      const body = 'x'.repeat(600);
      const keys = [newKey(), newKey(), newKey()];
      const client = await server.connect();
      const request = (key: string) =>
        framing === 'chunks'
          ? `${requestHead('POST', `/held?key=${key}`, CHUNKED)}${chunk(body)}${chunk('')}`
          : `${requestHead('POST', `/held?key=${key}`, { 'Content-Length': '600' })}${body}`;
      client.send(keys.map(request).join(''));
      for (const key of keys.slice(0, 2)) await untilEvents(server, key, ['taken']);
      assert.deepEqual(await eventsOf(server, keys[2]!), [], 'the third is not read');
      await release(server, keys[0]!);
      assert.equal((await client.read()).text, 'held');
      await untilEvents(server, keys[2]!, ['taken']);
      for (const key of keys.slice(1)) {
        await release(server, key);
        assert.equal((await client.read()).text, 'held');
      }
      client.destroy();
    }));
