// What the server answers by itself: to requests that are broken or too large, and when a handler fails.
import assert from 'node:assert/strict';
import { fixture } from '../support/paths.js';
import { type RawResponse, requestHead } from '../support/raw-client.js';
import { type ServerProcess, startApp, startMethods } from '../support/server.js';
import { describeServer } from '../support/shared-server.js';

/** Sends bytes on a new connection, expects one answer and then the end of the connection. */
async function lastAnswer(server: ServerProcess, bytes: string): Promise<RawResponse> {
  const client = await server.connect();
  client.send(bytes);
  const response = await client.read();
  assert.equal(response.header('connection')?.toLowerCase(), 'close');
  await client.closed();
  client.destroy();
  return response;
}

const BROKEN: Record<string, string> = {
  'no request at all': 'this is not HTTP\r\n\r\n',
  'a TLS hello': '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n',
  'no version': 'GET /\r\n\r\n',
  'an unknown version': 'GET / HTTP/9.9\r\nHost: h\r\n\r\n',
  'an unknown method': 'FROB / HTTP/1.1\r\nHost: h\r\n\r\n',
  'a blank in a header name': 'GET / HTTP/1.1\r\nHost: h\r\nX Y: 1\r\n\r\n',
  'a blank before the colon': 'GET / HTTP/1.1\r\nHost : h\r\n\r\n',
  'a header without a colon': 'GET / HTTP/1.1\r\nHost: h\r\nnonsense\r\n\r\n',
  'a folded header': 'GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n',
  'a NUL in a header': 'GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n',
  'a bare carriage return': 'GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n',
  'no Host in HTTP/1.1': 'GET / HTTP/1.1\r\nX: 1\r\n\r\n',
  'two lengths': 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
  'a length that is no number': 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1x\r\n\r\na',
  'a negative length': 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n',
  'a length past 64 bits': 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n',
  'a length and chunks':
    'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'an encoding after chunked': 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, gzip\r\n\r\n',
  'a chunk size that is no number':
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n0\r\n\r\n',
  'a chunk longer than its size':
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n',
};

