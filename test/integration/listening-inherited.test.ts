// Sockets that the server did not open itself: descriptors that it was started with, and what systemd passes.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { binding } from '#dist/binding/load.js';
import { commandLine, fixture, temporaryFolder } from '../support/paths.js';
import { RawClient } from '../support/raw-client.js';
import {
  type ServerProcess,
  ServerProcess as Started,
  startMethods,
  VERBOSE,
  withServer,
} from '../support/server.js';
import { waitFor } from '../support/wait.js';

const APP = fixture('http-app.mjs');
/** Gives the variables of systemd the pid of the process that gets the sockets. */
const ANNOUNCE = ['sh', '-c', 'LISTEN_PID=$$ exec "$@"', 'sh'];

const opened: number[] = [];

afterEach(() => {
  for (const fd of opened.splice(0)) binding.closeFd(fd);
});

function keep(fd: number): number {
  assert.ok(fd >= 0, `errno ${fd}`);
  opened.push(fd);
  return fd;
}

function tcpSocket({ host = '127.0.0.1', ipv6Only = false } = {}): { fd: number; port: number } {
  const options = { host, port: 0, backlog: 64, reusePort: false, ipv6Only, deferAccept: 0, fastOpen: 0 };
  const fd = keep(binding.listenTcp(options));
  return { fd, port: binding.localPort(fd) };
}

function unixSocket(): { fd: number; path: string } {
  const path = join(temporaryFolder(), 'passed.sock');
  return { fd: keep(binding.listenUnix({ path, backlog: 64, mode: -1, owner: -1, group: -1 })), path };
}

interface Passed {
  args?: string[];
  fds: number[];
  /** Names of the descriptors; announced at all if given. */
  names?: string[];
  env?: Record<string, string>;
}

const start =
  ({ args = [], fds, names, env = {} }: Passed) =>
  (): ServerProcess => {
    const announced = { LISTEN_FDS: String(fds.length), LISTEN_FDNAMES: names?.join(':') ?? '' };
    return new Started({
      command: [commandLine, APP, '--workers', '1', ...args],
      through: names ? ANNOUNCE : [],
      env: { ...VERBOSE, ...(names ? announced : {}), ...env },
      fds,
    });
  };

async function answer(target: Parameters<typeof RawClient.connect>[0], path = '/'): Promise<string> {
  const client = await RawClient.connect(target);
  const { text } = await client.get(path);
  client.destroy();
  return text;
}

async function failsToListen(passed: Passed, message: RegExp): Promise<void> {
  const server = start(passed)();
  try {
    await server.explain(async () => {
      await server.assertGone();
      assert.deepEqual(server.exit, { code: 3, signal: null });
      assert.match(server.stderr, message);
    });
  } finally {
    server.kill();
  }
}

describe('a descriptor that the user names', () => {
  for (const startMethod of startMethods) {
    test(`is served by every worker, and by replaced ones (${startMethod})`, () => {
      const { fd, port } = tcpSocket();
      const args = ['--listen', 'fd://3', '--workers', '2', '--start-method', startMethod];
      return withServer(start({ args, fds: [fd] }), async (server) => {
        assert.deepEqual(server.addresses, [`http://127.0.0.1:${port}`]);
        const target = { host: '127.0.0.1', port };
        assert.equal(await answer(target), 'hi');
        for (const victim of server.readyPids) process.kill(victim, 'SIGKILL');
        assert.equal(await answer(target), 'hi');
        await waitFor('two workers', () => server.readyPids.length === 2);
      });
    });
  }

  test('stays open for the next server when this one stops', async () => {
    const { fd, port } = tcpSocket();
    const target = { host: '127.0.0.1', port };
    await withServer(start({ args: ['--listen', 'fd://3'], fds: [fd] }), async () => {
      assert.equal(await answer(target), 'hi');
    });
    const between = await RawClient.connect(target);
    between.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await withServer(start({ args: ['--listen', 'fd://3'], fds: [fd] }), async () => {
      assert.equal((await between.read()).text, 'hi', 'what came in between was not lost');
      between.destroy();
    });
  });

  test('stands beside sockets of our own', () => {
    const { fd, port } = tcpSocket();
    const args = ['--listen', 'fd://3', '--listen', 'http://127.0.0.1:0'];
    return withServer(start({ args, fds: [fd] }), async (server) => {
      assert.equal(server.addresses.length, 2);
      assert.equal(await answer({ host: '127.0.0.1', port }), 'hi');
      const own = Number(new URL(server.addresses[1]!).port);
      assert.equal(await answer({ host: '127.0.0.1', port: own }), 'hi');
    });
  });

  test('that is no socket is refused', () =>
    failsToListen({ args: ['--listen', 'fd://0'], fds: [] }, /fd:\/\/0: .*ERR_PRONGHORN_LISTEN_FAILED/));

  test('that is not there is refused', () =>
    failsToListen({ args: ['--listen', 'fd://999'], fds: [] }, /fd:\/\/999: .*ERR_PRONGHORN_LISTEN_FAILED/));

  test('cannot be two locations', () => {
    const { fd } = tcpSocket();
    const args = ['--listen', 'fd://web', '--listen', 'fd://3'];
    return failsToListen({ args, fds: [fd], names: ['web'] }, /in use for another location/);
  });
});

