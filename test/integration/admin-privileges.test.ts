// The admin socket of a server that serves as another user: whose it is, who gets in, and that it goes on in an upgrade.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { groupId } from '../support/accounts.js';
import { fixture, temporaryFolder } from '../support/paths.js';
import { isRunning } from '../support/processes.js';
import { type ServerProcess, startApp, withServer } from '../support/server.js';
import { waitFor } from '../support/wait.js';

const APP = fixture('whoami-app.mjs');
const NOBODY = 65_534;
/** On every Debian and Alpine, with a group of its own. */
const USER = 'games';

/** Another user may load the application only where he can read it. */
const skip =
  process.geteuid?.() !== 0
    ? 'only root can become somebody else'
    : spawnSync(process.execPath, ['-e', `require('fs').accessSync('${APP}')`], { uid: NOBODY, gid: NOBODY })
        .status !== 0 && 'the clone is in a folder that other users cannot read';

function ask(socketPath: string, path: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    request({ socketPath, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    })
      .on('error', reject)
      .end();
  });
}

/** What a process of this account gets to hear. */
function asOther(socketPath: string, uid: number, gid: number): string {
  const code = `require('http').get({ socketPath: process.argv[1], path: '/readyz' }, ({ statusCode }) => console.log(statusCode))
    .on('error', ({ code }) => console.log(code))`;
  return spawnSync(process.execPath, ['-e', code, socketPath], {
    uid,
    gid,
    cwd: '/',
    encoding: 'utf8',
  }).stdout.trim();
}

function place(): { folder: string; socket: string; pidFile: string } {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  return { folder, socket: join(folder, 'admin.sock'), pidFile: join(folder, 'server.pid') };
}

const start = (admin: string, pidFile: string, ...args: string[]): ServerProcess =>
  startApp(APP, {
    args: [
      '--user',
      USER,
      '--workers',
      '1',
      '--admin',
      admin,
      '--pid-file',
      pidFile,
      '--check-interval',
      '0.1',
      ...args,
    ],
  });

test("the socket is root's, and nobody else's, if nothing is said; it answers, before and after an upgrade", {
  skip,
}, () => {
  const { socket, pidFile } = place();
  return withServer(
    () => start(`unix:${socket}`, pidFile),
    async (server) => {
      const { uid, mode } = statSync(socket);
      assert.equal(uid, 0);
      assert.equal(mode & 0o022, 0, 'others cannot connect');
      assert.equal(asOther(socket, NOBODY, NOBODY), 'EACCES');
      for (let round = 1; round <= 2; round++) {
        assert.deepEqual(await ask(socket, '/readyz'), { status: 200, text: 'ready\n' });
        assert.match((await ask(socket, '/metrics')).text, /^pronghorn_ready 1$/m);
        assert.match((await ask(socket, '/status.json')).text, /"workers":\[\{/);
        if (round === 2) break;
        server.signal('SIGUSR2');
        const pid = () => Number(readFileSync(pidFile, 'latin1'));
        await waitFor('another manager', () => pid() !== server.pid && !isRunning(server.pid));
        assert.equal(statSync(socket).uid, 0);
      }
      process.kill(Number(readFileSync(pidFile, 'latin1')), 'SIGTERM');
      await server.assertGone();
    },
  );
});

test('mode and group of the place let others in; a token keeps them from all but the probes', {
  skip,
}, () => {
  const { socket, pidFile } = place();
  return withServer(
    () => start(`unix:${socket}?mode=660&group=nogroup`, pidFile, '--admin-token', 'secret'),
    async () => {
      const { uid, gid, mode } = statSync(socket);
      const group = groupId('nogroup');
      assert.deepEqual([uid, gid, mode & 0o777], [0, group, 0o660]);
      assert.equal(asOther(socket, NOBODY, group), '200');
      assert.equal(asOther(socket, NOBODY, 54_321), 'EACCES');
      assert.equal((await ask(socket, '/metrics')).status, 401);
      const headers = { Authorization: 'Bearer secret' };
      assert.equal((await ask(socket, '/metrics', headers)).status, 200);
    },
  );
});
