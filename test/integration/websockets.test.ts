// Listeners of a server: 'route' before 'request', and WebSockets from handshake to goodbye.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { fixture } from '../support/paths.js';
import { requestHead } from '../support/raw-client.js';
import { type ServerProcess, startApp, startMethods, withServer } from '../support/server.js';
import { describeServer } from '../support/shared-server.js';
import { waitFor, within } from '../support/wait.js';

const UPGRADE = {
  Connection: 'keep-alive, Upgrade',
  Upgrade: 'WebSocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

async function open(server: ServerProcess, path: string, protocols: string[] = [], options = {}) {
  const socket = new WebSocket(`${server.url.replace('http:', 'ws:')}${path}`, protocols, options);
  const messages: (string | Buffer)[] = [];
  socket.on('message', (data: Buffer, isBinary: boolean) => messages.push(isBinary ? data : data.toString()));
  const closed = once(socket, 'close').then(([code]) => code as number);
  await within('a WebSocket', once(socket, 'open'));
  const message = async () => {
    await waitFor('a message', () => messages.length > 0);
    return messages.shift()!;
  };
  return { socket, message, closed: () => within('the goodbye', closed) };
}

const serverWith = (args: string[], env: Record<string, string> = {}) =>
  startApp(fixture('events-server.mjs'), { args, env });

for (const startMethod of startMethods) {
  const start = () => serverWith(['--workers', '1', '--start-method', startMethod]);

  describeServer(`listeners, start method ${startMethod}`, start, (serverTest) => {
    serverTest('what a route answers goes no further', async (server) => {
      const first = await server.get('/forbidden');
      assert.deepEqual([first.status, first.text], [403, 'by the first route']);
      assert.equal((await server.get('/later')).text, 'by the second route');
      assert.equal((await server.get('/other')).text, 'request /other ');
    });

    serverTest('the body is there behind a route that takes its time', async (server) => {
      const client = await server.connect();
      for (const size of [5, 500_000]) {
        const body = 'x'.repeat(size);
        assert.equal((await client.post('/other', body)).text, `request /other ${body}`);
      }
      client.destroy();
    });

    serverTest('a route that throws costs a 500, one that drops the connection', async (server) => {
      assert.equal((await server.get('/throws')).status, 500);
      await assert.rejects(server.get('/dropped'), /closed/);
    });

    serverTest('a WebSocket echoes text and bytes of every size', async (server) => {
      const { socket, message, closed } = await open(server, '/echo');
      for (const size of [0, 1, 125, 126, 65_535, 65_536, 1_000_000]) {
        const bytes = randomBytes(size);
        socket.send(bytes);
        assert.equal(Buffer.compare((await message()) as Buffer, bytes), 0);
        socket.send('ž'.repeat(size));
        assert.equal(await message(), 'ž'.repeat(size));
      }
      socket.close(4000);
      assert.equal(await closed(), 4000);
      await waitFor('the close', () => server.stderr.includes('closed with 4000'));
    });

    serverTest('the listener gets the request', async (server) => {
      const { socket, message } = await open(server, '/hello?a=b', ['first', 'second'], {
        headers: { 'X-One': '1' },
      });
      assert.equal(await message(), '["1",[["a","b"]],"second",""]');
      assert.equal(socket.protocol, 'second');
      socket.terminate();
    });

    serverTest('a route can refuse a WebSocket', async (server) => {
      const client = await server.connect();
      assert.equal((await client.get('/forbidden', UPGRADE)).status, 403);
      client.destroy();
    });

    serverTest('a handshake to the letter', async (server) => {
      const client = await server.connect();
      client.send(requestHead('GET', '/echo', UPGRADE));
      const response = await client.read();
      assert.equal(response.status, 101);
      assert.equal(response.header('sec-websocket-accept'), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
      client.send(Buffer.from('818537fa213d7f9f4d5158', 'hex'));
      await waitFor('the echo', () => client.pending === '\x81\x05Hello');
      client.destroy();
    });

    serverTest('a handshake that makes no sense is refused', async (server) => {
      const refused = async (headers: Record<string, string | undefined>, method = 'GET') => {
        const client = await server.connect();
        const given = Object.entries({ ...UPGRADE, ...headers }).filter(([, value]) => value !== undefined);
        client.send(requestHead(method, '/echo', Object.fromEntries(given) as Record<string, string>));
        const response = await client.read();
        await client.closed();
        return response;
      };
      assert.equal((await refused({ 'Sec-WebSocket-Key': 'short' })).status, 400);
      assert.equal((await refused({ 'Sec-WebSocket-Key': undefined })).status, 400);
      assert.equal((await refused({ 'Sec-WebSocket-Version': undefined })).status, 400);
      assert.equal((await refused({}, 'POST')).status, 405);
      const other = await refused({ 'Sec-WebSocket-Version': '12' });
      assert.equal(other.status, 426);
      assert.equal(other.header('sec-websocket-version'), '13');
      assert.equal(other.header('upgrade'), 'websocket');
      assert.equal(other.header('connection'), 'Upgrade, close');
    });

    serverTest('another protocol than WebSocket is just a request', async (server) => {
      const client = await server.connect();
      const response = await client.get('/other', { Connection: 'Upgrade', Upgrade: 'h2c' });
      assert.deepEqual([response.status, response.text], [200, 'request /other ']);
      assert.equal((await client.get('/again')).text, 'request /again ', 'the connection goes on');
      client.destroy();
    });

    serverTest('a listener that throws costs its WebSocket', async (server) => {
      const { closed } = await open(server, '/socket-throws');
      assert.equal(await closed(), 1011);
      const failing = new WebSocket(`${server.url.replace('http:', 'ws:')}/protocol-throws`, ['x']);
      await within('the refusal', once(failing, 'error'));
      assert.equal((await server.get('/other')).status, 200);
    });
  });
}

test('permessage-deflate is spoken where it is asked for', async () => {
  for (const [deflate, extensions] of [
    ['1', 'permessage-deflate'],
    ['0', ''],
  ] as const) {
    await withServer(
      () => serverWith(['--workers', '1'], { DEFLATE: deflate }),
      async (server) => {
        const { socket, message } = await open(server, '/hello');
        assert.equal((await message()).toString().includes('permessage-deflate'), deflate === '1');
        assert.equal(socket.extensions.split(';')[0], extensions);
        socket.send('x'.repeat(100_000));
        assert.equal(await message(), 'x'.repeat(100_000));
        socket.terminate();
      },
    );
  }
});

test('a message that is too large closes its WebSocket with 1009', async () => {
  await withServer(
    () => serverWith(['--workers', '1', '--max-message-size', '1000']),
    async (server) => {
      const { socket, message, closed } = await open(server, '/echo');
      socket.send('x'.repeat(1000));
      assert.equal((await message()).length, 1000);
      socket.send('x'.repeat(1001));
      assert.equal(await closed(), 1009);
    },
  );
});

test('a silent client is pinged, and closed with 1001 when it does not answer', async () => {
  await withServer(
    () => serverWith(['--workers', '1', '--websocket-timeout', '0.2']),
    async (server) => {
      const alive = await open(server, '/echo');
      const silent = await open(server, '/echo', [], { autoPong: false });
      let pings = 0;
      alive.socket.on('ping', () => pings++);
      assert.equal(await silent.closed(), 1001);
      await waitFor('more pings', () => pings >= 3);
      assert.equal(alive.socket.readyState, WebSocket.OPEN);
      alive.socket.terminate();
    },
  );
});

test('a server that stops says 1001, and is gone when its clients are', async () => {
  for (const startMethod of startMethods) {
    await withServer(
      () => serverWith(['--workers', '2', '--start-method', startMethod]),
      async (server) => {
        const clients = await Promise.all(Array.from({ length: 6 }, () => open(server, '/echo')));
        const began = performance.now();
        server.signal('SIGTERM');
        for (const { closed } of clients) assert.equal(await closed(), 1001);
        assert.deepEqual(await server.exits(), { code: 0, signal: null });
        assert.ok(performance.now() - began < 10_000);
      },
    );
  }
});

test('a worker that is replaced says 1012', async () => {
  await withServer(
    () => serverWith(['--workers', '1']),
    async (server) => {
      const { message, closed } = await open(server, '/pid');
      process.kill(Number(await message()), 'SIGQUIT');
      assert.equal(await closed(), 1012);
      const next = await open(server, '/echo');
      next.socket.terminate();
    },
  );
});

test('a client that does not say goodbye is waited for as long as terminationTimeout', async () => {
  await withServer(
    () => serverWith(['--workers', '1', '--termination-timeout', '1']),
    async (server) => {
      const client = await server.connect();
      client.send(requestHead('GET', '/echo', UPGRADE));
      assert.equal((await client.read()).status, 101);
      server.signal('SIGTERM');
      await waitFor('the goodbye', () => client.pending === '\x88\x02\x03\xe9');
      assert.deepEqual(await server.exits(), { code: 0, signal: null });
      client.destroy();
    },
  );
});
