// The command `pronghorn`: every way to use it wrongly is one clear line and a documented exit code, and leaves
// nothing running.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createNetServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { commandLine, fixture, root, temporaryFolder } from '../support/paths.js';
import { runToEnd, type ServerProcess, startApp, startMethods, withServer } from '../support/server.js';

const run = (command: string[], env: Record<string, string> = {}) =>
  runToEnd({ command: [commandLine, ...command], env });

const FREE_PORT = ['--listen', 'http://127.0.0.1:0'];
const APP = fixture('http-app.mjs');

/** The one line of ours that a failed start may write, and the code in it. What the application says may stand around it. */
function onlyComplaint({ stderr, stdout }: ServerProcess): { line: string; code: string } {
  const ours = stderr.split('\n').filter((line) => line.startsWith('pronghorn:') || line.startsWith('{'));
  assert.equal(ours.length, 1, 'one line says it all');
  const complaint = /^pronghorn: (.+) \((ERR_PRONGHORN_[A-Z_]+)\)$/.exec(ours[0]!);
  assert.ok(complaint, `not a complaint: ${JSON.stringify(ours[0])}`);
  assert.ok(!stderr.includes(join(root, 'dist')), 'no frames of our own');
  assert.equal(stdout.replace('loaded\n', ''), '');
  return { line: complaint[1]!, code: complaint[2]! };
}

describe('help and version', () => {
  test('help explains every option, with exit code 0', async () => {
    const { exit, stdout, stderr } = await run(['help', 'run']);
    assert.equal(exit.code, 0);
    assert.equal(stderr, '');
    for (const word of ['Usage: pronghorn', '--listen', '--min-servers', '--start-method', '--config']) {
      assert.ok(stdout.includes(word), `help names ${word}`);
    }
  });

  test('--version prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const { exit, stdout } = await run(['--version']);
    assert.equal(exit.code, 0);
    assert.equal(stdout.trim(), version);
  });
});

describe('wrong use', () => {
  interface Case {
    args: string[];
    env?: Record<string, string>;
    says: RegExp;
    code?: string;
  }

  const cases: Record<string, Case> = {
    'no application': { args: [], says: /app/ },
    'a file that does not exist': { args: ['no-such-app.mjs'], says: /no-such-app\.mjs/ },
    'a folder': { args: [fixture('')], says: /fixtures/ },
    'an unknown option': {
      args: [APP, '--min-server', '2'],
      says: /--min-server\b.*--min-servers/,
    },
    'an unknown option that resembles nothing': { args: [APP, '--frobnicate'], says: /--frobnicate/ },
    'an option without its value': { args: [APP, '--min-servers'], says: /--min-servers/ },
    'a number that is none': { args: [APP, '--min-servers', 'many'], says: /min-?servers.*many/i },
    'a number out of range': { args: [APP, '--min-servers', '0'], says: /min-?servers.*0/i },
    'a fraction where a whole number belongs': { args: [APP, '--backlog', '1.5'], says: /backlog.*1\.5/ },
    'a negative time': { args: [APP, '--header-timeout', '-1'], says: /header-?timeout.*-1/i },
    'a choice that does not exist': {
      args: [APP, '--bind-model', 'both'],
      says: /bind-?model.*both/i,
    },
    'bounds the wrong way round': {
      args: [APP, '--min-servers', '4', '--max-servers', '2'],
      says: /min.*max/i,
      code: 'ERR_PRONGHORN_CONFIG_CONFLICT',
    },
    'an address that is none': {
      args: [APP, '--listen', 'localhost:http'],
      says: /localhost:http/,
      code: 'ERR_PRONGHORN_LISTEN_ADDRESS',
    },
    'a bad value in the environment': {
      args: [APP, ...FREE_PORT],
      env: { PRONGHORN_MAX_SERVERS: 'lots' },
      says: /PRONGHORN_MAX_SERVERS.*lots/,
      code: 'ERR_PRONGHORN_CONFIG_VALUE',
    },
    'a slip of the pen in the environment': {
      args: [APP, ...FREE_PORT],
      env: { PRONGHORN_MIN_SERVER: '1' },
      says: /PRONGHORN_MIN_SERVER\b.*PRONGHORN_MIN_SERVERS/,
      code: 'ERR_PRONGHORN_CONFIG_UNKNOWN',
    },
  };

  for (const [what, { args, env, says, code }] of Object.entries(cases)) {
    test(`${what} is one line and exit code 2`, async () => {
      const ended = await run(args, env);
      await ended.explain(async () => {
        const complaint = onlyComplaint(ended);
        assert.match(complaint.line, says);
        if (code !== undefined) assert.equal(complaint.code, code);
        assert.equal(ended.stderr.trim().split('\n').length, 1);
        assert.deepEqual(ended.exit, { code: 2, signal: null });
      });
    });
  }
});

