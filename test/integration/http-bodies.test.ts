// Bodies in both directions, compared byte for byte.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { fixture } from '../support/paths.js';
import { requestHead } from '../support/raw-client.js';
import { startApp, startMethods } from '../support/server.js';
import { describeServer } from '../support/shared-server.js';

const TEN_MEGABYTES = 10 * 1024 * 1024;

const CHUNKED = { 'Transfer-Encoding': 'chunked' };

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** As many bytes as asked for, in the pattern of the application's /bytes. */
function pattern(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at++) bytes[at] = (at * 31 + (at >> 8)) & 255;
  return bytes;
}

/** A chunked body, its parts of growing sizes. */
function chunked(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0, size = 1; at < body.length; at += size, size = Math.min(size * 2, 70_000)) {
    const part = body.subarray(at, at + size);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

for (const startMethod of startMethods) {
  const start = () =>
    startApp(fixture('http-app.mjs'), { args: ['--workers', '1', '--start-method', startMethod] });

  describeServer(`bodies, start method ${startMethod}`, start, (serverTest) => {
    serverTest('a request body comes back as it was, at every size', async (server) => {
      const client = await server.connect();
      for (const size of [0, 1, 15, 16, 17, 1023, 4096, 16_384, 65_535, 65_536, 65_537, 262_144, 1_000_000]) {
        const body = randomBytes(size);
        const response = await client.post('/echo', body, { 'Content-Type': 'application/x-test' });
        assert.equal(response.status, 200);
        assert.equal(response.header('content-length'), String(size));
        assert.equal(response.header('content-type'), 'application/x-test');
        assert.equal(digest(response.body), digest(body), `a body of ${size} bytes`);
      }
      client.destroy();
    });

    serverTest('a chunked request body is put together', async (server) => {
      const client = await server.connect();
      for (const size of [0, 1, 1000, 100_000, 1_000_000]) {
        const body = randomBytes(size);
        client.send(requestHead('POST', '/echo', CHUNKED));
        client.send(chunked(body));
        const response = await client.read();
        assert.equal(digest(response.body), digest(body), `a body of ${size} bytes`);
      }
      client.destroy();
    });

    serverTest('chunk extensions and trailers do not get into the body', async (server) => {
      const client = await server.connect();
      client.send(requestHead('POST', '/text', CHUNKED));
      client.send('4;name=value\r\nwiki\r\nA;x="y"\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\n');
      assert.equal((await client.read()).text, 'wiki0123456789');
      assert.equal((await client.get('/')).text, 'hi', 'the connection goes on');
      client.destroy();
    });

    serverTest('a client that waits for 100 Continue gets it', async (server) => {
      const client = await server.connect();
      client.send(requestHead('POST', '/text', { 'Content-Length': '5', Expect: '100-continue' }));
      assert.equal((await client.read()).status, 100);
      client.send('hello');
      assert.equal((await client.read()).text, 'hello');
      client.destroy();
    });

    serverTest('10 MB go up and come back the same', async (server) => {
      const client = await server.connect();
      const body = randomBytes(TEN_MEGABYTES);
      const response = await client.post('/echo', body);
      assert.equal(response.body.length, body.length);
      assert.equal(digest(response.body), digest(body));
      assert.equal((await client.get('/')).text, 'hi', 'the connection goes on');
      client.destroy();
    });

    serverTest('10 MB go up in chunks and come back the same', async (server) => {
      const client = await server.connect();
      const body = randomBytes(TEN_MEGABYTES);
      client.send(requestHead('POST', '/echo', CHUNKED));
      client.send(chunked(body));
      const response = await client.read();
      assert.equal(digest(response.body), digest(body));
      client.destroy();
    });

    serverTest('10 MB come down as they are', async (server) => {
      const client = await server.connect();
      const response = await client.get(`/bytes?size=${TEN_MEGABYTES}`);
      assert.equal(response.header('content-length'), String(TEN_MEGABYTES));
      assert.equal(digest(response.body), digest(pattern(TEN_MEGABYTES)));
      client.destroy();
    });

    serverTest('large answers of a pipeline leave whole and in order', async (server) => {
      const client = await server.connect();
      const sizes = [3_000_000, 10, 2_000_000, 0, 1_000_000];
      client.send(sizes.map((size) => requestHead('GET', `/bytes?size=${size}`)).join(''));
      for (const size of sizes) {
        assert.equal(digest((await client.read()).body), digest(pattern(size)), `an answer of ${size} bytes`);
      }
      client.destroy();
    });

    serverTest('a client that reads late gets everything', async (server) => {
      const client = await server.connect();
      client.socket.pause();
      client.send(requestHead('GET', `/bytes?size=${TEN_MEGABYTES}`));
      for (let count = 0; count < 20; count++) assert.equal((await server.get('/later')).status, 200);
      client.socket.resume();
      assert.equal(digest((await client.read()).body), digest(pattern(TEN_MEGABYTES)));
      client.destroy();
    });

    serverTest('many bodies at once do not mix', async (server) => {
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const client = await server.connect();
          const body = randomBytes(200_000);
          const response = await client.post('/echo', body);
          client.destroy();
          return digest(response.body) === digest(body);
        }),
      );
      assert.deepEqual(new Set(outcomes), new Set([true]));
    });

    serverTest('text and json are decoded as UTF-8', async (server) => {
      const client = await server.connect();
      assert.equal((await client.post('/text', 'žluť 🦌')).text, 'žluť 🦌');
      assert.equal((await client.post('/text', '')).text, '');
      assert.deepEqual(JSON.parse((await client.post('/json', '{"kůň":[1,"🦌"]}')).text), {
        kůň: [1, '🦌'],
      });
      client.destroy();
    });

    serverTest('a string answer is measured in bytes', async (server) => {
      const response = await server.get('/unicode');
      assert.equal(response.text, 'žluťoučký kůň 🦌');
      assert.equal(response.header('content-length'), String(Buffer.byteLength('žluťoučký kůň 🦌')));
    });

    serverTest('a body is there after an await', async (server) => {
      const client = await server.connect();
      const body = 'x'.repeat(10_000);
      assert.equal((await client.post('/body-later', body)).text, body);
      client.destroy();
    });

    serverTest('a body that nobody reads does not disturb the next request', async (server) => {
      const client = await server.connect();
      for (let count = 0; count < 5; count++) {
        assert.equal((await client.post('/', 'y'.repeat(50_000))).text, 'hi');
      }
      client.destroy();
    });

    serverTest('invalid JSON in a body is a 500 of the handler, not of the worker', async (server) => {
      const client = await server.connect();
      assert.equal((await client.post('/json', '{')).status, 500);
      client.destroy();
      assert.equal((await server.get('/')).text, 'hi');
    });
  });
}
