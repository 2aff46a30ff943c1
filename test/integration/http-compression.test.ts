// Compression by negotiation: what is compressed, what is not, and what caches are told.
import assert from 'node:assert/strict';
import * as zlib from 'node:zlib';
import { fixture } from '../support/paths.js';
import { type RawResponse, requestHead } from '../support/raw-client.js';
import { type ServerProcess, startApp, startMethods } from '../support/server.js';
import { describeServer } from '../support/shared-server.js';
import { waitFor } from '../support/wait.js';

const zstd = zlib as unknown as Record<
  'zstdDecompressSync' | 'zstdCompressSync',
  typeof zlib.gunzipSync | undefined
>;
const DECODERS: Record<string, (bytes: Uint8Array) => Buffer> = {
  gzip: zlib.gunzipSync,
  deflate: zlib.inflateSync,
  br: zlib.brotliDecompressSync,
  ...(zstd.zstdDecompressSync && { zstd: zstd.zstdDecompressSync }),
};
const CODINGS = Object.keys(DECODERS);

function text(size: number): string {
  let words = '';
  for (let at = 0; words.length < size; at++) words += `word ${at} `;
  return words.slice(0, size);
}

const HTML = 'h=Content-Type:text/html';

async function get(server: ServerProcess, path: string, accept: string | undefined, method = 'GET') {
  const client = await server.connect();
  client.send(requestHead(method, path, accept === undefined ? {} : { 'Accept-Encoding': accept }));
  const response = await client.read(method);
  client.destroy();
  return response;
}

const decoded = (response: RawResponse): string => {
  const coding = response.header('content-encoding');
  return (coding === undefined ? response.body : DECODERS[coding]!(response.body)).toString();
};

