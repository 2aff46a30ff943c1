// Connections that leave HTTP: echo, half-closed ends, pipelines before, bytes in the same packet, refusals.
import assert from 'node:assert/strict';
import { type RawClient, requestHead } from '../support/raw-client.js';
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

const OFFER = { Connection: 'keep-alive, Upgrade', Upgrade: 'echo' };
const MEGABYTE = 1024 * 1024;

async function upgraded(server: ServerProcess, path: string, ...first: string[]): Promise<RawClient> {
  const client = await server.connect();
  client.send(requestHead('GET', path, OFFER) + first.join(''));
  assert.equal((await client.read()).status, 101);
  return client;
}

async function untilEcho(client: RawClient, text: string): Promise<void> {
  await waitFor('the echo', () => client.pending.length >= text.length);
  assert.equal(client.pending, text);
}

describeServer(
  'upgrades',
  startStreams('--keep-alive-timeout', '0.2', '--header-timeout', '0.2'),
  (serverTest) => {
    serverTest('bytes go both ways', async (server) => {
      const client = await upgraded(server, '/upgrade');
      client.send('one');
      await untilEcho(client, 'one');
      client.send('GET / HTTP/1.1\r\n\r\n');
      await untilEcho(client, 'oneGET / HTTP/1.1\r\n\r\n');
      client.destroy();
    });

    serverTest('bytes in the packet of the request are not lost', async (server) => {
      const client = await upgraded(server, '/upgrade', 'first ');
      client.send('second');
      await untilEcho(client, 'first second');
      client.destroy();
    });

    serverTest('bytes that come before a late upgrade are not lost', async (server) => {
      const key = newKey();
      const client = await server.connect();
      client.send(`${requestHead('GET', `/upgrade-late?key=${key}`, OFFER)}first `);
      assert.equal((await server.get('/')).text, 'hi');
      client.send('second ');
      assert.equal((await server.get('/')).text, 'hi');
      await release(server, key);
      assert.equal((await client.read()).status, 101);
      client.send('third');
      await untilEcho(client, 'first second third');
      client.destroy();
    });

    serverTest(
      'a client that has shut its side before a late upgrade is heard to its end',
      async (server) => {
        const key = newKey();
        const client = await server.connect();
        client.send(`${requestHead('GET', `/upgrade-late?key=${key}`, OFFER)}all`);
        client.finish();
        assert.equal((await server.get('/')).text, 'hi');
        await release(server, key);
        assert.equal((await client.read()).status, 101);
        await untilEcho(client, 'all');
        await waitFor('the end', () => client.socket.readableEnded);
        client.destroy();
      },
    );

    serverTest('no time limit of HTTP applies', async (server) => {
      const client = await upgraded(server, '/upgrade');
      const idle = await server.connect();
      assert.equal((await idle.get('/')).text, 'hi');
      await idle.closed();
      client.send('still here');
      await untilEcho(client, 'still here');
      client.destroy();
      idle.destroy();
    });

    serverTest('a client that shuts its side still gets what comes', async (server) => {
      const key = newKey();
      const client = await upgraded(server, `/upgrade-watched?key=${key}`);
      client.send('abc');
      client.finish();
      await untilEvents(server, key, ['end']);
      await untilEcho(client, 'ABC');
      assert.ok(!client.socket.readableEnded, 'the other side is open');
      client.socket.resetAndDestroy();
      await untilEvents(server, key, ['end', 'close']);
    });

    serverTest('a handler that shuts its side still gets what comes', async (server) => {
      const key = newKey();
      const client = await upgraded(server, `/upgrade-watched?key=${key}`);
      client.send('end');
      await waitFor('the end', () => client.socket.readableEnded);
      assert.equal(client.pending, 'bye');
      await untilEvents(server, key, ['finish']);
      client.finish();
      await untilEvents(server, key, ['finish', 'end', 'close']);
      client.destroy();
    });

    serverTest('an echo ends when both sides have', async (server) => {
      const client = await upgraded(server, '/upgrade', 'abc');
      client.finish();
      await waitFor('the end', () => client.socket.readableEnded);
      assert.equal(client.pending, 'abc');
      client.destroy();
    });

    serverTest('a client that is gone closes the stream', async (server) => {
      const key = newKey();
      const client = await upgraded(server, `/upgrade-watched?key=${key}`);
      client.socket.resetAndDestroy();
      await waitFor('close', async () => (await eventsOf(server, key)).includes('close'));
    });

    serverTest('destroy() ends the connection', async (server) => {
      const key = newKey();
      const client = await upgraded(server, `/upgrade-watched?key=${key}`);
      client.send('destroy');
      await client.closed();
      await untilEvents(server, key, ['close']);
      client.destroy();
    });

    serverTest('a timeout of its own is told', async (server) => {
      const key = newKey();
      const client = await upgraded(server, `/upgrade-watched?key=${key}`);
      client.send('timeout');
      await untilEvents(server, key, ['timeout']);
      client.socket.resetAndDestroy();
    });

    serverTest('earlier answers of the pipeline come first, then it may be taken', async (server) => {
      const client = await server.connect();
      client.send(requestHead('GET', '/') + requestHead('GET', '/now'));
      client.send(`${requestHead('GET', '/upgrade', OFFER)}abc`);
      assert.equal((await client.read()).text, 'hi');
      assert.equal((await client.read()).text, 'now done');
      assert.equal((await client.read()).status, 101);
      await untilEcho(client, 'abc');
      client.destroy();
    });

    serverTest('it is refused while an earlier answer is missing', async (server) => {
      const key = newKey();
      const client = await server.connect();
      client.send(requestHead('GET', `/held?key=${key}`) + requestHead('GET', '/upgrade-error', OFFER));
      await untilEvents(server, key, ['taken']);
      await release(server, key);
      assert.equal((await client.read()).text, 'held');
      const refusal = await client.read();
      assert.equal(refusal.status, 400);
      assert.match(refusal.text, /^ERR_PRONGHORN_HTTP_UPGRADE .*earlier answers/);
      assert.equal((await client.get('/')).text, 'hi');
      client.destroy();
    });

    serverTest('it is refused when the client has gone', async (server) => {
      const key = newKey();
      const client = await server.connect();
      client.send(requestHead('GET', `/upgrade-gone?key=${key}`, OFFER));
      await untilEvents(server, key, ['taken']);
      client.socket.resetAndDestroy();
      await untilEvents(server, key, ['taken', 'ERR_PRONGHORN_HTTP_UPGRADE']);
    });

    serverTest('a request that does not offer it cannot be taken', async (server) => {
      for (const headers of [{}, { Upgrade: 'echo' }, { Connection: 'Upgrade' }] as Record<
        string,
        string
      >[]) {
        const client = await server.connect();
        assert.match((await client.get('/upgrade-error', headers)).text, /did not ask/);
        client.destroy();
      }
      const client = await server.connect();
      client.send('GET /upgrade-error HTTP/1.0\r\nConnection: keep-alive, Upgrade\r\nUpgrade: echo\r\n\r\n');
      assert.match((await client.read()).text, /did not ask/, 'HTTP/1.0 cannot');
      client.destroy();
    });

    serverTest('an offer that nobody takes is an ordinary request', async (server) => {
      const client = await server.connect();
      client.send(requestHead('GET', '/', OFFER) + requestHead('GET', '/now'));
      assert.equal((await client.read()).text, 'hi');
      assert.equal((await client.read()).text, 'now done');
      client.destroy();
    });

    serverTest('CONNECT is taken over', async (server) => {
      const client = await server.connect();
      client.send('CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\nfirst ');
      await waitFor('the answer', () => client.pending.endsWith('\r\n\r\nfirst '));
      client.send('second');
      await waitFor('the echo', () => client.pending.endsWith('first second'));
      client.finish();
      await waitFor('the end', () => client.socket.readableEnded);
      client.destroy();
    });

    serverTest('a client that does not read stops the source of a taken connection', async (server) => {
      const key = newKey();
      const before = await workerMemory(server);
      const client = await upgraded(server, `/upgrade-flood?key=${key}`);
      client.socket.pause();
      const pieces = await untilSteady('the source', async () =>
        Number((await eventsOf(server, `${key} at`))[0] ?? 0),
      );
      assert.ok(pieces * 65_536 < 24 * MEGABYTE, `${pieces} pieces`);
      const grown = (await workerMemory(server)) - before;
      assert.ok(grown < 24 * MEGABYTE, `the worker grew by ${grown} bytes`);
      client.destroy();
      await untilEvents(server, key, ['close']);
    });
  },
);
