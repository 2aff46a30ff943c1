// The manager as process 1 of a container: no signal has a default action there, and every orphan of the container is its
// child. A namespace of its own stands in for the container.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { commandLine, fixture } from '../support/paths.js';
import { isRunning, processEntry } from '../support/processes.js';
import { ServerProcess, startMethods, VERBOSE, withServer } from '../support/server.js';
import { waitFor } from '../support/wait.js';

const UNSHARE = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
const { status } = spawnSync(UNSHARE[0]!, [...UNSHARE.slice(1), 'true']);
const skip = status !== 0 && 'no namespace of process ids can be made here, which needs root';

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => processEntry(child)?.parent === pid);
}

/** Process 1 is known by its number in the namespace around it. */
function startContained(startMethod: string): ServerProcess {
  return new ServerProcess({
    through: UNSHARE,
    command: [
      commandLine,
      fixture('leaves-orphans.mjs'),
      ...['--listen', 'http://127.0.0.1:0', '--workers', '2', '--start-method', startMethod],
      ...['--check-interval', '0.05'],
    ],
    env: VERBOSE,
  });
}

for (const startMethod of startMethods) {
  describe(`process 1, start method ${startMethod}`, { skip }, () => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
      test(`${signal} stops it gracefully`, () =>
        withServer(
          () => startContained(startMethod),
          async (server) => {
            const [manager] = childrenOf(server.pid);
            assert.match(readFileSync(`/proc/${manager}/status`, 'latin1'), /^NSpid:\s+\d+\s+1$/m);
            const client = await server.connect();
            client.send('GET /?ms=1000 HTTP/1.1\r\nHost: test\r\n\r\n');
            await waitFor(
              'the request to be in the works',
              async () => (await server.get('/count')).text === '1',
            );
            process.kill(manager!, signal);
            assert.equal((await client.read()).status, 200);
            client.destroy();
            assert.deepEqual(await server.exits(), { code: 0, signal: null });
          },
        ));
    }

    test('orphans of workers, and of nobody, are reaped, and nobody hears of it', () =>
      withServer(
        () => startContained(startMethod),
        async (server) => {
          const [manager] = childrenOf(server.pid);
          const orphan = Number((await server.get('/orphan')).text);
          assert.ok(orphan > 1);
          await waitFor('every child but hosts and workers to be gone', () =>
            childrenOf(manager!).every(
              (pid) => /node/.test(processEntry(pid)?.command ?? '') && isRunning(pid),
            ),
          );
          assert.ok(!server.log.some(({ level }) => level === 'warn' || level === 'error'), server.stderr);
          process.kill(manager!, 'SIGTERM');
          assert.deepEqual(await server.exits(), { code: 0, signal: null });
        },
      ));

    test('an upgrade is refused, and all goes on', () =>
      withServer(
        () => startContained(startMethod),
        async (server) => {
          const [manager] = childrenOf(server.pid);
          process.kill(manager!, 'SIGUSR2');
          const line = await server.logged('that it failed', ({ msg }) => msg.startsWith('upgrade failed'));
          assert.match(line.reason!, /process 1 of a container cannot be replaced/);
          assert.equal((await server.get('/')).status, 200);
          process.kill(manager!, 'SIGHUP');
          await server.logged('a reload', ({ msg }) => msg === 'every worker runs the new generation');
          process.kill(manager!, 'SIGTERM');
          assert.deepEqual(await server.exits(), { code: 0, signal: null });
        },
      ));
  });
}
