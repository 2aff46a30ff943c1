// createServer(), run() and stop() in a plain script.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fixture } from '../support/paths.js';
import { connectToEach } from '../support/raw-client.js';
import {
  runToEnd,
  ServerProcess,
  VERBOSE,
  type WorkerKind,
  withServer,
  workerKindNames,
  workerKinds,
} from '../support/server.js';
import { waitFor } from '../support/wait.js';

const script = (name: string, kind?: WorkerKind, ...args: string[]) =>
  new ServerProcess({
    command: [fixture(name), ...args],
    env: { ...VERBOSE, TEST_OPTIONS: JSON.stringify(kind ? workerKinds[kind] : {}) },
  });

/** Runs a few lines of code that use the package. */
const evaluate = (code: string) => runToEnd({ command: ['--input-type=module', '--eval', code] });

for (const kind of workerKindNames) {
  describe(`a script with its own server, ${kind}`, () => {
    test('serves from workers, each prepared by its spawn listener, never from the manager', () =>
      withServer(
        () => script('programmatic.mjs', kind, 'one', 'two words'),
        async (server) => {
          const clients = await connectToEach(server.target, 2);
          assert.ok(!clients.has(server.pid), 'the manager serves nothing');
          for (const [pid, client] of clients) {
            const answer = await client.get('/');
            assert.equal(answer.header('content-type'), 'application/json');
            assert.deepEqual(JSON.parse(answer.text), {
              pid,
              prepared: `prepared in ${pid}`,
              arguments: ['one', 'two words'],
            });
            client.destroy();
          }
          const spawned = [...server.stdout.matchAll(/^spawn in (\d+)$/gm)].map((match) => Number(match[1]));
          assert.deepEqual(new Set(spawned), new Set(clients.keys()));
          assert.deepEqual(server.stdout.match(/^start in .*$/gm), [`start in ${server.pid}`]);
        },
      ));

    test('stop() ends it: run() resolves in the manager only, exit code 0', () =>
      withServer(
        () => script('programmatic.mjs', kind),
        async (server) => {
          server.signal('SIGUSR2');
          assert.deepEqual(await server.exits(), { code: 0, signal: null });
          await waitFor('the last line', () => server.stdout.includes('run resolved'));
          assert.deepEqual(server.stdout.match(/^(run|stop) resolved in .*$/gm)?.sort(), [
            `run resolved in ${server.pid}`,
            `stop resolved in ${server.pid}`,
          ]);
          assert.doesNotMatch(server.stderr, /unsettled/i);
        },
      ));

    test('SIGTERM ends it: run() resolves, exit code 0', () =>
      withServer(
        () => script('programmatic.mjs', kind),
        async (server) => {
          assert.deepEqual(await server.stop('SIGTERM'), { code: 0, signal: null });
          await waitFor('the last line', () => server.stdout.includes(`run resolved in ${server.pid}`));
          assert.doesNotMatch(server.stderr, /unsettled/i);
        },
      ));
  });
}

test('CommonJS can require the package', () =>
  withServer(
    () => script('commonjs.cjs'),
    async (server) => {
      assert.equal((await server.get('/')).text, 'from CommonJS: GET');
      await server.stop();
      await waitFor('the last line', () => server.stdout.includes('run resolved'));
    },
  ));

describe('createServer()', () => {
  const failures: Record<string, { config: string; code: string; says: RegExp }> = {
    'an unknown option': {
      config: '{ minServer: 2 }',
      code: 'ERR_PRONGHORN_CONFIG_UNKNOWN',
      says: /minServers/,
    },
    'a value of the wrong type': {
      config: "{ minServers: '2' }",
      code: 'ERR_PRONGHORN_CONFIG_VALUE',
      says: /minServers/,
    },
    'a handler that is no function': {
      config: "{}, 'hello'",
      code: 'ERR_PRONGHORN_CONFIG_HANDLER',
      says: /hello|string/,
    },
    'a handler that is two things at once': {
      config: '{}, Object.assign((req, res) => {}, { fetch() {} })',
      code: 'ERR_PRONGHORN_CONFIG_HANDLER',
      says: /\(req, res\) => … or an object with a method fetch/,
    },
    'what node() cannot make a handler of': {
      config: "{}, (await import('pronghorn')).node('app')",
      code: 'ERR_PRONGHORN_CONFIG_HANDLER',
      says: /string in node\(\)/,
    },
    "a (req, res) listener of 'request'": {
      config: "{}).on('request', (req, res) => {}).run(",
      code: 'ERR_PRONGHORN_SERVER_LISTENER',
      says: /node\(\)/,
    },
    'a handler that takes nothing': {
      config: '{}, () => {}',
      code: 'ERR_PRONGHORN_CONFIG_HANDLER',
      says: /a function of 0 parameters/,
    },
  };
  for (const [what, { config, code, says }] of Object.entries(failures)) {
    test(`refuses ${what}`, async () => {
      const ended = await evaluate(`
        import { createServer, PronghornError } from 'pronghorn';
        try {
          await createServer(${config});
        } catch (error) {
          console.log(error instanceof PronghornError, error.code, error.message);
        }`);
      await ended.explain(async () => {
        assert.ok(ended.stdout.startsWith(`true ${code} `), ended.stdout);
        assert.match(ended.stdout, says);
        assert.equal(ended.exit.code, 0);
      });
    });
  }

  test('run() rejects with the reason, and the process goes on', async () => {
    const ended = await runToEnd({ command: [fixture('run-fails.mjs'), 'http://192.0.2.1:1'] });
    await ended.explain(async () => {
      assert.equal(ended.stdout.trim(), 'run rejected: ERR_PRONGHORN_LISTEN_FAILED');
      assert.deepEqual(ended.exit, { code: 0, signal: null });
    });
  });
});

test('a script that calls run() without catching ends with one error and exit code 1 or more', async () => {
  const ended = await runToEnd({
    command: [fixture('programmatic.mjs')],
    env: { PRONGHORN_LISTEN: 'http://192.0.2.1:1' },
  });
  await ended.explain(async () => {
    assert.notEqual(ended.exit.code, 0);
    assert.match(ended.stderr, /ERR_PRONGHORN_LISTEN_FAILED/);
  });
});
