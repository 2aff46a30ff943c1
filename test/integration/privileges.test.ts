// Another user for who runs the application: dropped whole, before it is loaded, whichever way workers come to be, while
// what only root can read goes on to work. Runs as root; elsewhere there is nothing to drop.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { groupsOf } from '../support/accounts.js';
import { Authority } from '../support/certificates.js';
import { commandLine, fixture, temporaryFolder } from '../support/paths.js';
import { isRunning } from '../support/processes.js';
import { runToEnd, ServerProcess, startApp, VERBOSE, withServer } from '../support/server.js';
import { getTls } from '../support/tls-client.js';
import { waitFor } from '../support/wait.js';

const APP = fixture('rights-app.mjs');
/** On every Debian and Alpine, with a group of its own. */
const USER = 'games';
const EXTRA_GROUP = 54_321;

interface Rights {
  loadedAs: number;
  uids: number[];
  gids: number[];
  groups: number[];
  capabilities: string;
  rootAgain: string;
  rootGroup: string;
  home: string;
  user: string;
  umask: string;
  internal: string[];
  internalOfChild: string[];
}

function entryOf(name: string): { uid: number; gid: number; home: string } | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid, , home] = line?.split(':') ?? [];
  return home === undefined ? undefined : { uid: Number(uid), gid: Number(gid), home };
}

const user = entryOf(USER);

function reasonToSkip(): string | false {
  if (process.geteuid?.() !== 0) return 'only root can become somebody else';
  if (!user) return `there is no user ${USER}`;
  const code = 'require("fs").accessSync(process.argv[1])';
  const { uid, gid } = user;
  const { status } = spawnSync(process.execPath, ['-e', code, APP], { uid, gid, cwd: '/' });
  return status !== 0 && 'the clone is in a folder that other users cannot read';
}

const skip = reasonToSkip();

/** A group file in which the user has one group more, where a mount of our own can be had. */
function withGroups(): string[] {
  const file = join(temporaryFolder(), 'group');
  writeFileSync(
    file,
    `${readFileSync('/etc/group', 'utf8').trimEnd()}\npronghorn-test:x:${EXTRA_GROUP}:${USER}\n`,
  );
  const mount = ['unshare', '-m', 'sh', '-c', `mount --bind '${file}' /etc/group && exec "$@"`, 'sh'];
  return spawnSync(mount[0]!, [...mount.slice(1), 'true']).status === 0 ? mount : [];
}

const WAYS = {
  fork: ['--start-method', 'fork'],
  'spawn, behind an accept mutex': [
    ...['--start-method', 'spawn', '--bind-model', 'duplicate', '--accept-mutex', 'flock'],
  ],
};

for (const [way, args] of Object.entries(WAYS)) {
  describe(`user ${USER}, ${way}`, { skip }, () => {
    test('all is dropped, in every worker, also after a death and an upgrade; keys of root still serve', () => {
      const folder = temporaryFolder();
      const { cert, key } = new Authority().issue('site', ['localhost']);
      chmodSync(key, 0o600);
      const through = withGroups();
      const { uid, gid, home } = user!;
      const check = ({ internal, internalOfChild, ...rights }: Rights) => {
        assert.deepEqual(rights, {
          loadedAs: uid,
          uids: [uid, uid, uid, uid],
          gids: [gid, gid, gid, gid],
          groups: [...new Set([gid, ...groupsOf(USER), ...(through.length > 0 ? [EXTRA_GROUP] : [])])],
          capabilities: '0000000000000000',
          rootAgain: 'EPERM',
          rootGroup: 'EPERM',
          home,
          user: USER,
          umask: '27',
        });
        const own = ['PRONGHORN_LOG_LEVEL'];
        assert.deepEqual([internal, internalOfChild], [own, own]);
      };
      const start = () =>
        new ServerProcess({
          through,
          command: [
            ...[commandLine, APP, '--user', USER, '--umask', '027', '--workers', '1', ...args],
            ...['--listen', `https://127.0.0.1:0?cert=${cert}&key=${key}`, '--check-interval', '0.1'],
            ...['--pid-file', join(folder, 'server.pid'), '--min-worker-ttl', '0'],
          ],
          env: VERBOSE,
        });
      return withServer(start, async (server) => {
        const rights = async () => JSON.parse(await getTls(server.port, '/')) as Rights;
        check(await rights());
        const [worker] = server.readyPids;
        process.kill(worker!, 'SIGKILL');
        await waitFor('another worker', () => server.readyPids.some((pid) => pid !== worker));
        check(await rights());
        server.signal('SIGUSR2');
        const pid = () => Number(readFileSync(join(folder, 'server.pid'), 'latin1'));
        await waitFor('another manager', () => pid() !== server.pid && !isRunning(server.pid));
        check(await rights());
        assert.match(readFileSync(`/proc/${pid()}/status`, 'utf8'), /^Uid:\s+0\s/m, 'the manager stays root');
        process.kill(pid(), 'SIGTERM');
        await server.assertGone();
      });
    });
  });
}

