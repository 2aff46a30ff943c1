// How long a connection lives and in which order its answers leave.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixture, temporaryFolder } from '../support/paths.js';
import { RawClient, requestHead } from '../support/raw-client.js';
import { startApp, startMethods } from '../support/server.js';
import { describeServer } from '../support/shared-server.js';
import { waitFor } from '../support/wait.js';

const REQUEST = requestHead('GET', '/');

for (const startMethod of startMethods) {
  const start = () =>
    startApp(fixture('http-app.mjs'), { args: ['--workers', '1', '--start-method', startMethod] });

  describeServer(`connections, start method ${startMethod}`, start, (serverTest) => {
    serverTest('one connection carries many requests', async (server) => {
      const client = await server.connect();
      for (let count = 0; count < 50; count++) {
        const response = await client.get(`/url?count=${count}`);
        assert.equal(response.status, 200);
        assert.equal(response.text, `GET /url?count=${count}`);
        assert.equal(response.header('connection'), undefined, 'HTTP/1.1 keeps the connection by itself');
      }
      client.destroy();
    });

    serverTest('a request with Connection: close gets the same back and then the end', async (server) => {
      const client = await server.connect();
      const response = await client.get('/', { Connection: 'close' });
      assert.equal(response.text, 'hi');
      assert.equal(response.header('connection')?.toLowerCase(), 'close');
      await client.closed();
      client.destroy();
    });

    serverTest('what is sent behind the last request does not cost its answer', async (server) => {
      // It comes when the request is in its handler already: unread bytes, when the connection is closed.
      const folder = temporaryFolder();
      const [spins, until] = [join(folder, 'spins'), join(folder, 'until')];
      const client = await server.connect();
      client.send(requestHead('GET', `/spin?file=${spins}&until=${until}`, { Connection: 'close' }));
      await waitFor('the handler to run', () => existsSync(spins));
      client.send('x'.repeat(1000));
      writeFileSync(until, '');
      assert.equal((await client.read()).text, 'spun');
      client.destroy();
    });

    serverTest('Connection: close among other words and in any case counts', async (server) => {
      const client = await server.connect();
      const response = await client.get('/', { Connection: 'TE, Close' });
      assert.equal(response.header('connection')?.toLowerCase(), 'close');
      await client.closed();
      client.destroy();
    });

    serverTest('a handler that answers with connection: close ends the connection', async (server) => {
      const client = await server.connect();
      const response = await client.get('/close');
      assert.equal(response.text, 'last');
      assert.equal(response.header('connection')?.toLowerCase(), 'close', 'the header is sent once');
      await client.closed();
      client.destroy();
    });

    serverTest('HTTP/1.0 closes after the answer', async (server) => {
      const client = await server.connect();
      client.send('GET /url HTTP/1.0\r\n\r\n');
      const response = await client.read();
      assert.equal(response.text, 'GET /url');
      assert.equal(response.header('transfer-encoding'), undefined, 'HTTP/1.0 knows no chunks');
      await client.closed();
      client.destroy();
    });

    serverTest('HTTP/1.0 with Connection: keep-alive stays and says so', async (server) => {
      const client = await server.connect();
      for (let count = 0; count < 3; count++) {
        client.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
        const response = await client.read();
        assert.equal(response.text, 'hi');
        assert.equal(response.header('connection')?.toLowerCase(), 'keep-alive');
      }
      client.send('GET / HTTP/1.0\r\n\r\n');
      assert.equal((await client.read()).text, 'hi');
      await client.closed();
      client.destroy();
    });

    serverTest('empty lines before a request line are skipped', async (server) => {
      const client = await server.connect();
      client.send(`\r\n\r\n${REQUEST}\r\n${REQUEST}`);
      const texts = (await client.readAll(2)).map(({ text }) => text);
      assert.deepEqual(texts, ['hi', 'hi']);
      client.destroy();
    });

    serverTest('a client that finished sending still gets its answer', async (server) => {
      const client = await server.connect();
      client.send(requestHead('GET', '/later'));
      client.finish();
      assert.equal((await client.read()).text, '/later');
      await client.closed();
      client.destroy();
    });

    serverTest('a client that leaves without reading harms nobody', async (server) => {
      for (let count = 0; count < 20; count++) {
        const client = await server.connect();
        client.send(`${requestHead('GET', '/later')}${requestHead('GET', '/bytes?size=2000000')}`);
        client.socket.resetAndDestroy();
      }
      assert.equal((await server.get('/')).text, 'hi');
    });

    serverTest('pipelined requests are answered in order', async (server) => {
      const client = await server.connect();
      const paths = Array.from({ length: 60 }, (_, at) => `/url?at=${at}`);
      client.send(paths.map((path) => requestHead('GET', path)).join(''));
      const texts = (await client.readAll(paths.length)).map(({ text }) => text);
      assert.deepEqual(
        texts,
        paths.map((path) => `GET ${path}`),
      );
      client.destroy();
    });

    serverTest('more pipelined requests than the limit wait their turn', async (server) => {
      const client = await server.connect();
      const paths = Array.from({ length: 500 }, (_, at) => `/later?at=${at}`);
      client.send(paths.map((path) => requestHead('GET', path)).join(''));
      const texts = (await client.readAll(paths.length)).map(({ text }) => text);
      assert.deepEqual(texts, paths);
      client.destroy();
    });

    serverTest('answers that come out of order leave in order', async (server) => {
      const client = await server.connect();
      client.send(`${requestHead('GET', '/hold?key=a')}${requestHead('GET', '/release?key=a')}`);
      const [first, second] = await client.readAll(2);
      assert.equal(first!.text, '/hold?key=a');
      assert.equal(second!.text, '/release?key=a');
      assert.ok(
        Number(first!.header('x-answered')) > Number(second!.header('x-answered')),
        'the handlers did answer in the other order',
      );
      client.destroy();
    });

    serverTest('answers of several kinds keep their order in one pipeline', async (server) => {
      const client = await server.connect();
      const paths = ['/hold?key=b', '/', '/resolved', '/later', '/empty', '/later', '/', '/release?key=b'];
      client.send(paths.map((path) => requestHead('GET', path)).join(''));
      const texts = (await client.readAll(paths.length)).map(({ text }) => text);
      assert.deepEqual(texts, [
        '/hold?key=b',
        'hi',
        '/resolved',
        '/later',
        '',
        '/later',
        'hi',
        '/release?key=b',
      ]);
      client.destroy();
    });

    serverTest('bodies between pipelined requests are told apart', async (server) => {
      const client = await server.connect();
      const bodies = ['one', '', 'GET / HTTP/1.1\r\n\r\n', 'x'.repeat(5000)];
      client.send(
        bodies
          .map((body) => requestHead('POST', '/body-later', { 'Content-Length': String(body.length) }) + body)
          .join(''),
      );
      const texts = (await client.readAll(bodies.length)).map(({ text }) => text);
      assert.deepEqual(texts, bodies);
      client.destroy();
    });

    serverTest('what follows a request with Connection: close is not answered', async (server) => {
      const client = await server.connect();
      client.send(`${requestHead('GET', '/later', { Connection: 'close' })}${REQUEST}`);
      assert.equal((await client.read()).text, '/later');
      await client.closed();
      client.destroy();
    });

    serverTest('connection: close of a late answer lets the earlier ones out first', async (server) => {
      const client = await server.connect();
      client.send(`${requestHead('GET', '/later')}${requestHead('GET', '/close')}`);
      const [first, second] = await client.readAll(2);
      assert.equal(first!.text, '/later');
      assert.equal(second!.text, 'last');
      await client.closed();
      client.destroy();
    });

    serverTest('an idle connection does not hold up others', async (server) => {
      const idle = await Promise.all(Array.from({ length: 100 }, () => server.connect()));
      const busy = await Promise.all(
        Array.from({ length: 100 }, async () => {
          const client = await RawClient.connect(server.target);
          const response = await client.get('/later');
          client.destroy();
          return response.status;
        }),
      );
      assert.deepEqual(new Set(busy), new Set([200]));
      for (const client of idle) {
        assert.equal((await client.get('/')).text, 'hi');
        client.destroy();
      }
    });
  });
}