for (const startMethod of startMethods) {
  describe(`applications that do not load, start method ${startMethod}`, () => {
    const load = (app: string) => run([app, ...FREE_PORT, '--start-method', startMethod]);

    test('an error while loading is exit code 1, with the frames of the application', async () => {
      const ended = await load(fixture('throws-at-load.mjs'));
      await ended.explain(async () => {
        const { line, code } = onlyComplaint(ended);
        assert.equal(code, 'ERR_PRONGHORN_BOOT_APP');
        assert.match(line, /throws-at-load\.mjs.*no database here/);
        assert.match(ended.stderr, /^pronghorn:/, 'our line comes first');
        assert.match(ended.stderr, /at connectToDatabase .*throws-at-load\.mjs:3/);
        assert.deepEqual(ended.exit, { code: 1, signal: null });
      });
    });

    test('a syntax error names the place', async () => {
      const app = join(temporaryFolder(), 'broken.mjs');
      writeFileSync(app, 'export default (request) => {\n  request.respond({ body: ;\n};\n');
      const ended = await load(app);
      await ended.explain(async () => {
        assert.match(onlyComplaint(ended).line, /broken\.mjs/);
        assert.match(ended.stderr, /broken\.mjs:2/);
        assert.deepEqual(ended.exit, { code: 1, signal: null });
      });
    });

    test('a missing import names the file', async () => {
      const ended = await load(fixture('missing-import.mjs'));
      await ended.explain(async () => {
        assert.match(onlyComplaint(ended).line, /there-is-no-such-file\.mjs/);
        assert.deepEqual(ended.exit, { code: 1, signal: null });
      });
    });

    for (const app of ['wrong-export.mjs', 'no-export.mjs', 'takes-nothing.mjs']) {
      test(`the default export of ${app} is refused`, async () => {
        const ended = await load(fixture(app));
        await ended.explain(async () => {
          const { line, code } = onlyComplaint(ended);
          assert.equal(code, 'ERR_PRONGHORN_BOOT_EXPORT');
          assert.ok(line.includes(app));
          assert.deepEqual(ended.exit, { code: 1, signal: null });
        });
      });
    }

    test('process.exit() while loading is told', async () => {
      const app = join(temporaryFolder(), 'exits.mjs');
      writeFileSync(app, 'process.exit(0);\n');
      const ended = await load(app);
      await ended.explain(async () => {
        onlyComplaint(ended);
        assert.deepEqual(ended.exit, { code: 1, signal: null });
      });
    });
  });
}