test('a limit of open files that is too low for clients is told', async () => {
  const few = ['sh', '-c', 'ulimit -n 500; exec "$@"', 'sh'];
  const command = [commandLine, fixture('http-app.mjs'), '--listen', 'http://127.0.0.1:0', '--workers', '1'];
  await withServer(
    () => new ServerProcess({ through: few, command, env: VERBOSE }),
    async (server) => {
      const line = await server.logged('the limit', ({ msg }) => msg.includes('not the descriptors'));
      assert.equal(line.level, 'warn');
      assert.equal(line.clients, 10_000);
      assert.match(line.reason!, /limit of open files is 500/);
      assert.ok(Number(line.room) > 400 && Number(line.room) < 500);
    },
  );
});

describe('users', { skip }, () => {
  const LISTEN = ['--listen', 'http://127.0.0.1:0', '--workers', '1'];
  const refused = async (args: string[], says: RegExp, through: string[] = []) => {
    const { stderr, exit } = await runToEnd({ command: [commandLine, ...args, ...LISTEN], through });
    assert.match(stderr, says);
    assert.match(stderr, /\(ERR_PRONGHORN_CONFIG_ACCOUNT\)$/m);
    assert.equal(exit.code, 2);
  };

  test('a number without an entry needs a group, and has no other', async () => {
    await refused([APP, '--user', '54322'], /no entry in the user database, so the group must be given too/);
    await withServer(
      () => startApp(APP, { args: ['--user', '54322', '--group', '54323', '--workers', '1'] }),
      async (server) => {
        const { uids, gids, groups } = JSON.parse((await server.get('/')).text) as Rights;
        assert.deepEqual(
          [new Set(uids), new Set(gids), groups],
          [new Set([54_322]), new Set([54_323]), [54_323]],
        );
      },
    );
  });

  test('a group that does not exist is refused', () =>
    refused([APP, '--user', USER, '--group', 'no-such-group'], /cannot run as group no-such-group/));

  test('an application that says so itself is loaded too early, and refused', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    const app = join(folder, 'app.mjs');
    const main = new URL('../../../dist/index.js', import.meta.url).href;
    const code = `import { createServer } from '${main}';
const server = createServer({ user: '${USER}' }, (request) => request.respond({ body: 'one' }));
export default server;\n`;
    writeFileSync(app, code);
    await refused([app], /cannot run as user games: the application says so itself.*say it with --user/);
    await withServer(
      () => startApp(app, { args: ['--user', USER, '--workers', '1'] }),
      async (server) => {
        assert.equal((await server.get('/')).text, 'one');
      },
    );
  });

  test('who is not root stays who he is, and cannot be another', async () => {
    const { uid, gid } = user!;
    const as = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
    await refused([APP, '--user', 'nobody'], /only root can become somebody else/, as);
    const start = () =>
      new ServerProcess({
        through: as,
        command: [commandLine, APP, '--user', USER, ...LISTEN],
        env: VERBOSE,
      });
    await withServer(start, async (server) => {
      const { uids } = JSON.parse((await server.get('/')).text) as Rights;
      assert.deepEqual(new Set(uids), new Set([uid]));
    });
  });

  test('threads are what the manager is: together they are refused', async () => {
    const { stderr } = await runToEnd({
      command: [commandLine, APP, '--user', USER, '--worker-model', 'thread', ...LISTEN],
    });
    assert.match(stderr, /threads are what their process is.*\(ERR_PRONGHORN_CONFIG_CONFLICT\)/);
  });
});
