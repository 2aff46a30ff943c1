// Targets, cookies and forms through a real server.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { fixture } from '../support/paths.js';
import { type RawClient, requestHead } from '../support/raw-client.js';
import { kindArguments, startApp, workerKindNames } from '../support/server.js';
import { describeServer } from '../support/shared-server.js';

const json = async (client: RawClient, bytes: string) => {
  client.send(bytes);
  return JSON.parse((await client.read()).text);
};

/** A multipart body made by the client of Node itself. */
async function multipart(entries: [string, string | Blob, string?][]) {
  const form = new FormData();
  for (const [name, value, filename] of entries) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, value, filename);
  }
  const response = new Response(form);
  return {
    type: response.headers.get('content-type')!,
    body: Buffer.from(await response.arrayBuffer()),
  };
}

for (const kind of workerKindNames) {
  const start = () =>
    startApp(fixture('api-app.mjs'), {
      args: ['--workers', '1', ...kindArguments(kind), '--max-body-size', '20000000'],
    });

  describeServer(`request and response API, ${kind}`, start, (serverTest) => {
    serverTest('a url comes apart into path, query and host', async (server) => {
      const client = await server.connect();
      assert.deepEqual(await json(client, requestHead('GET', '/target?a=1&b=%20x&a=2', { Host: 'h:1' })), {
        method: 'GET',
        url: '/target?a=1&b=%20x&a=2',
        path: '/target',
        host: 'h:1',
        query: [
          ['a', '1'],
          ['b', ' x'],
          ['a', '2'],
        ],
      });
      assert.deepEqual(await json(client, requestHead('GET', '/target-later?x', { Host: 'h' })), {
        path: '/target-later',
        host: 'h',
        query: [['x', '']],
      });
      client.destroy();
    });

    serverTest('the host of an absolute target wins over the header', async (server) => {
      const client = await server.connect();
      const found = await json(client, requestHead('GET', 'http://other:81/target?q', { Host: 'h' }));
      assert.deepEqual(
        [found.path, found.host, found.url],
        ['/target', 'other:81', 'http://other:81/target?q'],
      );
      client.destroy();
    });

    serverTest('OPTIONS * has the path *', async (server) => {
      const client = await server.connect();
      const found = await json(client, requestHead('OPTIONS', '*', { Host: 'h' }));
      assert.deepEqual([found.path, found.host, found.url], ['*', 'h', '*']);
      client.destroy();
    });

    serverTest('cookies of several headers are one list, the first of a name counts', async (server) => {
      const client = await server.connect();
      const bytes = 'GET /cookies HTTP/1.1\r\nHost: h\r\nCookie: b=1; a="2"\r\ncookie: c=3; b=4\r\n\r\n';
      assert.deepEqual(await json(client, bytes), [
        ['b', '1'],
        ['a', '2'],
        ['c', '3'],
      ]);
      assert.deepEqual(await json(client, requestHead('GET', '/cookies')), []);
      client.destroy();
    });

    serverTest('cookies of an answer are lines of their own', async (server) => {
      const client = await server.connect();
      const cookies = [
        { name: 'a', value: '1', path: '/', secure: true, httpOnly: true, sameSite: 'lax', maxAge: 60 },
        { name: 'b', value: '2' },
      ];
      for (let round = 0; round < 3; round++) {
        const response = await client.post('/set-cookies', JSON.stringify(cookies));
        assert.deepEqual(response.headerLines.slice(0, 3), [
          'x-before: 1',
          'Set-Cookie: a=1; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60',
          'Set-Cookie: b=2',
        ]);
        assert.equal(response.text, 'set');
      }
      const streamed = await client.get('/set-cookies-stream');
      assert.deepEqual([streamed.header('set-cookie'), streamed.text], ['a=1; HttpOnly', 'streamed']);
      client.destroy();
    });

    serverTest(
      'a cookie that cannot be is an error, and the request can still be answered',
      async (server) => {
        const client = await server.connect();
        const response = await client.post('/set-cookies', JSON.stringify([{ name: 'a b', value: '' }]));
        assert.equal(response.status, 500);
        assert.equal(response.header('set-cookie'), undefined);
        await server.logged('why', (line) => /ERR_PRONGHORN_HTTP_COOKIE/.test(JSON.stringify(line)));
        client.destroy();
      },
    );

    serverTest('an urlencoded form is read', async (server) => {
      const client = await server.connect();
      const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const response = await client.post('/form', 'name=J%C3%BCrgen+K&x=', type);
      assert.deepEqual(JSON.parse(response.text), [
        ['name', 'Jürgen K'],
        ['x', ''],
      ]);
      client.destroy();
    });

    serverTest('a multipart form is read, files and all', async (server) => {
      const { type, body } = await multipart([
        ['a', 'ž'],
        ['f', new Blob(['content'], { type: 'text/plain' }), 'name.txt'],
        ['a', '2'],
      ]);
      const client = await server.connect();
      const response = await client.post('/form', body, { 'Content-Type': type });
      assert.deepEqual(JSON.parse(response.text), [
        ['a', 'ž'],
        ['f', 'name.txt', 'text/plain', 'content'],
        ['a', '2'],
      ]);
      client.destroy();
    });

    serverTest('large files stream through', async (server) => {
      const files = [randomBytes(5_000_000), randomBytes(3_000_000)];
      const { type, body } = await multipart([
        ['one', new Blob([files[0]!]), '1.bin'],
        ['between', 'x'],
        ['two', new Blob([files[1]!]), '2.bin'],
      ]);
      const hashes = files.map((bytes) => createHash('sha256').update(bytes).digest('hex'));
      const client = await server.connect();
      const response = await client.post('/upload', body, { 'Content-Type': type });
      assert.deepEqual(JSON.parse(response.text), [
        ['one', '1.bin', 5_000_000, hashes[0]],
        ['between', 'x'],
        ['two', '2.bin', 3_000_000, hashes[1]],
      ]);
      assert.equal((await client.get('/cookies')).status, 200, 'the connection goes on');
      client.destroy();
    });

    serverTest('the rest of a form that nobody wants is let pass', async (server) => {
      const { type, body } = await multipart([
        ['a', '1'],
        ['f', new Blob([randomBytes(3_000_000)]), 'f'],
      ]);
      const client = await server.connect();
      assert.equal((await client.post('/first-part', body, { 'Content-Type': type })).text, 'a');
      assert.equal((await client.get('/cookies')).status, 200, 'the connection goes on');
      client.destroy();
    });

    serverTest('a form that is wrong has the status that says so', async (server) => {
      const { type, body } = await multipart([
        ['a', '1'],
        ['b', '2'],
      ]);
      const status = async (path: string, sent: Buffer | string, contentType: string) => {
        const client = await server.connect();
        const response = await client.post(path, sent, { 'Content-Type': contentType });
        client.destroy();
        return response.status;
      };
      assert.equal(await status('/form', body, 'text/plain'), 415);
      assert.equal(await status('/form', body.subarray(0, -10), type), 400);
      assert.equal(await status(`/form?limits=${encodeURIComponent('{"fields":1}')}`, body, type), 413);
      assert.equal(await status('/form', body, type), 200);
    });
  });
}
