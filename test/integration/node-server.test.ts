// pronghorn/http: createServer() of node:http with one import changed, in one process and without a manager.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createServer as createHttpServer } from '#dist/node-server/index.js';
import { fixture, temporaryFolder } from '../support/paths.js';
import { RawClient } from '../support/raw-client.js';
import { ServerProcess } from '../support/server.js';
import { waitFor } from '../support/wait.js';

interface Told {
  address: { address: string; family: string; port: number } | string;
  listening: boolean;
  same: unknown[];
}

async function listening(where: object, run: (server: ServerProcess, told: Told) => Promise<void>) {
  const server = new ServerProcess({ command: [fixture('node-server.mjs'), JSON.stringify(where)] });
  try {
    await server.explain(async () => {
      const line = await waitFor('the address', () => /^\{.*\}$/m.exec(server.stdout)?.[0]);
      await run(server, JSON.parse(line) as Told);
      if (!server.exit) assert.deepEqual(await server.stop(), { code: 0, signal: null });
      assert.match(server.stdout, /listening false\n[\s\S]*event close\nclosed undefined\n$/);
    });
  } finally {
    server.kill();
  }
}

describe('a server of pronghorn/http', () => {
  test('listens on a free port, serves, and closes when its connections are through', () =>
    listening({ host: '127.0.0.1', port: 0 }, async (server, { address, listening: isListening, same }) => {
      assert.deepEqual([isListening, same], [true, [true, true, 'function', 'Not Found']]);
      assert.ok(typeof address === 'object' && address.port > 0);
      assert.deepEqual([address.address, address.family], ['127.0.0.1', 'IPv4']);
      const client = await RawClient.connect({ host: '127.0.0.1', port: address.port });
      assert.equal((await client.get('/text')).text, 'text');
      assert.equal((await client.post('/pipe', 'body')).text, 'body');
      client.send('GET /flushed HTTP/1.1\r\nHost: a\r\n\r\n');
      server.signal('SIGTERM');
      assert.equal((await client.read()).text, 'later');
      await client.closed();
      // It ends by itself: a second signal could come too late for its listener.
      assert.deepEqual(await server.exits(), { code: 0, signal: null });
      assert.match(server.stdout, /event listening[\s\S]*event connection/);
    }));

  test('ends its process with what a listener has thrown', async () => {
    const where = JSON.stringify({ host: '127.0.0.1', port: 0 });
    const server = new ServerProcess({ command: [fixture('node-server.mjs'), where] });
    try {
      const line = await waitFor('the address', () => /^\{.*\}$/m.exec(server.stdout)?.[0]);
      const { port } = (JSON.parse(line) as Told).address as { port: number };
      const client = await RawClient.connect({ host: '127.0.0.1', port });
      client.send('GET /throws HTTP/1.1\r\nHost: a\r\n\r\n');
      assert.deepEqual(await server.exits(), { code: 1, signal: null });
      assert.match(server.stderr, /Error: of the listener/);
      client.destroy();
    } finally {
      server.kill();
    }
  });

  test('gives an upgraded connection away', () =>
    listening({ host: '127.0.0.1', port: 0 }, async (_server, { address }) => {
      const { port } = address as { port: number };
      const client = await RawClient.connect({ host: '127.0.0.1', port });
      client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n');
      assert.equal((await client.read()).status, 101);
      client.destroy();
    }));

  test('tells of the end of an upgraded connection from which nobody reads', () =>
    listening({ host: '127.0.0.1', port: 0 }, async (_server, { address }) => {
      const { port } = address as { port: number };
      const client = await RawClient.connect({ host: '127.0.0.1', port });
      client.send('GET /unread HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n');
      assert.equal((await client.read()).status, 101);
      client.finish();
      await client.closed();
    }));

  test('serves sockets that somebody else has accepted', async () => {
    const server = createHttpServer((_req, res) => res.end('text'));
    server.closeIdleConnections();
    const front = createServer((socket) => server.emit('connection', socket)).listen(0, '127.0.0.1');
    await new Promise((resolve) => front.once('listening', resolve));
    const { port } = front.address() as { port: number };
    const client = await RawClient.connect({ host: '127.0.0.1', port });
    assert.equal((await client.get('/')).text, 'text');
    server.closeAllConnections();
    client.destroy();
    await new Promise((resolve) => front.close(resolve));
  });

  test('listens on a unix socket, whose file it removes in the end', async () => {
    const path = join(temporaryFolder(), 'socket');
    await listening({ path }, async (_server, { address }) => {
      assert.equal(address, path);
      const client = await RawClient.connect({ path });
      assert.equal((await client.get('/text')).text, 'text');
      client.destroy();
    });
    assert.equal(existsSync(path), false);
  });

  test('emits an error when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const where = JSON.stringify({ host: '127.0.0.1', port });
    const server = new ServerProcess({ command: [fixture('node-server.mjs'), where] });
    try {
      assert.equal((await server.exits()).code, 0);
      assert.equal(server.stdout.trim(), 'error EADDRINUSE');
    } finally {
      server.kill();
      other.close();
    }
  });
});
