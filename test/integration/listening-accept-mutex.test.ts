// One socket for all workers, and a locked file that says whose turn it is to accept. Somebody else who holds the lock
// shows what it does: new connections wait, old ones do not.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { commandLine, fixture, temporaryFolder } from '../support/paths.js';
import { cpuSeconds } from '../support/processes.js';
import { connectToEach, RawClient, requestHead } from '../support/raw-client.js';
import { runToEnd, type ServerProcess, startApp, startMethods, withServer } from '../support/server.js';
import { waitFor } from '../support/wait.js';

const APP = fixture('http-app.mjs');
const MUTEX = ['--bind-model', 'duplicate', '--accept-mutex', 'flock'];
const hasFlock = spawnSync('flock', ['--version']).status === 0;
const needsFlock = { skip: hasFlock ? false : 'there is no flock command' };

const start =
  (...args: string[]) =>
  () =>
    startApp(APP, { args: [...MUTEX, ...args] });

function lockFilesOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder)
    .map((fd) => readlinkSync(join(folder, fd)))
    .filter((target) => target.endsWith('.lock'));
}

/** Holds the lock until it is told to let go. */
class Holder {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async lock(path: string): Promise<Holder> {
    const child = spawn('flock', [path, 'sh', '-c', 'echo locked; read line'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout!.on('data', (text) => {
      said += text;
    });
    await waitFor('the lock', () => said.includes('locked'));
    return new Holder(child);
  }

  unlock(): void {
    this.#child.stdin!.end('\n');
  }
}

function totalCpu(server: ServerProcess): number {
  return server.readyPids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
}

describe('the accept mutex', () => {
  for (const startMethod of startMethods) {
    test(`lets every worker accept, also after one was killed (${startMethod})`, () =>
      withServer(start('--workers', '3', '--start-method', startMethod), async (server) => {
        const clients = await connectToEach(server.target, 3);
        assert.deepEqual(new Set(clients.keys()), new Set(server.readyPids));
        for (const client of clients.values()) client.destroy();
        process.kill(server.readyPids[0]!, 'SIGKILL');
        for (let round = 0; round < 100; round++) {
          const client = await RawClient.connect(server.target);
          client.send(requestHead('GET', '/'));
          const response = await client.read().catch((error: Error) => error);
          // What the killed worker had accepted is lost with it.
          if (response instanceof Error) assert.ok(round < 20, response.message);
          client.destroy();
        }
      }));
  }

  test('is a file in a folder that is private, and gone when the server is', async () => {
    let path = '';
    await withServer(start('--workers', '2'), async (server) => {
      const [first, second] = server.readyPids.map(lockFilesOf);
      assert.equal(first?.length, 1);
      assert.deepEqual(first, second);
      path = first![0]!;
      assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
      assert.deepEqual(lockFilesOf(server.pid), []);
    });
    assert.ok(!existsSync(dirname(path)));
  });

  test('makes new connections wait for whoever holds the lock, and nothing else', needsFlock, async () => {
    const path = join(temporaryFolder(), 'mine.lock');
    await withServer(start('--workers', '2', '--lock-file', path), async (server) => {
      const old = await connectToEach(server.target, 2);
      const holder = await Holder.lock(path);
      const waiting = await Promise.all(Array.from({ length: 20 }, () => server.connect()));
      for (const client of waiting) client.send(requestHead('GET', '/'));
      const cpuBefore = totalCpu(server);
      for (let round = 0; round < 200; round++) {
        for (const client of old.values()) assert.equal((await client.get('/')).text, 'hi');
      }
      assert.ok(
        waiting.every((client) => client.pending === ''),
        'nobody was accepted',
      );
      assert.ok(totalCpu(server) - cpuBefore < 2, 'the workers do not run in circles');
      holder.unlock();
      for (const client of waiting) {
        assert.equal((await client.read()).text, 'hi');
        client.destroy();
      }
      for (const client of old.values()) client.destroy();
    });
    assert.ok(existsSync(path), 'the file of the user stays');
  });

  test('does not keep a server from stopping', needsFlock, async () => {
    const path = join(temporaryFolder(), 'mine.lock');
    await withServer(start('--workers', '2', '--lock-file', path), async (server) => {
      const holder = await Holder.lock(path);
      const waiting = await server.connect();
      assert.deepEqual(await server.stop(), { code: 0, signal: null });
      holder.unlock();
      waiting.destroy();
    });
  });

  test('costs nothing while nobody connects', () =>
    withServer(start('--workers', '1'), async (server) => {
      const client = await server.connect();
      const before = totalCpu(server);
      // The clock of this test: a request that is answered after a while.
      for (let round = 0; round < 20; round++) assert.equal((await client.get('/body-later')).status, 200);
      assert.ok(totalCpu(server) - before < 1);
      client.destroy();
    }));
});

describe('an accept mutex that cannot be', () => {
  test('with a socket for each worker: exit code 2', async () => {
    const server = await runToEnd({ command: [commandLine, APP, '--accept-mutex', 'flock'] });
    assert.equal(server.exit.code, 2);
    assert.match(server.stderr, /acceptMutex flock.*bindModel reuseport.*ERR_PRONGHORN_CONFIG_CONFLICT/);
  });

  test('with a file that cannot be opened: exit code 3', async () => {
    const notAFolder = join(temporaryFolder(), 'file');
    writeFileSync(notAFolder, '');
    const command = [commandLine, APP, '--listen', 'http://127.0.0.1:0', ...MUTEX];
    const server = await runToEnd({ command: [...command, '--lock-file', join(notAFolder, 'a.lock')] });
    assert.equal(server.exit.code, 3);
    assert.match(server.stderr, /ERR_PRONGHORN_LISTEN_LOCK_FILE/);
  });
});