describe('a busy port', () => {
  for (const bindModel of ['reuseport', 'duplicate']) {
    test(`another program has it: one line, exit code 3 (${bindModel})`, async () => {
      const other = createNetServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => other.once('listening', resolve));
      const { port } = other.address() as { port: number };
      try {
        const ended = await run([APP, '--listen', `http://127.0.0.1:${port}`, '--bind-model', bindModel]);
        await ended.explain(async () => {
          const { line, code } = onlyComplaint(ended);
          assert.equal(code, 'ERR_PRONGHORN_LISTEN_IN_USE');
          assert.ok(line.includes(String(port)));
          assert.deepEqual(ended.exit, { code: 3, signal: null });
        });
      } finally {
        other.close();
      }
    });

    test(`another Pronghorn has it: one line, exit code 3 (${bindModel})`, () =>
      withServer(
        () => startApp(APP, { args: ['--workers', '1', '--bind-model', bindModel] }),
        async (server) => {
          const ended = await run([APP, '--listen', server.url, '--bind-model', bindModel]);
          await ended.explain(async () => {
            assert.equal(onlyComplaint(ended).code, 'ERR_PRONGHORN_LISTEN_IN_USE');
            assert.deepEqual(ended.exit, { code: 3, signal: null });
          });
          assert.equal((await server.get('/')).text, 'hi');
        },
      ));
  }

  test('an address of another machine: one line, exit code 3', async () => {
    const ended = await run([APP, '--listen', 'http://192.0.2.1:8080']);
    await ended.explain(async () => {
      assert.equal(onlyComplaint(ended).code, 'ERR_PRONGHORN_LISTEN_FAILED');
      assert.deepEqual(ended.exit, { code: 3, signal: null });
    });
  });
});

describe('running', () => {
  test('the listening line tells address, workers, start method and pid', () =>
    withServer(
      () => startApp(APP, { args: ['--workers', '2', '--start-method', 'fork'] }),
      async (server) => {
        const line = server.log.find(({ msg }) => msg.startsWith('listening on'))!;
        assert.equal(line.level, 'info');
        assert.equal(
          line.msg,
          `listening on http://127.0.0.1:${server.port} (2 workers, start method fork, pid ${server.pid})`,
        );
        assert.equal(server.stdout, '');
      },
    ));

  test('examples/hello.mjs runs as it is', () =>
    withServer(
      () => startApp('examples/hello.mjs'),
      async (server) => {
        assert.equal((await server.get('/')).status, 200);
      },
    ));

  test('a relative path means the working directory', () =>
    withServer(
      () => startApp('test/fixtures/http-app.mjs', { args: ['--workers', '1'] }),
      async (server) => {
        assert.equal((await server.get('/')).text, 'hi');
      },
    ));

  test('a promise as default export is awaited', () =>
    withServer(
      () => startApp(fixture('promised-export.mjs')),
      async (server) => {
        assert.equal((await server.get('/')).text, 'promised');
      },
    ));

  test('an application with top-level listeners of its own server runs', () =>
    withServer(
      () => startApp(fixture('runs-itself.mjs')),
      async (server) => {
        assert.equal((await server.get('/')).text, 'runs itself');
      },
    ));

  test('settings: the command line wins over the environment, that over the application', async () => {
    const workers = (args: string[], env: Record<string, string>) =>
      new Promise<string>((resolve, reject) => {
        withServer(
          () => startApp(fixture('exports-server.mjs'), { args, env }),
          async (server) => {
            const line = server.log.find(({ msg }) => msg.startsWith('listening on'))!;
            resolve(/\((\d+) workers?,/.exec(line.msg)?.[1] ?? line.msg);
          },
        ).catch(reject);
      });
    assert.equal(await workers([], {}), '3');
    assert.equal(await workers([], { PRONGHORN_WORKERS: '2' }), '2');
    assert.equal(await workers(['--workers', '1'], { PRONGHORN_WORKERS: '2' }), '1');
  });

  test('words after the application are its arguments', () =>
    withServer(
      () => startApp(fixture('programmatic.mjs'), { args: ['--workers', '1', '--', 'one', '--two'] }),
      async (server) => {
        assert.deepEqual(JSON.parse((await server.get('/')).text).arguments, ['one', '--two']);
      },
    ));

  test('the command is executable as it is', () =>
    withServer(
      () => startApp(APP, { args: ['--workers', '1', '--log-level', 'info'] }),
      async (server) => {
        const first = readFileSync(commandLine, 'utf8').split('\n')[0];
        assert.equal(first, '#!/usr/bin/env node');
        assert.equal((await server.get('/')).text, 'hi');
      },
    ));
});
