// What a location says about its own socket: queue, permissions, owner, deferred accepting, Fast Open.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { binding } from '#dist/binding/load.js';
import type { Location } from '#dist/config/location.js';
import { Activation } from '#dist/listener/activation.js';
import { parseAddress } from '#dist/listener/address.js';
import { type Listeners, openListeners } from '#dist/listener/listeners.js';
import { commandLine, fixture, temporaryFolder } from '../support/paths.js';
import { RawClient, requestHead } from '../support/raw-client.js';
import { runToEnd, startApp, targetOf, withServer } from '../support/server.js';

const APP = fixture('http-app.mjs');
const isRoot = process.getuid?.() === 0;
const asRoot = { skip: isRoot ? false : 'only root may give files away' };

/** Opens listeners in this process. */
async function withListeners(
  locations: readonly (string | Location)[],
  run: (listeners: Listeners) => void | Promise<void>,
): Promise<void> {
  const listeners = await openListeners(locations.map(parseAddress), {
    bindModel: 'reuseport',
    slots: 2,
    backlog: 100,
    activation: new Activation([]),
  });
  try {
    await run(listeners);
  } finally {
    listeners.close();
  }
}

test('each location has its own backlog, or that of the server', () =>
  withListeners(['http://127.0.0.1:0', 'http://127.0.0.1:0?backlog=7'], ({ fds }) => {
    const limits = fds.map((fd) => {
      const queue = binding.listenQueue(fd);
      assert.ok(typeof queue !== 'number');
      return queue.limit;
    });
    assert.deepEqual(limits, [100, 100, 7, 7]);
  }));

test('IPv6 and IPv4 addresses, and both at once, are apart from each other', async (context) => {
  const any = await openListeners([parseAddress('http://[::1]:0')], {
    bindModel: 'reuseport',
    slots: 1,
    backlog: 1,
    activation: new Activation([]),
  }).catch(() => undefined);
  if (!any) return context.skip('no IPv6 here');
  any.close();
  await withListeners(['http://[::]:0'], async ({ addresses }) => {
    const [six] = addresses;
    assert.ok(six?.kind === 'tcp');
    // An IPv6 address leaves the same port free for IPv4.
    await withListeners([`http://0.0.0.0:${six.port}`], async ({ addresses: [four] }) => {
      assert.ok(four?.kind === 'tcp' && four.port === six.port);
    });
    await assert.rejects(
      withListeners([`http://*:${six.port}`], () => {}),
      { code: 'ERR_PRONGHORN_LISTEN_IN_USE' },
    );
  });
});

describe('the file of a unix socket', () => {
  const newPath = () => join(temporaryFolder(), 'a.sock');
  const modeOf = (path: string) => statSync(path).mode & 0o777;

  for (const mode of ['600', '660', '666', '777']) {
    test(`has the permissions ${mode}, whatever the umask is`, async () => {
      for (const umask of [0o022, 0o077, 0]) {
        const path = newPath();
        const before = process.umask(umask);
        try {
          await withListeners([`unix:${path}?mode=${mode}`], () => {
            assert.equal(modeOf(path).toString(8), mode);
          });
        } finally {
          process.umask(before);
        }
        assert.ok(!existsSync(path));
      }
    });
  }

  test('has those of the umask where none are given', async () => {
    const path = newPath();
    const before = process.umask(0o027);
    await withListeners([`unix:${path}`], () => assert.equal(modeOf(path), 0o750));
    process.umask(before);
  });

  test('has the owner and the group that are named, or numbered', asRoot, async () => {
    const accountOf = (file: string, name: string) =>
      Number(new RegExp(`^${name}:[^:]*:(\\d+):`, 'm').exec(readFileSync(file, 'utf8'))?.[1]);
    const daemon = accountOf('/etc/passwd', 'daemon');
    const mail = accountOf('/etc/group', 'mail');
    const path = newPath();
    await withListeners([{ path, user: 'daemon', group: 'mail', mode: '640' }], () => {
      const { uid, gid } = statSync(path);
      assert.deepEqual([uid, gid, modeOf(path)], [daemon, mail, 0o640]);
    });
    await withListeners([`unix:${path}?group=4242`], () => {
      const { uid, gid } = statSync(path);
      assert.deepEqual([uid, gid], [0, 4242]);
    });
  });

  test('is gone, and said to be impossible, where there is no such account', async () => {
    const path = newPath();
    await assert.rejects(
      withListeners([`unix:${path}?user=nobody-has-this-name`], () => {}),
      { code: 'ERR_PRONGHORN_LISTEN_FAILED', message: /there is no user nobody-has-this-name/ },
    );
    assert.ok(!existsSync(path));
  });

  test('lets in whom its permissions let in', asRoot, async () => {
    const folder = temporaryFolder();
    spawnSync('chmod', ['755', folder]);
    const locations = [`unix:${folder}/closed.sock?mode=600`, `unix:${folder}/open.sock?mode=666`];
    const start = () => startApp(APP, { args: locations.flatMap((location) => ['--listen', location]) });
    await withServer(start, async () => {
      const script = `const net = require('node:net');
        for (const name of ['closed', 'open']) net.connect('${folder}/' + name + '.sock')
          .on('connect', function () { console.log(name, 'connected'); this.destroy(); })
          .on('error', ({ code }) => console.log(name, code));`;
      const { stdout } = spawnSync(process.execPath, ['-e', script], {
        uid: 65534,
        gid: 65534,
        encoding: 'utf8',
      });
      assert.deepEqual(stdout.trim().split('\n').sort(), ['closed EACCES', 'open connected']);
    });
  });
});

test('a connection whose bytes are awaited by the kernel is not ours before they come', () =>
  withServer(
    () => {
      const places = ['http://127.0.0.1:0?deferAccept=30', 'http://127.0.0.1:0'];
      const args = ['--workers', '1', '--header-timeout', '0.5', ...places.flatMap((at) => ['--listen', at])];
      return startApp(APP, { args });
    },
    async (server) => {
      const [deferred, plain] = server.addresses.map(targetOf);
      const silent = await RawClient.connect(deferred!);
      // The clock: two connections on the other address that are closed because they are silent, one after the other.
      for (let round = 0; round < 2; round++) {
        const client = await RawClient.connect(plain!);
        await client.closed();
        client.destroy();
      }
      silent.send(requestHead('GET', '/'));
      assert.equal((await silent.read()).text, 'hi');
      silent.destroy();
    },
  ));

test('a location with Fast Open is served', () =>
  withServer(
    () => startApp(APP, { args: ['--listen', 'http://127.0.0.1:0?fastOpen=16'] }),
    async (server) => assert.equal((await server.get('/')).text, 'hi'),
  ));

test('a mistake in the options of a location is wrong use', async () => {
  const server = await runToEnd({ command: [commandLine, APP, '--listen', 'http://*:0?backlock=1'] });
  assert.equal(server.exit.code, 2);
  assert.match(
    server.stderr,
    /backlock has no meaning here, did you mean backlog\? \(ERR_PRONGHORN_LISTEN_ADDRESS\)/,
  );
});
