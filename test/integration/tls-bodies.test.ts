// Bytes through TLS: large ones in both directions, small ones in numbers, slow ones, and the end.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Authority } from '../support/certificates.js';
import { requestHead } from '../support/raw-client.js';
import { startMethods } from '../support/server.js';
import { describeServer } from '../support/shared-server.js';
import { connectTls, startTlsApp } from '../support/tls-client.js';
import { within } from '../support/wait.js';

const tls = new Authority().issue('own', ['localhost']);
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
const MIB = 1024 * 1024;

function pattern(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at++) bytes[at] = (at * 31 + (at >> 8)) & 255;
  return bytes;
}

for (const startMethod of startMethods) {
  const start = () =>
    startTlsApp({
      listen: { host: '127.0.0.1', port: 0, tls },
      args: ['--workers', '1', '--start-method', startMethod],
    });

  describeServer(`bytes through TLS, start method ${startMethod}`, start, (serverTest) => {
    for (const version of VERSIONS) {
      const only = { minVersion: version, maxVersion: version };

      serverTest(`${version}: bodies of every size come back whole`, async (server) => {
        const { raw } = await connectTls(server.port, only);
        for (const size of [0, 1, 1023, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 200_000, 5 * MIB]) {
          const body = pattern(size);
          const response = await raw.post('/echo', body);
          assert.equal(response.status, 200);
          assert.ok(response.body.equals(body), `${size} bytes`);
        }
        raw.destroy();
      });

      serverTest(`${version}: a client that reads late gets all of it`, async (server) => {
        const { socket, raw } = await connectTls(server.port, only);
        socket.pause();
        raw.send(requestHead('GET', `/bytes?size=${12 * MIB}`));
        const other = await connectTls(server.port, only);
        assert.equal((await other.raw.get('/')).text, 'hi', 'others are served meanwhile');
        other.raw.destroy();
        socket.resume();
        const response = await raw.read();
        assert.ok(response.body.equals(pattern(12 * MIB)));
        raw.destroy();
      });
    }

    serverTest('many connections with large bodies at once', async (server) => {
      const body = pattern(MIB);
      const echoes = Array.from({ length: 8 }, async () => {
        const { raw } = await connectTls(server.port);
        const response = await raw.post('/echo', body);
        raw.destroy();
        return response.body.equals(body);
      });
      assert.deepEqual([...new Set(await Promise.all(echoes))], [true]);
    });

    serverTest('pipelined requests are answered in order', async (server) => {
      const { raw } = await connectTls(server.port);
      const urls = Array.from({ length: 500 }, (_, i) => `/url?number=${i}`);
      raw.send(urls.map((url) => requestHead('GET', url)).join(''));
      const responses = await raw.readAll(urls.length);
      assert.deepEqual(
        responses.map(({ text }) => text),
        urls.map((url) => `GET ${url}`),
      );
      raw.destroy();
    });

    serverTest('pipelined requests whose answers come later, with large bodies between', async (server) => {
      const { raw } = await connectTls(server.port);
      const body = pattern(100_000);
      for (let round = 0; round < 5; round++) {
        raw.send(requestHead('GET', `/later?round=${round}`));
        raw.send(requestHead('POST', '/echo', { 'Content-Length': String(body.length) }));
        raw.send(body);
        raw.send(requestHead('GET', `/bytes?size=${body.length}`));
      }
      for (let round = 0; round < 5; round++) {
        assert.equal((await raw.read()).text, `/later?round=${round}`);
        assert.ok((await raw.read()).body.equals(body));
        assert.ok((await raw.read()).body.equals(body));
      }
      raw.destroy();
    });

    serverTest('a request in a record per byte', async (server) => {
      const { raw } = await connectTls(server.port);
      for (const letter of requestHead('GET', '/url')) raw.send(letter);
      assert.equal((await raw.read()).text, 'GET /url');
      raw.destroy();
    });

    serverTest('a connection that was taken over carries bytes both ways, to the end', async (server) => {
      const { socket, raw } = await connectTls(server.port);
      raw.send(requestHead('GET', '/upgrade', { Connection: 'Upgrade', Upgrade: 'echo' }));
      assert.equal((await raw.read()).status, 101);
      raw.discard();
      const chunks: Buffer[] = [];
      socket.on('data', (chunk) => chunks.push(chunk));
      const bytes = pattern(3 * MIB);
      socket.end(bytes);
      await within('the end of the echo', once(socket, 'end'));
      assert.ok(Buffer.concat(chunks).equals(bytes));
    });

    serverTest('the end is told by TLS, not only by the socket', async (server) => {
      const { socket, raw } = await connectTls(server.port);
      const ended = once(socket, 'end');
      const response = await raw.get('/close');
      assert.equal(response.text, 'last');
      await within('the end of the connection', ended);
      assert.equal(raw.error, undefined);
    });

    serverTest('a client that says its end still gets its answer', async (server) => {
      const { raw } = await connectTls(server.port);
      raw.send(requestHead('GET', '/later'));
      raw.finish();
      assert.equal((await raw.read()).text, '/later');
      await raw.closed();
    });

    serverTest('a request that is refused gets its answer', async (server) => {
      const { raw } = await connectTls(server.port);
      raw.send('GET / HTTP/1.1\r\nHost : broken\r\n\r\n');
      assert.equal((await raw.read()).status, 400);
      await raw.closed();
    });
  });
}
