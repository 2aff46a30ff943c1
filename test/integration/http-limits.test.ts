// Limits in time and number: what happens is tested, not when.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture } from '../support/paths.js';
import { isEstablished } from '../support/processes.js';
import { requestHead } from '../support/raw-client.js';
import { startApp, withServer } from '../support/server.js';
import { waitFor, within } from '../support/wait.js';

const start =
  (...args: string[]) =>
  () =>
    startApp(fixture('http-app.mjs'), { args: ['--workers', '1', ...args] });

test('a connection that stays idle after an answer is closed', () =>
  withServer(start('--keep-alive-timeout', '0.2'), async (server) => {
    const client = await server.connect();
    assert.equal((await client.get('/')).text, 'hi');
    await client.closed();
    client.destroy();
  }));

test('a connection that waits for its answer is not idle', () =>
  withServer(start('--keep-alive-timeout', '0.1'), async (server) => {
    const waiting = await server.connect();
    waiting.send(requestHead('GET', '/hold?key=k'));
    const idle = await server.connect();
    assert.equal((await idle.get('/')).text, 'hi');
    await idle.closed();
    idle.destroy();
    await server.get('/release?key=k');
    assert.equal((await waiting.read()).text, '/hold?key=k');
    waiting.destroy();
  }));

test('a connection carries as many requests as keepAliveRequests says', () =>
  withServer(start('--keep-alive-requests', '3'), async (server) => {
    const client = await server.connect();
    for (const connection of [undefined, undefined, 'close']) {
      // The application's wish to go on does not count.
      const response = await client.get('/header?name=Connection&value=keep-alive');
      assert.equal(response.text, 'sent');
      assert.equal(response.header('connection')?.toLowerCase(), connection);
    }
    await client.closed();
    client.destroy();
  }));

test('a head that never ends is a 408', () =>
  withServer(start('--header-timeout', '0.2'), async (server) => {
    const client = await server.connect();
    client.send('GET / HTTP/1.1\r\nHost: h\r\nX-Slow');
    assert.equal((await client.read()).status, 408);
    await client.closed();
    client.destroy();
  }));

test('a body that stops coming is a 408', () =>
  withServer(start('--body-timeout', '0.2'), async (server) => {
    const client = await server.connect();
    client.send(`${requestHead('POST', '/text', { 'Content-Length': '10' })}half`);
    assert.equal((await client.read()).status, 408);
    await client.closed();
    client.destroy();
  }));

test('a client that does not read its answer is given up', () =>
  withServer(start('--send-timeout', '0.2', '--max-body-size', '1000'), async (server) => {
    const client = await server.connect();
    client.socket.pause();
    const port = client.socket.localPort!;
    client.send(requestHead('GET', '/bytes?size=60000000'));
    assert.equal((await server.get('/')).text, 'hi');
    await waitFor('the server to give up', () => !isEstablished(server.port, port));
    const closed = new Promise((resolve) => client.socket.once('close', resolve));
    client.discard();
    client.socket.resume();
    client.finish();
    await within('the end of the connection', closed);
    assert.ok(client.socket.bytesRead < 60_000_000, `${client.socket.bytesRead} bytes came`);
  }));

test('the header limits can be set', () =>
  withServer(start('--max-header-size', '1024', '--max-headers', '5'), async (server) => {
    const tooLarge = { 'X-Large': 'a'.repeat(1100) };
    const tooMany = { A: '1', B: '1', C: '1', D: '1', E: '1' };
    for (const headers of [tooLarge, tooMany] as Record<string, string>[]) {
      const client = await server.connect();
      assert.equal((await client.get('/', headers)).status, 431);
      client.destroy();
    }
    assert.equal((await server.get('/')).text, 'hi');
  }));

test('a worker that holds `clients` connections takes the next when one leaves', () =>
  withServer(start('--clients', '2'), async (server) => {
    const first = await server.connect();
    const second = await server.connect();
    assert.equal((await first.get('/')).text, 'hi');
    assert.equal((await second.get('/')).text, 'hi');
    const third = await server.connect();
    third.send(requestHead('GET', '/'));
    assert.equal((await first.get('/later')).text, '/later');
    assert.equal((await second.get('/later')).text, '/later');
    assert.equal(third.pending, '', 'the third waits in the queue of the listener');
    first.destroy();
    assert.equal((await third.read()).text, 'hi');
    second.destroy();
    third.destroy();
  }));
