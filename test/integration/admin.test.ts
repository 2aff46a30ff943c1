// The admin server of a running server: pages, probes, metrics that no worker's end makes fall, a token, an upgrade; and the
// status page in a real browser.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { ServerStatus } from '#dist/status.js';
import { fixture, temporaryFolder } from '../support/paths.js';
import { RawClient } from '../support/raw-client.js';
import { type ServerProcess, startApp, withServer } from '../support/server.js';
import { waitFor } from '../support/wait.js';

const ADMIN = ['--admin', 'http://127.0.0.1:0', '--workers', '2'];

async function adminUrl(server: ServerProcess): Promise<string> {
  const { msg } = await server.logged('where the status page is', (line) =>
    line.msg.startsWith('status page on'),
  );
  return msg.slice(msg.indexOf('http'));
}

async function statusOf(url: string): Promise<ServerStatus> {
  return (await (await fetch(`${url}/status.json`)).json()) as ServerStatus;
}

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

const start = (args: string[] = []) => startApp(fixture('whoami-app.mjs'), { args: [...ADMIN, ...args] });

describe('admin server', () => {
  test('pages and probes', () =>
    withServer(
      () => start(),
      async (server) => {
        const url = await adminUrl(server);
        for (const [path, code, type] of [
          ['/', 200, 'text/html'],
          ['/status.json', 200, 'application/json'],
          ['/metrics', 200, 'text/plain; version=0.0.4'],
          ['/healthz', 200, 'text/plain'],
          ['/readyz', 200, 'text/plain'],
          ['/nothing', 404, 'text/plain'],
        ] as const) {
          const response = await fetch(url + path);
          assert.equal(response.status, code, path);
          assert.ok(response.headers.get('content-type')?.startsWith(type), path);
          assert.equal(response.headers.get('cache-control'), 'no-store');
        }
        assert.equal((await fetch(url, { method: 'POST' })).status, 405);
        const status = await statusOf(url);
        assert.equal(status.workers.length, 2);
        assert.equal(status.isReady, true);
      },
    ));

  test('totals do not fall when workers end', () =>
    withServer(
      () => start(),
      async (server) => {
        const url = await adminUrl(server);
        for (let i = 0; i < 10; i++) await server.get('/');
        const name = 'pronghorn_http_requests_total';
        await waitFor('the requests to be counted', async () => (await metric(url, name)) === 10);
        for (const pid of server.readyPids) process.kill(pid, 'SIGKILL');
        await waitFor(
          'the deaths',
          () => server.log.filter(({ msg }) => /died|killed/.test(msg)).length >= 2,
        );
        assert.equal(await metric(url, name), 10);
        await server.get('/');
        await waitFor('one more', async () => (await metric(url, name)) === 11);
        assert.equal(await metric(url, 'pronghorn_http_request_duration_seconds_count'), 11);
      },
    ));

  test('without the token only the probes answer', () =>
    withServer(
      () => start(['--admin-token', 'secret']),
      async (server) => {
        const url = await adminUrl(server);
        assert.equal((await fetch(`${url}/readyz`)).status, 200);
        const refused = await fetch(`${url}/metrics`);
        assert.equal(refused.status, 401);
        assert.match(refused.headers.get('www-authenticate')!, /^Basic /);
        const headers = { Authorization: 'Bearer secret' };
        assert.equal((await fetch(`${url}/metrics`, { headers })).status, 200);
      },
    ));

  test('clients that say nothing do not keep a probe out', () =>
    withServer(
      () => start(),
      async (server) => {
        const url = await adminUrl(server);
        const target = { host: '127.0.0.1', port: Number(new URL(url).port) };
        const silent = await Promise.all(Array.from({ length: 64 }, () => RawClient.connect(target)));
        const isReady = () =>
          fetch(`${url}/readyz`).then(
            ({ status }) => status === 200,
            () => false,
          );
        await waitFor('a place', isReady);
        for (const client of silent) client.destroy();
      },
    ));

  test('other machines need a token, and the error says so', async () => {
    const server = startApp(fixture('whoami-app.mjs'), { args: ['--admin', 'http://0.0.0.0:0'] });
    assert.deepEqual(await server.exits(), { code: 2, signal: null });
    assert.match(server.stderr, /admin.*adminToken.*ERR_PRONGHORN_CONFIG_CONFLICT/);
  });

  test('the socket goes on in an upgrade', () =>
    withServer(
      () => start(['--pid-file', join(temporaryFolder(), 'pid')]),
      async (server) => {
        const url = await adminUrl(server);
        const pidOf = async () => (await statusOf(url)).pid;
        assert.equal(await pidOf(), server.pid);
        server.signal('SIGUSR2');
        await waitFor('the new manager to answer', async () => (await pidOf()) !== server.pid);
        assert.equal((await fetch(`${url}/readyz`)).status, 200);
        process.kill(await pidOf(), 'SIGTERM');
        await server.exits();
        await waitFor('every process to end', () => server.members.length === 0);
      },
    ));

  const chromium = ['chromium', 'chromium-browser'].find(
    (name) => spawnSync(name, ['--version']).status === 0,
  );
  test(
    'the page in a browser shows workers, tiles and charts',
    {
      skip: !chromium && 'there is no chromium',
    },
    () =>
      withServer(
        () => start(),
        async (server) => {
          const url = await adminUrl(server);
          for (let i = 0; i < 5; i++) await server.get('/');
          const words = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
          const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
          const profile = `--user-data-dir=${temporaryFolder()}`;
          const { stdout: page } = spawnSync(
            chromium!,
            [...words, ...quiet, profile, '--virtual-time-budget=5000', '--dump-dom', url],
            { encoding: 'utf8', timeout: 60_000 },
          );
          for (const pid of server.readyPids) assert.ok(page.includes(`<td>${pid}</td>`), page.slice(-2000));
          assert.match(page, /<b>2 of 2–2<\/b><span>workers<\/span>/);
          assert.match(page, /0 of at least 2 workers/);
          assert.match(page, /id="state"[^>]*>ready</);
          assert.equal(page.match(/<svg[^>]*viewBox/g)?.length, 4);
        },
      ),
  );
});
