// Upgrade: a new manager takes over the sockets of the old one, under load whose clients keep a ledger. The pid file names
// a manager that lives, at every moment. What is no good never takes over.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Load } from '../support/ledger.js';
import { commandLine, temporaryFolder } from '../support/paths.js';
import { isRunning, processEntry } from '../support/processes.js';
import { RawClient } from '../support/raw-client.js';
import { runToEnd, ServerProcess, startApp, startMethods, VERBOSE, withServer } from '../support/server.js';
import { waitFor } from '../support/wait.js';

const WAYS = startMethods.flatMap((startMethod) =>
  ['reuseport', 'duplicate'].map((bindModel) => ({ startMethod, bindModel })),
);

/** An application and its pid file. */
class Site {
  readonly folder = temporaryFolder();
  readonly app = join(this.folder, 'app.mjs');
  readonly pidFile = join(this.folder, 'server.pid');

  constructor(word: string) {
    this.write(word);
  }

  write(word: string, first = ''): void {
    writeFileSync(this.app, `${first}\nexport default (request) => request.respond({ body: '${word}' });\n`);
  }

  get pid(): number {
    return Number(readFileSync(this.pidFile, 'latin1'));
  }

  args(way: { startMethod: string; bindModel: string }, ...more: string[]): string[] {
    const { startMethod, bindModel } = way;
    const pool = ['--workers', '2', '--start-method', startMethod, '--bind-model', bindModel];
    return [...pool, '--pid-file', this.pidFile, '--check-interval', '0.1', ...more];
  }
}

async function end(site: Site, server: ServerProcess): Promise<void> {
  process.kill(site.pid, 'SIGTERM');
  await server.assertGone();
  assert.ok(!existsSync(site.pidFile), 'the pid file goes with the server');
}

for (const way of WAYS) {
  describe(`upgrade, start method ${way.startMethod}, ${way.bindModel}`, () => {
    test('a new manager takes over, twice, and no request is lost', () => {
      const site = new Site('one');
      return withServer(
        () => startApp(site.app, { args: site.args(way) }),
        async (server) => {
          assert.equal(site.pid, server.pid);
          const load = new Load(server.target);
          await waitFor('answers', () => (load.ledger.bodies.get('one') ?? 0) > 50);
          let pid = server.pid;
          for (const word of ['two', 'three']) {
            site.write(word);
            process.kill(pid, 'SIGUSR2');
            await waitFor('another manager', () => {
              assert.ok(isRunning(site.pid), 'the pid file names a manager that lives');
              return site.pid !== pid;
            });
            await waitFor('the old one to end', () => !isRunning(pid));
            for (let i = 0; i < 20; i++) assert.equal((await server.get('/')).text, word);
            pid = site.pid;
          }
          const { wrong, bodies } = await load.end();
          assert.deepEqual(wrong, []);
          assert.deepEqual([...bodies.keys()].sort(), ['one', 'three', 'two']);
          assert.deepEqual(await server.exits(), { code: 0, signal: null });
          await end(site, server);
        },
      );
    });

    for (const [what, first, reason] of [
      ['that throws while it loads', "throw new Error('not today');", /not today/],
      [
        'whose workers die',
        'setTimeout(() => process.exit(7), 100);',
        /not ready within 3 s|no worker became ready|the trial child ended/,
      ],
      [
        'that never loads',
        'await new Promise((resolve) => setTimeout(resolve, 60_000));',
        /not ready within 3 s/,
      ],
    ] as const) {
      test(`code ${what} does not take over`, () => {
        const site = new Site('one');
        return withServer(
          () => startApp(site.app, { args: site.args(way, '--upgrade-timeout', '3') }),
          async (server) => {
            const load = new Load(server.target, 1);
            const before = server.readyPids;
            site.write('two', first);
            server.signal('SIGUSR2');
            const line = await server.logged('that it failed', ({ msg }) => msg.startsWith('upgrade failed'));
            assert.match(line.reason!, reason);
            assert.equal(site.pid, server.pid);
            await waitFor('the new processes to be gone', () =>
              server.members.every(
                ({ pid }) => pid === server.pid || before.includes(pid) || pid === server.zygote?.pid,
              ),
            );
            for (let i = 0; i < 20; i++) assert.equal((await server.get('/')).text, 'one');
            const { wrong, bodies } = await load.end();
            // A generation that seems good for a moment may answer: that is no failure.
            assert.deepEqual(
              wrong.filter((line) => !bodies.has('two') || !/closed|ECONNRESET/.test(line)),
              [],
            );
            assert.ok(before.every(isRunning));
          },
        );
      });
    }
  });
}

