// The readiness check: a new worker asks its own handler before anybody else can, and a deploy whose answer is no good is
// taken back as a whole.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Load } from '../support/ledger.js';
import { commandLine, fixture, temporaryFolder } from '../support/paths.js';
import { runToEnd, startApp, startMethods, VERBOSE, withServer } from '../support/server.js';

const APP = fixture('warm-app.mjs');

/** What workers will find, in a file that the test can change. */
function finding(statuses: string): { path: string; env: Record<string, string> } {
  const path = join(temporaryFolder(), 'statuses');
  writeFileSync(path, statuses);
  return { path, env: { TEST_READY: path } };
}

function args(startMethod: string): string[] {
  return [
    '--workers',
    '2',
    '--start-method',
    startMethod,
    '--readiness-check',
    '/ready',
    '--boot-timeout',
    '5',
  ];
}

for (const startMethod of startMethods) {
  describe(`readiness check, start method ${startMethod}`, () => {
    test('503 is asked again, and one good answer is enough', () => {
      const { env } = finding('503 503 204');
      return withServer(
        () => startApp(APP, { args: args(startMethod), env }),
        async (server) => {
          const seen = JSON.parse((await server.get('/seen')).text) as Record<string, number>;
          assert.equal(seen['GET /ready  '], 3);
          await server.logged(
            'not yet',
            ({ msg, status }) => msg.startsWith('the readiness check') && status === 503,
          );
        },
      );
    });

    test('a deploy that answers otherwise is taken back as a whole', () => {
      const { path, env } = finding('200');
      return withServer(
        () => startApp(APP, { args: args(startMethod), env }),
        async (server) => {
          const load = new Load(server.target, 1);
          const before = server.readyPids;
          writeFileSync(path, '500');
          server.signal('SIGHUP');
          const line = await server.logged('that it failed', ({ msg }) => msg.startsWith('reload failed'));
          assert.match(line.reason!, /the readiness check \/ready was answered with 500/);
          assert.deepEqual(server.readyPids, before);
          writeFileSync(path, '302');
          server.signal('SIGHUP');
          await server.logged('the next one', ({ msg }) => msg === 'every worker runs the new generation');
          assert.deepEqual((await load.end()).wrong, []);
        },
      );
    });
  });
}

test('a server whose workers never pass does not start', async () => {
  const { env } = finding('404');
  const { exit, stderr } = await runToEnd({
    command: [commandLine, APP, '--listen', 'http://127.0.0.1:0', ...args('auto')],
    env: { ...VERBOSE, ...env },
  });
  assert.equal(exit.code, 1);
  assert.match(stderr, /the readiness check \/ready was answered with 404/);
});

test('a check that is not answered ends with bootTimeout', async () => {
  const { exit, stderr } = await runToEnd({
    command: [
      ...[commandLine, APP, '--listen', 'http://127.0.0.1:0', '--workers', '1'],
      ...['--readiness-check', '/never', '--boot-timeout', '4', '--start-method', 'fork'],
    ],
    env: VERBOSE,
  });
  assert.equal(exit.code, 1);
  assert.match(stderr, /not ready after 4 s|no answer within 4 s/);
});