describe('sockets that systemd passes', () => {
  test('are listened on where nothing else is asked for', () => {
    const { fd, port } = tcpSocket();
    const unix = unixSocket();
    return withServer(start({ fds: [fd, unix.fd], names: ['a', 'b'] }), async (server) => {
      assert.deepEqual(server.addresses, [`http://127.0.0.1:${port}`, `unix:${unix.path}`]);
      assert.equal(await answer({ host: '127.0.0.1', port }), 'hi');
      assert.equal(await answer({ path: unix.path }), 'hi');
    });
  });

  test('are announced to nobody else', () => {
    const { fd } = tcpSocket();
    return withServer(start({ fds: [fd], names: ['a'] }), async (server) => {
      const others = server.members.filter(({ pid }) => pid !== server.pid);
      assert.ok(others.length >= 1);
      for (const { pid } of others) {
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
        assert.ok(!/\0LISTEN_(FDS|PID|FDNAMES)=/.test(environment));
      }
    });
  });

  test('are ours by name; the others are closed, and it is said', () => {
    const admin = tcpSocket();
    const web = tcpSocket();
    const passed = { args: ['--listen', 'fd://web'], fds: [admin.fd, web.fd], names: ['admin', 'web'] };
    return withServer(start(passed), async (server) => {
      assert.deepEqual(server.addresses, [`http://127.0.0.1:${web.port}`]);
      assert.ok(
        server.log.some(({ level, msg, unused }) => level === 'warn' && /closed/.test(msg) && unused === 1),
      );
      assert.equal(await answer({ host: '127.0.0.1', port: web.port }), 'hi');
    });
  });

  test('are ours by address, where ours would be in use', () => {
    const { fd, port } = tcpSocket();
    const unix = unixSocket();
    const args = ['--listen', `http://127.0.0.1:${port}`, '--listen', `unix:${unix.path}`];
    return withServer(start({ args, fds: [fd, unix.fd], names: ['a', 'b'] }), async (server) => {
      assert.deepEqual(server.addresses, [`http://127.0.0.1:${port}`, `unix:${unix.path}`]);
      assert.equal(await answer({ host: '127.0.0.1', port }), 'hi');
      assert.equal(await answer({ path: unix.path }), 'hi');
      await server.stop();
      assert.ok(existsSync(unix.path), 'the file is not ours to remove');
    });
  });

  test('a name that was not passed is refused', () => {
    const { fd } = tcpSocket();
    const passed = { args: ['--listen', 'fd://web'], fds: [fd], names: ['admin'] };
    return failsToListen(passed, /fd:\/\/web: no socket of this name was passed/);
  });

  test('are not ours when they are meant for another process', () => {
    const { fd } = tcpSocket();
    const env = { LISTEN_PID: '1', LISTEN_FDS: '1', PRONGHORN_LISTEN: 'fd://web' };
    return failsToListen({ fds: [fd], env }, /no socket of this name was passed/);
  });
});