for (const startMethod of startMethods) {
  const start = () =>
    startApp(fixture('api-app.mjs'), {
      args: [
        '--workers',
        '1',
        '--start-method',
        startMethod,
        '--compression',
        'on',
        '--max-body-size',
        '100000',
      ],
    });

  describeServer(`compression, start method ${startMethod}`, start, (serverTest) => {
    for (const coding of CODINGS) {
      serverTest(`${coding} of small and large, strings and bytes, now and later`, async (server) => {
        for (const size of [1024, 5000, 20_000, 300_000]) {
          for (const how of ['', '&bytes', '&later', '&later&bytes']) {
            const response = await get(server, `/text?size=${size}&${HTML}${how}`, coding);
            assert.equal(response.header('content-encoding'), coding);
            assert.equal(response.header('vary'), 'Accept-Encoding');
            assert.equal(response.header('content-length'), String(response.body.length));
            assert.ok(response.body.length < size / 2);
            assert.equal(decoded(response), text(size));
          }
        }
      });

      serverTest(`${coding} of streams`, async (server) => {
        for (const size of [1, 300_000]) {
          const response = await get(server, `/stream?size=${size}&${HTML}&h=content-length:${size}`, coding);
          assert.equal(response.header('content-encoding'), size === 1 ? undefined : coding);
          assert.equal(response.header('content-length'), size === 1 ? '1' : undefined);
          assert.equal(decoded(response), text(size));
        }
      });

      serverTest(`events get through ${coding} as they are sent`, async (server) => {
        for (const type of ['text/event-stream', 'text/plain']) {
          const client = await server.connect();
          const key = `${coding}-${type}`;
          client.send(requestHead('GET', `/events?key=${key}&type=${type}`, { 'Accept-Encoding': coding }));
          let pending = '';
          for (const data of ['one', 'two', 'three']) {
            await waitFor(
              'an event',
              () => client.pending.length > pending.length && /\r\n\r\n.+\r\n/s.test(client.pending),
            );
            pending = client.pending;
            await server.get(`/event?key=${key}&data=${data}`);
          }
          await waitFor('the last event', () => client.pending.length > pending.length);
          await server.get(`/event?key=${key}&end`);
          const expected = ['first', 'one', 'two', 'three'].map((data) => `data: ${data}\n\n`).join('');
          assert.equal(decoded(await client.read()), expected);
          client.destroy();
        }
      });
    }

    serverTest('answers of a pipeline keep their order', async (server) => {
      const client = await server.connect();
      const sizes = [300_000, 2000, 10, 100_000, 0, 5000];
      const heads = sizes.map((size) =>
        requestHead('GET', `/text?size=${size}&${HTML}`, { 'Accept-Encoding': 'gzip' }),
      );
      client.send(heads.join(''));
      for (const response of await client.readAll(sizes.length))
        assert.equal(decoded(response), text(sizes.shift()!));
      client.destroy();
    });

    serverTest('what is not to be compressed is not', async (server) => {
      const cases: [query: string, vary: string | undefined][] = [
        [`size=1023&${HTML}`, undefined],
        ['size=5000', undefined],
        ['size=5000&h=Content-Type:image/png', undefined],
        ['size=5000&h=Content-Type:application/zip', undefined],
        [`size=5000&${HTML}&h=Content-Encoding:x-own`, undefined],
        [`size=5000&${HTML}&h=Cache-Control:public, no-transform`, undefined],
        [`size=5000&${HTML}&h=Content-Digest:sha-256=:x:`, undefined],
        [`size=5000&${HTML}&code=206&h=Content-Range:bytes 0-4999/5000`, 'Accept-Encoding'],
      ];
      for (const [query, vary] of cases) {
        for (const path of ['/text', '/stream']) {
          if (path === '/stream' && /code=|size=1023/.test(query)) continue;
          const response = await get(server, `${path}?${query.replaceAll(' ', '%20')}`, 'gzip, br');
          assert.match(response.header('content-encoding') ?? 'x-own', /^x-own$/, query);
          assert.equal(response.header('vary'), vary, query);
          assert.match(response.text, /^word 0 word 1 /);
        }
      }
    });

    serverTest('types of text are compressed, whatever they are called', async (server) => {
      for (const type of [
        'application/json',
        'application/problem%2Bjson;charset=utf-8',
        'image/svg%2Bxml',
        'text/css',
      ]) {
        const response = await get(server, `/text?size=5000&h=Content-Type:${type}`, 'gzip');
        assert.equal(response.header('content-encoding'), 'gzip', type);
      }
    });

    serverTest('a client that wants it as it is gets that, and caches are told', async (server) => {
      for (const accept of [undefined, '', 'identity', 'lzma', 'gzip;q=0', 'gzip;q=0.1, identity']) {
        for (const path of ['/text', '/stream']) {
          const response = await get(server, `${path}?size=5000&${HTML}`, accept);
          assert.equal(response.header('content-encoding'), undefined);
          assert.equal(response.header('vary'), 'Accept-Encoding');
          assert.equal(response.text, text(5000));
        }
      }
    });

    serverTest('a client that refuses it as it is gets the smallest thing compressed', async (server) => {
      const response = await get(server, `/text?size=10&${HTML}`, 'gzip, identity;q=0');
      assert.equal(response.header('content-encoding'), 'gzip');
      assert.equal(decoded(response), text(10));
    });

    serverTest('Vary is added to, a strong ETag made weak, a weak one kept', async (server) => {
      const header = async (extra: string, name: string, accept = 'gzip') =>
        (await get(server, `/text?size=5000&${HTML}&${extra}`, accept)).header(name);
      assert.equal(await header('h=Vary:Cookie', 'vary'), 'Cookie, Accept-Encoding');
      assert.equal(await header('h=Vary:accept-encoding', 'vary'), 'accept-encoding');
      assert.equal(await header('h=Vary:*', 'vary'), '*');
      assert.equal(await header('h=etag:"a"', 'etag'), 'W/"a"');
      assert.equal(await header('h=ETag:W/"a"', 'etag'), 'W/"a"');
      assert.equal(await header('h=ETag:"a"', 'etag', 'identity'), '"a"');
    });

    serverTest('the same headers many times give the same answer', async (server) => {
      for (let round = 0; round < 5; round++) {
        for (const accept of ['gzip', 'br', undefined]) {
          const response = await get(server, `/text?size=5000&${HTML}&h=ETag:"same"`, accept);
          assert.equal(response.header('content-encoding'), accept);
          assert.equal(response.header('etag'), accept ? 'W/"same"' : '"same"');
        }
      }
    });

    serverTest('HEAD gets the headers of GET', async (server) => {
      for (const size of [10, 5000, 100_000]) {
        const path = `/text?size=${size}&${HTML}&h=ETag:"a"`;
        const headers = async (method: string) => {
          const response = await get(server, path, 'gzip', method);
          return ['content-encoding', 'content-length', 'vary', 'etag'].map((name) => response.header(name));
        };
        assert.deepEqual(await headers('HEAD'), await headers('GET'));
      }
      const stream = await get(server, `/stream?size=5000&${HTML}`, 'gzip', 'HEAD');
      assert.equal(stream.header('content-encoding'), 'gzip');
      const own = await get(server, `/head-only?${HTML}&h=Content-Length:5000`, 'gzip', 'HEAD');
      assert.deepEqual([own.header('content-encoding'), own.header('content-length')], ['gzip', undefined]);
      const short = await get(server, `/head-only?${HTML}&h=Content-Length:50`, 'gzip', 'HEAD');
      assert.deepEqual([short.header('content-encoding'), short.header('content-length')], [undefined, '50']);
    });

    serverTest('204 and 304 have no body and no coding', async (server) => {
      const nothing = await get(server, `/text?size=5000&code=204&${HTML}`, 'gzip');
      assert.deepEqual(
        [nothing.status, nothing.header('content-encoding'), nothing.body.length],
        [204, undefined, 0],
      );
      const same = await get(server, '/head-only?code=304&h=ETag:"a"', 'gzip');
      assert.deepEqual(
        [same.status, same.header('content-encoding'), same.header('vary'), same.header('etag')],
        [304, undefined, 'Accept-Encoding', 'W/"a"'],
      );
    });

    serverTest('a stream that fails breaks the connection off', async (server) => {
      const client = await server.connect();
      client.send(requestHead('GET', '/stream-fails', { 'Accept-Encoding': 'gzip' }));
      await assert.rejects(client.read(), /closed/);
      await server.logged('the reason', (line) => /the source failed/.test(JSON.stringify(line)));
    });

    serverTest('a client that goes ends the stream of the application', async (server) => {
      const client = await server.connect();
      client.send(
        requestHead('GET', '/events?key=gone&type=text/event-stream', { 'Accept-Encoding': 'gzip' }),
      );
      await waitFor('the first event', () => client.pending.length > 0);
      client.destroy();
      await waitFor('no stream', async () => {
        // A client may shut its own side and still read: only what is sent to it shows that it has gone.
        await server.get('/event?key=gone&data=x');
        return (await server.get('/open-streams')).text === '0';
      });
    });

    serverTest('compressed request bodies are inflated', async (server) => {
      const client = await server.connect();
      const body = text(90_000);
      const encoders: [string, (bytes: string) => Buffer][] = [
        ['gzip', zlib.gzipSync],
        ['deflate', zlib.deflateSync],
        ['deflate', zlib.deflateRawSync],
        ['br', zlib.brotliCompressSync],
      ];
      for (const [coding, encode] of encoders) {
        for (const path of ['/echo', '/echo-text', '/echo-stream']) {
          const response = await client.post(path, encode(body), { 'Content-Encoding': coding });
          assert.equal(response.text, body, `${path} ${coding}`);
        }
      }
      client.destroy();
    });

    serverTest('a body that cannot be inflated has the status that says so', async (server) => {
      const post = async (coding: string, body: Uint8Array) => {
        const client = await server.connect();
        const response = await client.post('/echo', body, { 'Content-Encoding': coding });
        client.destroy();
        return response;
      };
      assert.equal((await post('gzip', zlib.gzipSync(text(100_001)))).status, 413);
      assert.equal((await post('gzip', zlib.gzipSync(Buffer.alloc(50_000_000)))).status, 413);
      const unknown = await post('lzma', Buffer.from('x'));
      assert.equal(unknown.status, 415);
      assert.match(unknown.header('accept-encoding')!, /gzip/);
      assert.equal((await post('gzip', Buffer.from('this is not gzip'))).status, 400);
      assert.equal((await post('br', zlib.brotliCompressSync(text(5000)).subarray(0, 50))).status, 400);
      assert.equal((await post('gzip', zlib.gzipSync(''))).status, 200);
    });
  });
}

describeServer(
  'compression off',
  () => startApp(fixture('api-app.mjs'), { args: ['--workers', '1'] }),
  (serverTest) => {
    serverTest('nothing is compressed or inflated', async (server) => {
      const response = await get(server, `/text?size=5000&${HTML}`, 'gzip');
      assert.deepEqual(
        [response.header('content-encoding'), response.header('vary')],
        [undefined, undefined],
      );
      const client = await server.connect();
      const body = zlib.gzipSync('x');
      assert.deepEqual((await client.post('/echo', body, { 'Content-Encoding': 'gzip' })).body, body);
      client.destroy();
    });
  },
);
