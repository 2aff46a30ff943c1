// The access log: a whole line for each request, also for those that were not answered or could not be read, whoever writes
// at the same time and whoever moves the file away.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { commandLine, temporaryFolder } from '../support/paths.js';
import {
  kindArguments,
  runToEnd,
  type ServerProcess,
  startApp,
  withServer,
  workerKindNames,
} from '../support/server.js';
import { waitFor } from '../support/wait.js';

const APP = `export default (request) => {
  switch (request.path) {
    case '/never':
      return;
    case '/stream': {
      const stream = request.stream();
      stream.write('abc');
      setImmediate(() => stream.end('defg'));
      return;
    }
    case '/later':
      setTimeout(() => request.respond({ code: 404, body: 'nothing' }), 5);
      return;
    default:
      request.respond({ body: 'hello' });
  }
};
`;

function place(): { app: string; log: string } {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'app.mjs'), APP);
  return { app: join(folder, 'app.mjs'), log: join(folder, 'access.log') };
}

const linesOf = (path: string) =>
  existsSync(path) ? readFileSync(path, 'latin1').split('\n').slice(0, -1) : [];

const started = (app: string, log: string, ...args: string[]) =>
  startApp(app, { args: ['--access-log', log, ...args] });

async function line(log: string, matches: RegExp): Promise<string> {
  return waitFor(`a line ${matches}`, () => linesOf(log).find((text) => matches.test(text)));
}

/** Sends, and reads until the server has closed. */
async function sendRaw(server: ServerProcess, bytes: string): Promise<void> {
  const client = await server.connect();
  client.discard();
  client.send(bytes);
  await client.closed();
  client.destroy();
}

const CLOSE = 'Host: h\r\nConnection: close\r\n';

test('combined: what was asked, by whom, and what came of it', () => {
  const { app, log } = place();
  return withServer(
    () => started(app, log, '--workers', '1'),
    async (server) => {
      await sendRaw(
        server,
        `GET /a?b="c HTTP/1.1\r\n${CLOSE}Referer: http://x/\r\nUSER-AGENT: \t"curl\\" \xe9\r\n\r\n`,
      );
      const time = '\\[\\d\\d/[A-Z][a-z]{2}/\\d{4}:\\d\\d:\\d\\d:\\d\\d \\+0000\\]';
      const first = await line(log, /GET/);
      assert.match(first, new RegExp(`^127\\.0\\.0\\.1 - - ${time} "GET /a\\?b=`));
      assert.ok(
        first.endsWith('"GET /a?b=\\x22c HTTP/1.1" 200 5 "http://x/" "\\x22curl\\x5c\\x22 \\xe9"'),
        first,
      );
      await sendRaw(server, `HEAD /head HTTP/1.1\r\n${CLOSE}\r\n`);
      assert.match(await line(log, /HEAD/), /"HEAD \/head HTTP\/1\.1" 200 0 "-" "-"$/);
      await sendRaw(server, `GET /stream HTTP/1.1\r\n${CLOSE}\r\n`);
      assert.match(await line(log, /stream/), / 200 7 "-" "-"$/);
      await sendRaw(server, `POST /later HTTP/1.0\r\nContent-Length: 0\r\n\r\n`);
      assert.match(await line(log, /later/), /"POST \/later HTTP\/1\.0" 404 7 /);
      await sendRaw(server, 'what is this\r\n\r\n');
      assert.match(await line(log, /"-" 400 /), /\] "-" 400 \d+ "-" "-"$/);
      const client = await server.connect();
      client.send('GET /never HTTP/1.1\r\nHost: h\r\n\r\n');
      await server.get('/');
      client.socket.resetAndDestroy();
      assert.match(await line(log, /never/), /"GET \/never HTTP\/1\.1" 499 0 /);
    },
  );
});

