// The control socket itself, byte by byte, and what the commands make of a server that answers badly or late.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { commandLine, fixture, temporaryFolder } from '../support/paths.js';
import { runToEnd, startApp, withServer } from '../support/server.js';
import { within } from '../support/wait.js';

const APP = fixture('http-app.mjs');
const pronghorn = (...command: string[]) => runToEnd({ command: [commandLine, ...command] });

/** What comes back for these bytes, until the other side ends. */
function exchange(path: string, bytes: string): Promise<string> {
  const socket = connect(path);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.write(bytes);
  const ended = new Promise<string>((resolve, reject) => {
    socket.once('close', () => resolve(text));
    socket.once('error', reject);
  });
  return within('the answer', ended).finally(() => socket.destroy());
}

test('a request is a line of JSON with a version; anything else is refused, and the server goes on', async () => {
  const runtimeDir = join(temporaryFolder(), 'run');
  await withServer(
    () => startApp(APP, { args: ['--runtime-dir', runtimeDir, '--workers', '1'] }),
    async (server) => {
      const path = join(runtimeDir, 'control.sock');
      assert.equal(statSync(path).mode & 0o777, 0o600);
      const status = JSON.parse(await exchange(path, '{"version":1,"type":"status"}\n'));
      assert.equal(status.type, 'done');
      assert.equal(status.result.pid, server.pid);
      const refused: Record<string, RegExp> = {
        'GET / HTTP/1.1\r\n': /CONTROL_REQUEST.*no JSON object/,
        '[]\n': /CONTROL_REQUEST.*no JSON object/,
        '{"version":1,"type":"dance"}\n': /CONTROL_REQUEST.*no request.*dance/,
        '{"version":9,"type":"status"}\n': /CONTROL_VERSION.*version 1.*version 9/,
        '{"version":1,"type":"scale"}\n': /CONTROL_REQUEST.*no number of workers/,
        '{"version":1,"type":"upgrade","command":{"program":7,"args":"x"}}\n': /ERR_PRONGHORN_UPGRADE/,
        '{"version":1,"type":"scale","to":{"minServers":0,"maxServers":0}}\n': /CONFIG_VALUE/,
      };
      for (const [bytes, expected] of Object.entries(refused)) {
        const answer = (await exchange(path, bytes)).trim().split('\n').at(-1)!;
        assert.match(answer, /^{"type":"failed"/);
        assert.match(answer, expected);
      }
      const silent = connect(path);
      assert.equal((await server.get('/')).text, 'hi');
      await server.stop();
      silent.destroy();
      assert.ok(!existsSync(path));
    },
  );
});

test('a server that is killed is not running, and its files do not disturb the next one', async () => {
  const runtimeDir = join(temporaryFolder(), 'run');
  const args = ['--runtime-dir', runtimeDir, '--workers', '1'];
  await withServer(
    () => startApp(APP, { args }),
    async (server) => {
      server.signal('SIGKILL');
      await server.exits();
    },
  );
  assert.ok(existsSync(join(runtimeDir, 'control.sock')));
  assert.equal((await pronghorn('status', '--runtime-dir', runtimeDir)).exit.code, 5);
  await withServer(
    () => startApp(APP, { args }),
    async () => {
      assert.equal((await pronghorn('status', '--runtime-dir', runtimeDir, '--json')).exit.code, 0);
    },
  );
});

describe('commands', () => {
  /** A socket that is no server's. */
  async function withImpostor(answer: string | undefined, run: (folder: string) => Promise<void>) {
    const folder = join(temporaryFolder(), 'run');
    mkdirSync(folder, { mode: 0o700 });
    const server: Server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        if (answer !== undefined) socket.end(answer);
      });
    });
    await new Promise<void>((resolve) => server.listen(join(folder, 'control.sock'), resolve));
    try {
      await run(folder);
    } finally {
      server.close();
    }
  }

  test('say so when the server breaks off', () =>
    withImpostor('', async (folder) => {
      const { stderr, exit } = await pronghorn('status', '--runtime-dir', folder);
      assert.match(stderr, /ended or broke off before the status \(ERR_PRONGHORN_CONTROL_LOST\)/);
      assert.equal(exit.code, 70);
    }));

  test('hand on what the server failed with', () =>
    withImpostor(
      '{"type":"failed","code":"ERR_PRONGHORN_SERVER_STOPPING","message":"the server stops"}\n',
      async (folder) => {
        const { stderr } = await pronghorn('status', '--runtime-dir', folder);
        assert.match(stderr, /^pronghorn: the server stops \(ERR_PRONGHORN_SERVER_STOPPING\)$/m);
      },
    ));

  test('do not speak to a socket of another user', { skip: process.geteuid?.() !== 0 && 'needs root' }, () =>
    withImpostor('', async (folder) => {
      chmodSync(folder, 0o755);
      const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
      const command = [commandLine, 'status', '--runtime-dir', folder];
      const { stderr, exit } = await runToEnd({ command, through: nobody });
      assert.match(stderr, /belongs to another user \(ERR_PRONGHORN_CONTROL_SOCKET\)/);
      assert.equal(exit.code, 2);
    }),
  );

  test('give up after --timeout, and the server goes on with it', async () => {
    const runtimeDir = join(temporaryFolder(), 'run');
    await withServer(
      () =>
        startApp(APP, { args: ['--runtime-dir', runtimeDir, '--workers', '1', '--shutdown-delay', '60'] }),
      async (server) => {
        const { stderr, exit } = await pronghorn('stop', '--timeout', '0.5', '--runtime-dir', runtimeDir);
        assert.match(
          stderr,
          /waiting for the server to stop after 0\.5 s.*\(ERR_PRONGHORN_CONTROL_TIMEOUT\)/,
        );
        assert.equal(exit.code, 6);
        const status = await pronghorn('status', '--runtime-dir', runtimeDir, '--json');
        assert.equal((JSON.parse(status.stdout) as { state: string }).state, 'stopping');
        const { exit: now } = await pronghorn('stop', '--now', '--runtime-dir', runtimeDir);
        assert.equal(now.code, 0);
        await server.exits();
      },
    );
  });

  test('a manager that is stopped is told as such, and --now ends it all the same', async () => {
    const runtimeDir = join(temporaryFolder(), 'run');
    await withServer(
      () => startApp(APP, { args: ['--runtime-dir', runtimeDir, '--workers', '1'] }),
      async (server) => {
        const { pid } = server;
        server.signal('SIGSTOP');
        const nobody = withImpostor(undefined, async (folder) => {
          const { stderr } = await pronghorn('stop', '--runtime-dir', folder);
          assert.match(
            stderr,
            /nothing comes from the control socket within 5 s \(ERR_PRONGHORN_CONTROL_SILENT\)/,
          );
        });
        const words = ['status', 'reload', 'upgrade', 'scale 2', 'stop'];
        for (const { stderr, exit } of await Promise.all(
          words.map((word) => pronghorn(...word.split(' '), '--runtime-dir', runtimeDir)),
        )) {
          const who = `the manager, process ${pid}, does not answer within 5 s`;
          const what = `it is stopped, and \`kill -CONT ${pid}\` lets it go on; \`pronghorn stop --now\` ends it`;
          assert.ok(
            stderr.startsWith(`pronghorn: ${who}: ${what} at once (ERR_PRONGHORN_CONTROL_SILENT)`),
            stderr,
          );
          assert.equal(exit.code, 6);
        }
        await nobody;
        const { exit } = await pronghorn('stop', '--now', '--runtime-dir', runtimeDir);
        assert.equal(exit.code, 0);
        assert.equal((await server.exits()).signal, 'SIGKILL');
      },
    );
  });

  test('refuse a folder where others may write', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o777);
    const { stderr, exit } = await pronghorn(APP, '--listen', 'http://127.0.0.1:0', '--runtime-dir', folder);
    assert.match(stderr, /others may write there.*\(ERR_PRONGHORN_RUNTIME_DIR\)/);
    assert.equal(exit.code, 2);
  });
});

test('two servers of one application: the second does without, start would have deployed', async () => {
  await withServer(
    () => startApp(APP, { args: ['--workers', '1'] }),
    async (first) => {
      await withServer(
        () => startApp(APP, { args: ['--workers', '1'] }),
        async (second) => {
          assert.equal((await second.get('/')).text, 'hi');
          assert.equal((await first.get('/')).text, 'hi');
        },
      );
    },
  );
});
