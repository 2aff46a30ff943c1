// Under systemd: what the service manager hears over a server's whole life, sockets that it passes, and the example units.
// Where systemd is not installed the last two are left out.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { commandLine, fixture, root, temporaryFolder } from '../support/paths.js';
import { RawClient } from '../support/raw-client.js';
import { type ServerProcess, ServerProcess as Started, startApp, withServer } from '../support/server.js';
import { ServiceManager, withoutPython } from '../support/service-manager.js';
import { waitFor } from '../support/wait.js';

const CODE = `export default (request) =>
  request.respond({ body: JSON.stringify(Object.keys(process.env).filter((name) => /^(NOTIFY|WATCHDOG)_/.test(name))) });
`;

const without = (program: string) =>
  spawnSync(program, ['--version']).status === 0 ? false : `${program} is not here`;

async function withService(
  place: string,
  run: (server: ServerProcess, service: ServiceManager, app: string) => Promise<void>,
  env: Record<string, string> = {},
): Promise<void> {
  const folder = temporaryFolder();
  const app = join(folder, 'app.mjs');
  writeFileSync(app, CODE);
  const service = new ServiceManager(place.replace('<folder>', folder));
  try {
    await service.listens();
    const args = ['--workers', '2', '--check-interval', '0.1', '--pid-file', join(folder, 'pid')];
    await withServer(
      () => startApp(app, { args, env: { NOTIFY_SOCKET: service.place, WATCHDOG_USEC: '400000', ...env } }),
      (server) => run(server, service, app),
    );
  } finally {
    service.end();
  }
}

describe('the service manager', { skip: withoutPython }, () => {
  test('hears of start, reload, upgrade and stop', () =>
    withService('<folder>/notify', async (server, service, app) => {
      assert.equal((await service.heard(/^READY=1$/)).pid, server.pid);
      await service.heard(/^STATUS=2 of 2 workers ready, generation 1$/);
      await service.heard(/^WATCHDOG=1$/);
      assert.equal((await server.get('/')).text, '[]');

      server.signal('SIGHUP');
      assert.match((await service.heard(/^RELOADING=1/)).text, /^RELOADING=1\nMONOTONIC_USEC=\d+$/);
      await waitFor('the end of the reload', () => service.story.length === 3);
      await service.heard(/^STATUS=2 of 2 workers ready, generation 2$/);

      writeFileSync(app, 'throw new Error("no good");');
      server.signal('SIGHUP');
      await waitFor('the end of the reload that fails', () => service.story.length === 5);

      writeFileSync(app, CODE);
      server.signal('SIGUSR2');
      await server.exits();
      const moved = await service.heard(/^MAINPID=/);
      const pid = Number(moved.text.slice('MAINPID='.length));
      assert.equal(moved.pid, server.pid, 'systemd believes the main process');
      await waitFor('the new manager to be up', () => service.story.at(-1) === 'READY=1');
      const from = service.words.length;
      assert.equal((await service.heard(/^WATCHDOG=1$/, from)).pid, pid);
      assert.equal((await server.get('/')).text, '[]', 'the application sees nothing of it');

      process.kill(pid, 'SIGTERM');
      await server.assertGone();
      assert.match((await service.heard(/^STOPPING=1/)).text, /^STOPPING=1\nSTATUS=/);
      assert.deepEqual(service.story, [
        'READY=1',
        ...['RELOADING=1', 'READY=1'],
        ...['RELOADING=1', 'READY=1'],
        ...['RELOADING=1', `MAINPID=${pid}`, `MAINPID=${pid}`, 'READY=1'],
        'STOPPING=1',
      ]);
    }));

  test('may have an abstract socket, and watch another process', () =>
    withService(
      `@pronghorn-test-${process.pid}`,
      async (server, service) => {
        await service.heard(/^READY=1$/);
        await server.stop();
        await service.heard(/^STOPPING=1/);
        assert.ok(!service.words.some(({ text }) => text.startsWith('WATCHDOG')));
      },
      { WATCHDOG_PID: '1' },
    ));

  test('that cannot be reached is no reason to end', () =>
    withServer(
      () => startApp(fixture('http-app.mjs'), { env: { NOTIFY_SOCKET: '/nowhere/notify' } }),
      async (server) => {
        const { reason } = await server.logged('so', ({ msg }) => msg.startsWith('the service manager'));
        assert.match(reason!, /no such file/);
        assert.equal((await server.get('/')).status, 200);
      },
    ));
});

test('systemd-socket-activate passes a socket', { skip: without('systemd-socket-activate') }, async () => {
  const path = join(temporaryFolder(), 'web.sock');
  const server = new Started({
    through: ['systemd-socket-activate', '-l', path],
    command: [commandLine, fixture('http-app.mjs'), '--workers', '1'],
  });
  try {
    await server.explain(async () => {
      // It starts the server when the first client comes, who waits.
      const client = await waitFor('the socket', () => RawClient.connect({ path }).catch(() => undefined));
      assert.equal((await client.get('/')).status, 200);
      client.destroy();
      assert.deepEqual(server.addresses, [`unix:${path}`]);
      assert.deepEqual(await server.stop(), { code: 0, signal: null });
      await server.assertGone();
    });
  } finally {
    server.kill();
  }
});

test('the example units are right', { skip: without('systemd-analyze') }, () => {
  const folder = temporaryFolder();
  const units = ['pronghorn.socket', 'pronghorn.service'].map((name) => {
    const text = readFileSync(join(root, 'examples/systemd', name), 'utf8');
    const path = join(folder, name);
    // The command is where npm has put it, which is not the same everywhere.
    writeFileSync(path, text.replaceAll('/usr/local/bin/pronghorn', commandLine));
    return path;
  });
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], {
    encoding: 'utf8',
  });
  const ours = stderr.split('\n').filter((line) => line.includes('pronghorn'));
  assert.deepEqual({ status, ours }, { status: 0, ours: [] });
});