const [way] = WAYS;

test('the old manager is killed in the middle: the new one takes over what it has left', () => {
  const site = new Site('one');
  return withServer(
    () => startApp(site.app, { args: site.args(way!) }),
    async (server) => {
      site.write('two', 'await new Promise((resolve) => setTimeout(resolve, 500));');
      server.signal('SIGUSR2');
      await server.logged('a new manager', ({ msg }) => msg.startsWith('upgrading'));
      server.signal('SIGKILL');
      await server.exits();
      await waitFor('the new one', () => site.pid !== server.pid);
      assert.ok(isRunning(site.pid));
      assert.equal((await server.get('/')).text, 'two');
      await end(site, server);
    },
  );
});

test('a unix socket is handed over, and its file stays', () => {
  const site = new Site('one');
  const path = join(site.folder, 'server.sock');
  return withServer(
    () => startApp(site.app, { args: site.args(way!, '--listen', `unix:${path}`) }),
    async (server) => {
      const ask = async () => {
        const client = await RawClient.connect({ path });
        const { text } = await client.get('/');
        client.destroy();
        return text;
      };
      assert.equal(await ask(), 'one');
      site.write('two');
      server.signal('SIGUSR2');
      await server.exits();
      assert.equal(await ask(), 'two');
      await end(site, server);
      assert.ok(!existsSync(path), 'the last manager removes it');
    },
  );
});

test('the command is looked up anew: another Node behind the same name is used', () => {
  const site = new Site('one');
  const bin = join(site.folder, 'node');
  symlinkSync(process.execPath, bin);
  const wrapper = join(site.folder, 'wrapper');
  const args = [...site.args(way!), '--listen', 'http://127.0.0.1:0'];
  return withServer(
    () =>
      new ServerProcess({
        // The Node that stands behind this is shifted away.
        through: ['bash', '-c', 'shift; exec "$0" "$@"', bin],
        command: [commandLine, site.app, ...args],
        env: VERBOSE,
      }),
    async (server) => {
      rmSync(bin);
      writeFileSync(wrapper, `#!/bin/bash\nexport WAS_WRAPPED=1\nexec ${process.execPath} "$@"\n`, {
        mode: 0o755,
      });
      symlinkSync(wrapper, bin);
      site.write('two');
      server.signal('SIGUSR2');
      await server.exits();
      const environment = readFileSync(`/proc/${site.pid}/environ`, 'latin1');
      assert.match(environment, /WAS_WRAPPED=1/);
      assert.ok(processEntry(site.pid));
      await end(site, server);
    },
  );
});

test('two servers cannot have one pid file, and a file from yesterday is no hindrance', () => {
  const site = new Site('one');
  writeFileSync(site.pidFile, '1\n');
  return withServer(
    () => startApp(site.app, { args: site.args(way!) }),
    async (server) => {
      assert.equal(site.pid, server.pid);
      const second = await runToEnd({
        command: [commandLine, site.app, ...site.args(way!), '--listen', 'http://127.0.0.1:0'],
      });
      assert.equal(second.exit.code, 2);
      assert.match(
        second.stderr,
        new RegExp(`belongs to process ${server.pid} \\(ERR_PRONGHORN_PID_FILE_IN_USE\\)`),
      );
      assert.equal(site.pid, server.pid);
      rmSync(site.pidFile);
      await waitFor('the file to be there again', () => existsSync(site.pidFile) && site.pid === server.pid);
    },
  );
});

test('a stop during an upgrade ends both', () => {
  const site = new Site('one');
  return withServer(
    () => startApp(site.app, { args: site.args(way!) }),
    async (server) => {
      site.write('two', 'await new Promise((resolve) => setTimeout(resolve, 60_000));');
      server.signal('SIGUSR2');
      await server.logged('a new manager', ({ msg }) => msg.startsWith('upgrading'));
      assert.deepEqual(await server.stop(), { code: 0, signal: null });
    },
  );
});
