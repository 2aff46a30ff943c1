// Requests that arrive in pieces, cut at every byte. A second connection to the same worker serves as a fence:
// once its request is answered, the server has also read what was sent before on the first one.
import assert from 'node:assert/strict';
import { fixture } from '../support/paths.js';
import { type RawClient, requestHead } from '../support/raw-client.js';
import { startApp } from '../support/server.js';
import { describeServer } from '../support/shared-server.js';

const start = () => startApp(fixture('http-app.mjs'), { args: ['--workers', '1'] });

const CONVERSATIONS: Record<string, { bytes: string; texts: string[] }> = {
  'a request without body': {
    bytes: requestHead('GET', '/url?a=1', { Accept: '*/*', 'X-One': 'two words' }),
    texts: ['GET /url?a=1'],
  },
  'a request with a length': {
    bytes: `${requestHead('POST', '/text', { 'Content-Length': '11' })}hello world`,
    texts: ['hello world'],
  },
  'a chunked request': {
    bytes: `${requestHead('POST', '/text', { 'Transfer-Encoding': 'chunked' })}5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nT: 1\r\n\r\n`,
    texts: ['hello world'],
  },
  'a pipeline of all three': {
    bytes: [
      requestHead('GET', '/later?1'),
      `${requestHead('POST', '/body-later', { 'Transfer-Encoding': 'chunked' })}3\r\nabc\r\n0\r\n\r\n`,
      `${requestHead('POST', '/text', { 'Content-Length': '3' })}def`,
      requestHead('GET', '/url'),
    ].join(''),
    texts: ['/later?1', 'abc', 'def', 'GET /url'],
  },
};

async function passFence(fence: RawClient): Promise<void> {
  assert.equal((await fence.get('/')).text, 'hi');
}

describeServer('fragments', start, (serverTest) => {
  for (const [what, { bytes, texts }] of Object.entries(CONVERSATIONS)) {
    serverTest(`${what} may be cut anywhere`, async (server) => {
      const fence = await server.connect();
      for (let cut = 1; cut < bytes.length; cut++) {
        const client = await server.connect();
        client.send(bytes.slice(0, cut));
        await passFence(fence);
        client.send(bytes.slice(cut));
        const responses = await client.readAll(texts.length);
        const got = responses.map(({ text }) => text);
        assert.deepEqual(got, texts, `cut after byte ${cut}`);
        assert.equal(client.pending, '');
        client.destroy();
      }
      fence.destroy();
    });

    serverTest(`${what} may come byte by byte`, async (server) => {
      const fence = await server.connect();
      const client = await server.connect();
      for (const byte of bytes) {
        client.send(byte);
        await passFence(fence);
      }
      const got = (await client.readAll(texts.length)).map(({ text }) => text);
      assert.deepEqual(got, texts);
      client.destroy();
      fence.destroy();
    });
  }

  serverTest('headers of a request in pieces are right after an await', async (server) => {
    const fence = await server.connect();
    const bytes = requestHead('GET', '/headers-later', { 'X-One': 'value' });
    for (let cut = 1; cut < bytes.length; cut += 3) {
      const client = await server.connect();
      client.send(bytes.slice(0, cut));
      await passFence(fence);
      client.send(bytes.slice(cut));
      assert.equal(JSON.parse((await client.read()).text).one, 'value', `cut after byte ${cut}`);
      client.destroy();
    }
    fence.destroy();
  });

  serverTest('a broken request in pieces is a 400', async (server) => {
    const fence = await server.connect();
    const bytes = 'GET / HTTP/1.1\r\nHost: h\r\nX Y: 1\r\n\r\n';
    for (let cut = 1; cut < bytes.length; cut += 5) {
      const client = await server.connect();
      client.send(bytes.slice(0, cut));
      await passFence(fence);
      client.send(bytes.slice(cut));
      assert.equal((await client.read()).status, 400, `cut after byte ${cut}`);
      await client.closed();
      client.destroy();
    }
    fence.destroy();
  });
});