for (const startMethod of startMethods) {
  const args = ['--workers', '1', '--start-method', startMethod, '--max-body-size', '1000'];
  const start = () => startApp(fixture('http-app.mjs'), { args });

  describeServer(`errors, start method ${startMethod}`, start, (serverTest) => {
    for (const [what, bytes] of Object.entries(BROKEN)) {
      serverTest(`${what} is answered and ends the connection`, async (server) => {
        const response = await lastAnswer(server, bytes);
        const allowed = what.includes('version') ? [400, 505] : [400];
        if (what === 'an unknown method') allowed.push(501);
        if (what === 'a length past 64 bits') allowed.push(413);
        assert.ok(allowed.includes(response.status), `the answer is ${response.status}`);
      });
    }

    for (const what of ['object', 'floats']) {
      serverTest(
        `a body that is no body (${what}) is a 500, not a request without an answer`,
        async (server) => {
          const client = await server.connect();
          assert.equal((await client.get(`/body-is-${what}`)).status, 500);
          assert.equal((await client.get('/')).text, 'hi');
          client.destroy();
        },
      );
    }

    serverTest('a client that breaks its upload off is no failure of the handler', async (server) => {
      const failures = () => server.log.filter(({ url }) => url === '/text').length;
      const before = failures();
      const client = await server.connect();
      client.send(`${requestHead('POST', '/text', { 'Content-Length': '100' })}abc`);
      client.destroy();
      await server.logged('debug', ({ url, msg }) => url === '/text' && msg === 'client gone');
      assert.equal(failures(), before + 1);
    });

    serverTest('good requests before a broken one are answered first', async (server) => {
      const client = await server.connect();
      client.send(`${requestHead('GET', '/later')}${requestHead('GET', '/')}broken\r\n\r\n`);
      const [first, second, third] = await client.readAll(3);
      assert.equal(first!.text, '/later');
      assert.equal(second!.text, 'hi');
      assert.equal(third!.status, 400);
      await client.closed();
      client.destroy();
    });

    serverTest('a body of exactly the limit is taken, one byte more is a 413', async (server) => {
      const client = await server.connect();
      assert.equal((await client.post('/text', 'a'.repeat(1000))).text.length, 1000);
      client.destroy();
      const head = requestHead('POST', '/text', { 'Content-Length': '1001' });
      assert.equal((await lastAnswer(server, head)).status, 413, 'known from the head alone');
      assert.equal((await lastAnswer(server, head + 'a'.repeat(1001))).status, 413);
    });

    serverTest('a chunked body past the limit is a 413', async (server) => {
      const chunk = `${(600).toString(16)}\r\n${'a'.repeat(600)}\r\n`;
      const head = requestHead('POST', '/text', { 'Transfer-Encoding': 'chunked' });
      assert.equal((await lastAnswer(server, `${head}${chunk}${chunk}`)).status, 413);
    });

    serverTest('a head past the limit is a 431', async (server) => {
      const head = requestHead('GET', '/', { 'X-Large': 'a'.repeat(17_000) });
      assert.equal((await lastAnswer(server, head)).status, 431);
    });

    serverTest('a head past the limit is a 431 before it ends', async (server) => {
      const head = `GET / HTTP/1.1\r\nHost: h\r\nX-Large: ${'a'.repeat(20_000)}`;
      assert.equal((await lastAnswer(server, head)).status, 431);
    });

    serverTest('more headers than the limit are a 431', async (server) => {
      const lines = (count: number) =>
        Object.fromEntries(Array.from({ length: count }, (_, at) => [`X-${at}`, '1']));
      const client = await server.connect();
      assert.equal((await client.get('/', lines(99))).status, 200, 'with Host exactly the limit');
      client.destroy();
      assert.equal((await lastAnswer(server, requestHead('GET', '/', lines(100)))).status, 431);
    });

    const failures: Record<string, string> = {
      '/throw': 'thrown by the handler',
      '/reject': 'rejected by the handler',
      '/reject-later': 'rejected later by the handler',
    };
    for (const [path, message] of Object.entries(failures)) {
      serverTest(`a handler that fails (${path}) gives a 500, a logged error and goes on`, async (server) => {
        const client = await server.connect();
        const pid = (await client.get('/pid')).text;
        const response = await client.get(path);
        assert.equal(response.status, 500);
        assert.ok(!response.text.includes(message), 'the error is for the log, not for the client');
        const line = await server.logged(`"${message}"`, (entry) => JSON.stringify(entry).includes(message));
        assert.equal(line.level, 'error');
        assert.match(JSON.stringify(line), /http-app\.mjs/, 'the log tells where the error comes from');
        assert.equal((await client.get('/pid')).text, pid, 'the same worker on the same connection');
        client.destroy();
      });
    }

    serverTest('a handler may throw null', async (server) => {
      assert.equal((await server.get('/throw-null')).status, 500);
      assert.equal((await server.get('/')).text, 'hi');
    });

    serverTest('a handler that throws after its answer is logged, the answer stands', async (server) => {
      const client = await server.connect();
      assert.equal((await client.get('/throw-after-answer')).text, 'answered before');
      await server.logged('the error', (line) => JSON.stringify(line).includes('thrown after the answer'));
      assert.equal((await client.get('/')).text, 'hi');
      client.destroy();
    });

    serverTest('a failing handler in a pipeline fails only its own request', async (server) => {
      const client = await server.connect();
      const paths = ['/', '/throw', '/later', '/reject', '/reject-later', '/'];
      client.send(paths.map((path) => requestHead('GET', path)).join(''));
      const statuses = (await client.readAll(paths.length)).map(({ status }) => status);
      assert.deepEqual(statuses, [200, 500, 200, 500, 500, 200]);
      client.destroy();
    });
  });
}
