// Files as answers: what is sent of them, and when nothing has to be.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixture, temporaryFolder } from '../support/paths.js';
import { requestHead } from '../support/raw-client.js';
import { startApp } from '../support/server.js';
import { describeServer } from '../support/shared-server.js';
import { waitFor } from '../support/wait.js';

const folder = temporaryFolder();
const large = randomBytes(9_000_000);
const small = Buffer.from('0123456789');
const text = Buffer.from('a line of text\n'.repeat(20_000));
writeFileSync(join(folder, 'large'), large);
writeFileSync(join(folder, 'small'), small);
writeFileSync(join(folder, 'text'), text);
writeFileSync(join(folder, 'empty'), '');
mkdirSync(join(folder, 'folder'));
const MODIFIED = 'Sun, 06 Nov 1994 08:49:37 GMT';
utimesSync(join(folder, 'small'), new Date(MODIFIED), new Date(MODIFIED));

for (const compression of ['off', 'gzip']) {
  const start = () =>
    startApp(fixture('api-app.mjs'), {
      args: ['--workers', '1', '--compression', compression],
      env: { FILES: folder },
    });

  describeServer(`files, compression ${compression}`, start, (serverTest) => {
    serverTest('a file comes whole, with what it is known by', async (server) => {
      const client = await server.connect();
      for (const [name, bytes] of [
        ['large', large],
        ['small', small],
        ['empty', Buffer.alloc(0)],
      ] as const) {
        for (let round = 0; round < 2; round++) {
          const response = await client.get(`/file?name=${name}`);
          assert.equal(response.status, 200);
          assert.equal(response.header('content-length'), String(bytes.length));
          assert.equal(response.header('accept-ranges'), 'bytes');
          assert.match(response.header('etag')!, /^"[\w-]+"$/);
          assert.ok(Date.parse(response.header('last-modified')!) <= Date.now());
          assert.equal(Buffer.compare(response.body, bytes), 0);
        }
      }
      client.destroy();
    });

    serverTest('files of a pipeline leave in order', async (server) => {
      const client = await server.connect();
      const names = ['large', 'small', 'large', 'empty', 'small'];
      client.send(names.map((name) => requestHead('GET', `/file?name=${name}`)).join(''));
      for (const response of await client.readAll(names.length)) {
        const expected = { large, small, empty: Buffer.alloc(0) }[names.shift()!]!;
        assert.equal(Buffer.compare(response.body, expected), 0);
      }
      client.destroy();
    });

    serverTest('HEAD gets the headers', async (server) => {
      const client = await server.connect();
      client.send(requestHead('HEAD', '/file?name=small'));
      const response = await client.read('HEAD');
      assert.deepEqual(
        [response.header('content-length'), response.header('last-modified')],
        ['10', MODIFIED],
      );
      assert.equal((await client.get('/file?name=small')).text, '0123456789');
      client.destroy();
    });

    serverTest('a file that has not changed is not sent again', async (server) => {
      const client = await server.connect();
      const etag = (await client.get('/file?name=small')).header('etag')!;
      const conditions: Record<string, string>[] = [
        { 'If-None-Match': etag },
        { 'If-None-Match': `"x", W/${etag}` },
        { 'If-Modified-Since': MODIFIED },
      ];
      for (const condition of conditions) {
        const response = await client.get('/file?name=small&h=cache-control:max-age%3D5', condition);
        assert.equal(response.status, 304);
        assert.equal(response.header('etag'), etag);
        assert.equal(response.header('cache-control'), 'max-age=5');
        assert.equal(response.header('content-length'), undefined);
      }
      assert.equal((await client.get('/file?name=small', { 'If-None-Match': '"x"' })).status, 200);
      assert.equal((await client.get('/file?name=small', { 'If-Match': '"x"' })).status, 412);
      client.destroy();
    });

    serverTest('headers of the application win', async (server) => {
      const client = await server.connect();
      const url = '/file?name=small&h=ETag:"v1"&h=Content-Type:text/x-own';
      const response = await client.get(url);
      assert.deepEqual([response.header('etag'), response.header('content-type')], ['"v1"', 'text/x-own']);
      assert.equal((await client.get(url, { 'If-None-Match': '"v1"' })).status, 304);
      client.destroy();
    });

    serverTest('a range is sent alone', async (server) => {
      const client = await server.connect();
      const range = async (name: string, value: string, more = {}) =>
        client.get(`/file?name=${name}`, { Range: value, ...more });
      const middle = await range('small', 'bytes=2-4');
      assert.equal(middle.status, 206);
      assert.equal(middle.text, '234');
      assert.equal(middle.header('content-range'), 'bytes 2-4/10');
      assert.equal(middle.header('content-length'), '3');
      assert.equal((await range('small', 'bytes=-3')).text, '789');
      const big = await range('large', 'bytes=1000000-8999998');
      assert.equal(Buffer.compare(big.body, large.subarray(1_000_000, 8_999_999)), 0);
      const beyond = await range('small', 'bytes=10-');
      assert.deepEqual(
        [beyond.status, beyond.header('content-range'), beyond.body.length],
        [416, 'bytes */10', 0],
      );
      assert.equal((await range('small', 'bytes=2-4', { 'If-Range': '"old"' })).status, 200);
      assert.equal((await range('small', 'bytes=2-4', { 'If-Range': MODIFIED })).status, 206);
      client.destroy();
    });

    serverTest('conditions are for what would be a 200', async (server) => {
      const client = await server.connect();
      const response = await client.get('/file?name=small&code=404', {
        'If-None-Match': '*',
        Range: 'bytes=0-1',
      });
      assert.deepEqual([response.status, response.text], [404, '0123456789']);
      client.destroy();
    });

    serverTest('what cannot be opened is the caller’s to answer', async (server) => {
      const missing = await server.get('/file?name=none');
      assert.deepEqual([missing.status, missing.text], [404, 'ENOENT']);
      const directory = await server.get('/file?name=folder');
      assert.deepEqual([directory.status, directory.text], [500, 'ERR_PRONGHORN_HTTP_FILE']);
    });

    serverTest('a handle of the application stays open until it closes it', async (server) => {
      assert.equal((await server.get('/file-handle?name=small')).text, '0123456789');
    });

    serverTest('a file can be answered with once', async (server) => {
      assert.equal((await server.get('/file-twice?name=small')).text, '0123456789');
      await waitFor('the error', () =>
        /second answer: ERR_PRONGHORN_HTTP_(FILE|ALREADY)/.test(server.stderr),
      );
    });

    serverTest('no descriptor is left, also when clients go in the middle', async (server) => {
      const count = async () => Number((await server.get('/descriptors')).text);
      const before = await count();
      for (let round = 0; round < 20; round++) {
        const client = await server.connect();
        client.socket.pause();
        client.send(requestHead('GET', '/file?name=large').repeat(2));
        await new Promise((resolve) => setTimeout(resolve, 10));
        client.destroy();
      }
      await waitFor('the files to be closed', async () => (await count()) <= before);
    });

    serverTest('a compressible file is compressed where clients and server like it', async (server) => {
      const client = await server.connect();
      const url = '/file?name=text&h=Content-Type:text/plain';
      const response = await client.get(url, { 'Accept-Encoding': 'gzip' });
      if (compression === 'off') {
        assert.equal(Buffer.compare(response.body, text), 0);
        assert.equal(response.header('vary'), undefined);
      } else {
        const { gunzipSync } = await import('node:zlib');
        assert.equal(response.header('content-encoding'), 'gzip');
        assert.equal(response.header('vary'), 'Accept-Encoding');
        assert.equal(Buffer.compare(gunzipSync(response.body), text), 0);
        const etag = response.header('etag')!;
        assert.match(etag, /^W\/"/);
        const again = await client.get(url, { 'Accept-Encoding': 'gzip', 'If-None-Match': etag });
        assert.deepEqual(
          [again.status, again.header('etag'), again.header('vary')],
          [304, etag, 'Accept-Encoding'],
        );
        const part = await client.get(url, { 'Accept-Encoding': 'gzip', Range: 'bytes=0-3' });
        assert.deepEqual([part.status, part.text, part.header('content-encoding')], [206, 'a li', undefined]);
      }
      client.destroy();
    });
  });
}
