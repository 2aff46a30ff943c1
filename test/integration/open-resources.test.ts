// What an application leaves open while it loads is shared by forked workers: the log says so, and says nothing of what
// is not the application's.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fixture, root, temporaryFolder } from '../support/paths.js';
import { ServerProcess, startApp, VERBOSE, withServer } from '../support/server.js';
import { within } from '../support/wait.js';

const WARNING = /^opened while loading/;

const start = (env: Record<string, string>) => () =>
  startApp(fixture('leaves-open.mjs'), { args: ['--workers', '1', '--start-method', 'fork'], env });

/** The reason of the warning, undefined if there is none. */
async function reported(env: Record<string, string>): Promise<string | undefined> {
  let reason: string | undefined;
  await withServer(start(env), async (server) => {
    reason = server.log.find(({ msg }) => WARNING.test(msg))?.reason;
  });
  return reason;
}

/** Somebody to be connected to. @param place port or path */
async function withPeer(place: number | string, run: (address: string) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>();
  const peer: Server = createServer((socket) => sockets.add(socket.on('error', () => {})));
  await within('the peer to listen', new Promise<void>((resolve) => peer.listen(place, resolve)));
  const address = peer.address()!;
  try {
    await run(typeof address === 'string' ? address : String(address.port));
  } finally {
    for (const socket of sockets) socket.destroy();
    peer.close();
  }
}

/** A kind, and the line of the fixture that has opened it. */
function at(kind: string, line: number, isAll = true): RegExp {
  const text = `${kind} at test/fixtures/leaves-open\\.mjs:${line}:\\d+`;
  return new RegExp(isAll ? `^${text}$` : text);
}

describe('what is left open while loading', () => {
  test('nothing: writing to pipes, files that were read, imports', async () => {
    assert.equal(await reported({}), undefined);
  });

  test('nothing, also when modules are still being loaded for a while', () =>
    withServer(start({ TEST_SLOWLY: '1' }), async (server) => {
      assert.equal(server.log.find(({ msg }) => WARNING.test(msg))?.reason, undefined);
      assert.match(server.stdout, /^imported$/m, 'workers are not forked before that is done');
    }));

  test('a server', async () => {
    assert.match((await reported({ TEST_OPEN: 'server' }))!, at('TCPServerWrap', 12));
  });

  test('a timer', async () => {
    assert.match((await reported({ TEST_OPEN: 'timer' }))!, at('Timeout', 15));
  });

  test('several at once, with their numbers', async () => {
    const reason = await reported({ TEST_OPEN: 'server,timer,timer' });
    assert.match(reason!, at('TCPServerWrap', 12, false));
    assert.match(reason!, at('Timeout ×2', 15, false));
  });

  test('a request that does not end', async () => {
    const pipe = join(temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    assert.match((await reported({ TEST_OPEN: 'request', TEST_ADDRESS: pipe }))!, at('FSReqPromise', 18));
  });

  test('a connection', () =>
    withPeer(0, async (port) => {
      assert.match((await reported({ TEST_OPEN: 'socket', TEST_ADDRESS: port }))!, at('TCPSocketWrap', 13));
    }));

  test('a connection of the kind that standard output is', () =>
    withPeer(join(temporaryFolder(), 'peer'), async (path) => {
      assert.match((await reported({ TEST_OPEN: 'pipe', TEST_ADDRESS: path }))!, at('PipeWrap', 14));
    }));

  test('nothing, for a script that runs its own server', () =>
    withServer(
      () =>
        new ServerProcess({
          command: [join(root, 'test/fixtures/programmatic.mjs')],
          env: { ...VERBOSE, PRONGHORN_START_METHOD: 'fork', PRONGHORN_LISTEN: 'http://127.0.0.1:0' },
        }),
      async (server) => {
        assert.equal(server.log.find(({ msg }) => WARNING.test(msg))?.reason, undefined);
      },
    ));
});
