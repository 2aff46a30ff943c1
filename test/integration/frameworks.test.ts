// The examples of (req, res) frameworks, each run by the command line as a user would.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fastify } from 'fastify';
import { createServer } from 'pronghorn/http';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { fixture, root } from '../support/paths.js';
import { type ServerProcess, startApp, withServer } from '../support/server.js';
import { within } from '../support/wait.js';

const example = (name: string, ...more: string[]) =>
  startApp(join(root, 'examples', name), { args: ['--workers', '1', ...more] });

async function json(url: string, init?: RequestInit): Promise<[status: number, body: unknown]> {
  const response = await fetch(url, init);
  return [response.status, await response.json()];
}

const send = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

async function echo(url: string, transports: string[]): Promise<unknown> {
  const client = io(url, { transports, reconnection: false });
  try {
    const failed = new Promise((_, reject) => client.once('connect_error', reject));
    const answer = client.timeout(10_000).emitWithAck('echo', 'text');
    return await within('an echo', Promise.race([answer, failed]));
  } finally {
    client.disconnect();
  }
}

test('Express 4', () =>
  withServer(
    () => startApp(fixture('express4-app.mjs'), { args: ['--workers', '1'] }),
    async ({ url }) => {
      const first = await fetch(url);
      assert.equal(await first.text(), 'four');
      assert.match(first.headers.get('etag') ?? '', /^"/);
      assert.deepEqual(await json(`${url}/item/7?a=b`), [200, { id: '7', query: { a: 'b' } }]);
      assert.deepEqual(await json(`${url}/json`, send({ a: 1 })), [201, { a: 1 }]);
      assert.match(await (await fetch(`${url}/files/express4-app.mjs`)).text(), /^\/\/ An Express 4/);
      const away = await fetch(`${url}/away`, { redirect: 'manual' });
      assert.deepEqual([away.status, away.headers.get('location')], [302, '/']);
    },
  ));

test('Fastify listens by itself on pronghorn/http, by serverFactory', async () => {
  const app = fastify({ serverFactory: (handler) => createServer(handler) });
  app.get('/:word', async (request) => ({ word: (request.params as { word: string }).word }));
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  assert.deepEqual(await json(`${url}/hello`), [200, { word: 'hello' }]);
  await app.close();
  await assert.rejects(fetch(`${url}/hello`));
});

describe('examples', () => {
  test('Express with compression, helmet, cookie-session, morgan, multer and static files', () =>
    withServer(
      () => example('express.mjs'),
      async (server) => {
        const { url } = server;
        assert.deepEqual(await json(url), [200, { hello: 'world' }]);
        assert.deepEqual(await json(`${url}/json`, send({ a: 1 })), [201, { a: 1 }]);
        const long = await fetch(`${url}/long`);
        assert.match(long.headers.get('content-encoding') ?? '', /^(gzip|br)$/);
        assert.ok(long.headers.has('content-security-policy'), 'helmet has set its headers');
        assert.equal(await long.text(), 'text '.repeat(1000));
        const first = await fetch(`${url}/visits`);
        const cookie = first.headers.getSetCookie().map((line) => line.split(';')[0]);
        assert.equal(await first.text(), 'visit 1');
        const second = await fetch(`${url}/visits`, { headers: { cookie: cookie.join('; ') } });
        assert.equal(await second.text(), 'visit 2');
        await assertUpload(url);
        const file = await fetch(`${url}/files/hello.mjs`, { headers: { range: 'bytes=0-1' } });
        assert.deepEqual([file.status, await file.text()], [206, '//']);
        assert.equal((await fetch(`${url}/fails`)).status, 500);
        assert.match(server.stdout, /GET \/visits 200/);
      },
    ));

  async function assertUpload(url: string): Promise<void> {
    const form = new FormData();
    form.set('title', 'of a test');
    form.set('file', new Blob(['x'.repeat(300_000)]), 'x.txt');
    const response = await fetch(`${url}/upload`, { method: 'POST', body: form });
    assert.equal(await response.text(), 'x.txt: 300000 bytes, of a test');
  }

  test('Koa', () =>
    withServer(
      () => example('koa.mjs'),
      async ({ url }) => {
        assert.deepEqual(await json(url), [200, { hello: 'world' }]);
        const streamed = await fetch(`${url}/stream`);
        assert.deepEqual([streamed.headers.get('x-powered-by'), await streamed.text()], ['Koa', 'in pieces']);
        assert.equal((await fetch(`${url}/nothing`)).status, 404);
      },
    ));

  test('Fastify', () =>
    withServer(
      () => example('fastify.mjs'),
      async ({ url }) => {
        assert.deepEqual(await json(url), [200, { hello: 'world' }]);
        assert.deepEqual(await json(`${url}/sum`, send({ numbers: [1, 2, 3] })), [200, { sum: 6 }]);
        assert.equal((await fetch(`${url}/nothing`)).status, 404);
      },
    ));

  for (const adapter of ['express', 'fastify']) {
    test(`Nest on ${adapter}`, () =>
      withServer(
        () => startApp(join(root, 'out/examples/nest', `${adapter}.js`), { args: ['--workers', '1'] }),
        async (server) => {
          const { url } = server;
          assert.deepEqual(await json(url), [200, { hello: 'world' }]);
          assert.deepEqual(await json(`${url}/notes`, send({ text: 'a' })), [201, { id: 0, text: 'a' }]);
          assert.deepEqual(await json(`${url}/notes/0`), [200, { id: 0, text: 'a' }]);
          const statuses = ['/notes/x', '/notes/1', '/none', '/fails'].map(async (path) => {
            const [status, body] = await json(url + path);
            return [status, (body as { statusCode: number }).statusCode];
          });
          assert.deepEqual(await Promise.all(statuses), [
            [400, 400],
            [404, 404],
            [404, 404],
            [500, 500],
          ]);
          assert.equal(await (await fetch(`${url}/shout`, send({ text: 'nest' }))).text(), 'NEST!');
          assert.equal(await (await fetch(`${url}/file`)).text(), 'in pieces');
          const ticks = await server.get('/ticks');
          assert.equal(ticks.header('content-type'), 'text/event-stream');
          assert.deepEqual(ticks.text.match(/tick \d/g), ['tick 0', 'tick 1', 'tick 2']);
        },
      ));
  }

  test('node:http with serve-static, busboy and ws', () =>
    withServer(
      () => example('node-http.mjs'),
      async ({ url }) => {
        const index = await fetch(url);
        assert.deepEqual([index.status, (await index.text()).slice(0, 2)], [200, '//']);
        assert.equal((await fetch(`${url}/hello.mjs`, { headers: { range: 'bytes=2-' } })).status, 206);
        assert.equal((await fetch(`${url}/none`)).status, 404);
        const form = new FormData();
        form.set('one', new Blob(['x'.repeat(1_000_000)]), 'x.bin');
        form.set('two', new Blob(['']), 'y.bin');
        assert.deepEqual(await json(`${url}/upload`, { method: 'POST', body: form }), [
          201,
          [
            { field: 'one', filename: 'x.bin', size: 1_000_000 },
            { field: 'two', filename: 'y.bin', size: 0 },
          ],
        ]);
        await assertChat(url.replace('http', 'ws'));
      },
    ));

  async function assertChat(url: string): Promise<void> {
    const clients = await Promise.all(
      [0, 1].map(async () => {
        const client = new WebSocket(url);
        const heard = new Promise<string>((resolve) => client.once('message', (data) => resolve(`${data}`)));
        await within('an open WebSocket', new Promise((resolve) => client.once('open', resolve)));
        return { client, heard };
      }),
    );
    clients[0]!.client.send('to all');
    const heard = Promise.all(clients.map((each) => each.heard));
    assert.deepEqual(await within('the chat', heard), ['to all', 'to all']);
    for (const { client } of clients) client.close();
  }

  const echoes = async ({ url }: ServerProcess) => {
    assert.equal(await echo(url, ['websocket']), 'text');
    assert.equal(await echo(url, ['polling']), 'text');
    assert.equal(await echo(url, ['polling', 'websocket']), 'text');
  };

  test('Socket.IO', () => withServer(() => example('socket-io.mjs'), echoes));

  test('http-proxy before Socket.IO, requests and WebSockets', () =>
    withServer(
      () => example('socket-io.mjs'),
      (origin) =>
        withServer(
          () => example('proxy.mjs', '--', origin.url),
          async (server) => {
            assert.match((await server.get('/')).text, /socket\.io/);
            await echoes(server);
          },
        ),
    ));
});