test('json, behind a trusted proxy', () => {
  const { app, log } = place();
  const args = ['--workers', '1', '--access-log-format', 'json', '--trusted-proxies', '127.0.0.1'];
  return withServer(
    () => started(app, log, ...args),
    async (server) => {
      await sendRaw(
        server,
        `GET /p"q HTTP/1.1\r\n${CLOSE}X-Forwarded-For: 192.0.2.7\r\nUser-Agent: a\\b\r\n\r\n`,
      );
      const { time, durationUs, ...rest } = JSON.parse(await line(log, /GET/)) as Record<string, unknown>;
      assert.deepEqual(rest, {
        remoteAddress: '192.0.2.7',
        method: 'GET',
        url: '/p"q',
        protocol: 'HTTP/1.1',
        status: 200,
        bytes: 5,
        userAgent: 'a\\b',
      });
      assert.ok(Number.isInteger(durationUs) && Math.abs(Date.parse(String(time)) - Date.now()) < 60_000);
      await sendRaw(server, 'x\r\n\r\n');
      const bad = JSON.parse(await line(log, /"status":400/)) as Record<string, unknown>;
      assert.deepEqual([bad.remoteAddress, 'method' in bad], ['127.0.0.1', false]);
    },
  );
});

for (const kind of workerKindNames) {
  describe(`the access log of several workers, ${kind}`, () => {
    test('no line is lost or torn, in a file that is moved away meanwhile', () => {
      const { app, log } = place();
      const moved = `${log}.1`;
      const CLIENTS = 8;
      const REQUESTS = 500;
      return withServer(
        () => started(app, log, '--workers', '2', ...kindArguments(kind)),
        async (server) => {
          const client = async (name: number) => {
            const connection = await server.connect();
            for (let i = 0; i < REQUESTS; i++) await connection.get(`/${name}/${i}`);
            connection.destroy();
          };
          const clients = Array.from({ length: CLIENTS }, (_, name) => client(name));
          await waitFor('lines', () => linesOf(log).length > 0);
          renameSync(log, moved);
          server.signal('SIGUSR1');
          await server.logged('so', ({ msg }) => msg === 'access log opened anew');
          await Promise.all(clients);
          await server.get('/last');
          await line(log, /last/);
          await server.stop();
          const urls = [...linesOf(moved), ...linesOf(log)].map((text) => {
            const found = /^127\.0\.0\.1 - - \[[^\]]+\] "GET (\S+) HTTP\/1\.1" 200 5 "-" "-"$/.exec(text);
            assert.ok(found, text);
            return found[1]!;
          });
          assert.equal(urls.length, CLIENTS * REQUESTS + 1);
          assert.equal(new Set(urls).size, urls.length);
        },
      );
    });
  });
}

test('on standard output', () => {
  const { app } = place();
  return withServer(
    () => started(app, 'stdout', '--workers', '2'),
    async (server) => {
      await server.get('/there');
      await server.stop();
      assert.match(server.stdout, /^127\.0\.0\.1 .* "GET \/there HTTP\/1\.1" 200 5 .*\n$/);
    },
  );
});

test('a full disk costs lines, and nothing else', () => {
  const { app } = place();
  return withServer(
    () => started(app, '/dev/full', '--workers', '1'),
    async (server) => {
      assert.equal((await server.get('/')).status, 200);
      const { lines } = await server.logged('so', ({ msg }) => msg === 'lines of the access log are lost');
      assert.equal(lines, 1);
      assert.equal((await server.get('/')).status, 200);
    },
  );
});

test('a file that cannot be written is an error at the start', async () => {
  const { app, log } = place();
  const command = [
    commandLine,
    app,
    '--listen',
    'http://127.0.0.1:0',
    '--access-log',
    join(log, 'no', 'folder'),
  ];
  const { exit, stderr } = await runToEnd({ command });
  assert.equal(exit.code, 2);
  assert.match(stderr, /cannot write the access log to .*: .*ENOENT.*\(ERR_PRONGHORN_ACCESS_LOG\)/);
});
