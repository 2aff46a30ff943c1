// The programs that people use, against a server with several workers.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe } from 'node:test';
import { promisify } from 'node:util';
import { Client, Pool } from 'undici';
import { fixture, root, temporaryFolder } from '../support/paths.js';
import { startApp, startMethods } from '../support/server.js';
import { describeServer } from '../support/shared-server.js';

const execute = promisify(execFile);

const AUTOCANNON = join(root, 'node_modules/autocannon/autocannon.js');

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['-v'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

const hasCurl = isInstalled('curl');
const hasWrk = isInstalled('wrk');

const curl = async (...args: string[]) =>
  (await execute('curl', ['--silent', '--show-error', '--max-time', '60', ...args], { maxBuffer: 2 ** 26 }))
    .stdout;

for (const startMethod of startMethods) {
  const start = () =>
    startApp(fixture('http-app.mjs'), { args: ['--workers', '2', '--start-method', startMethod] });

  describe(`real clients, start method ${startMethod}`, () => {
    if (!hasCurl) describe('curl', { skip: 'curl is not installed' }, () => {});
    else {
      describeServer('curl', start, (serverTest) => {
        serverTest('reuses its connection', async (server) => {
          const format = '%{http_code} %{num_connects}\n';
          const urls = ['/', '/later', '/url'].flatMap((path) => [
            '--output',
            '/dev/null',
            `${server.url}${path}`,
          ]);
          assert.equal(await curl('--write-out', format, ...urls), '200 1\n200 0\n200 0\n');
        });

        serverTest('uploads and downloads 10 MB, byte for byte', async (server) => {
          const folder = temporaryFolder();
          const body = randomBytes(10 * 1024 * 1024);
          writeFileSync(join(folder, 'up'), body);
          for (const extra of [[], ['--header', 'Transfer-Encoding: chunked'], ['--http1.0']]) {
            const args = ['--data-binary', `@${join(folder, 'up')}`, '--output', join(folder, 'down')];
            await curl(...args, ...extra, `${server.url}/echo`);
            assert.ok(readFileSync(join(folder, 'down')).equals(body), `curl ${extra.join(' ')}`);
          }
        });

        serverTest('gets HEAD, 204, HTTP/1.0 and a POST right', async (server) => {
          assert.match(
            await curl('--head', server.url),
            /^HTTP\/1\.1 200 OK\r\n[\s\S]*content-length: 2\r\n/i,
          );
          assert.match(
            await curl('--include', `${server.url}/status?code=204`),
            /^HTTP\/1\.1 204 No Content\r\n/,
          );
          assert.equal(await curl('--http1.0', `${server.url}/url`), 'GET /url');
          assert.equal(await curl('--data', 'a=1', `${server.url}/text`), 'a=1');
        });
      });
    }

    describeServer('undici', start, (serverTest) => {
      serverTest('keeps a pool busy with pipelining', async (server) => {
        const pool = new Pool(server.url, { connections: 8, pipelining: 16 });
        const answers = await Promise.all(
          Array.from({ length: 2000 }, async (_, at) => {
            const path = at % 3 === 0 ? `/later?${at}` : `/url?${at}`;
            const { statusCode, body } = await pool.request({ path, method: 'GET' });
            return [statusCode, await body.text(), path] as const;
          }),
        );
        for (const [statusCode, text, path] of answers) {
          assert.equal(statusCode, 200);
          assert.ok(text.endsWith(path));
        }
        await pool.close();
      });

      serverTest('uploads and downloads 10 MB, byte for byte', async (server) => {
        const client = new Client(server.url);
        const body = randomBytes(10 * 1024 * 1024);
        const { body: back } = await client.request({ path: '/echo', method: 'POST', body });
        assert.ok(Buffer.from(await back.arrayBuffer()).equals(body));
        await client.close();
      });

      serverTest('streams a chunked upload', async (server) => {
        const client = new Client(server.url);
        const parts = Array.from({ length: 100 }, () => randomBytes(10_000));
        const body = Readable.from(parts, { objectMode: false });
        const { body: back } = await client.request({ path: '/echo', method: 'POST', body });
        assert.ok(Buffer.from(await back.arrayBuffer()).equals(Buffer.concat(parts)));
        await client.close();
      });
    });

    describeServer('autocannon', start, (serverTest) => {
      serverTest('sees no error', async (server) => {
        const args = ['--json', '--connections', '50', '--pipelining', '8', '--amount', '20000', server.url];
        const { stdout } = await execute(process.execPath, [AUTOCANNON, ...args]);
        const result = JSON.parse(stdout);
        const { errors, timeouts, non2xx, mismatches } = result;
        assert.deepEqual(
          { errors, timeouts, non2xx, mismatches },
          { errors: 0, timeouts: 0, non2xx: 0, mismatches: 0 },
        );
        // At the end it drops what is still under way on each connection.
        assert.ok(result['2xx'] >= 20_000 - 50 * 8, `${result['2xx']} answers`);
      });
    });

    if (!hasWrk) describe('wrk', { skip: 'wrk is not installed' }, () => {});
    else {
      describeServer('wrk', start, (serverTest) => {
        serverTest('sees no error', async (server) => {
          const { stdout } = await execute('wrk', ['-t1', '-c64', '-d2s', `${server.url}/`]);
          assert.match(stdout, /\d+ requests in/);
          assert.doesNotMatch(stdout, /Socket errors|Non-2xx/);
        });
      });
    }
  });
}
