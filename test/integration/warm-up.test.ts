// Warm-up: requests through the handler before any worker exists. Workers find what these have left in memory, and
// nothing that is open.
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { commandLine, fixture } from '../support/paths.js';
import {
  runToEnd,
  type ServerProcess,
  startApp,
  startMethods,
  VERBOSE,
  withServer,
} from '../support/server.js';
import { waitFor } from '../support/wait.js';

const APP = fixture('warm-app.mjs');

function start(startMethod: string, warmup: string[], env: Record<string, string> = {}) {
  const requests = warmup.flatMap((request) => ['--warmup', request]);
  const args = [
    '--workers',
    '2',
    '--start-method',
    startMethod,
    ...(warmup.includes('/never') ? ['--boot-timeout', '4'] : []),
    ...requests,
  ];
  return () => startApp(APP, { args, env });
}

async function seenBy(server: ServerProcess): Promise<Record<string, number>> {
  return JSON.parse((await server.get('/seen')).text) as Record<string, number>;
}

/** What a process has open of the kinds that a server needs. */
function openIn(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  const targets = readdirSync(folder).flatMap((fd) => {
    try {
      return readlinkSync(`${folder}/${fd}`).replace(/\d+/g, 'N');
    } catch {
      return [];
    }
  });
  return targets.filter((target) => /socket|eventpoll|memfd/.test(target)).sort();
}

for (const startMethod of startMethods) {
  describe(`warm-up, start method ${startMethod}`, () => {
    test('every worker has seen the requests, and they count for nobody', () =>
      withServer(start(startMethod, ['/a?b=1', 'POST /c']), async (server) => {
        for (let i = 0; i < 4; i++) {
          assert.deepEqual(await seenBy(server), { 'GET /a?b=1  ': 200, 'POST /c  ': 200 });
        }
        assert.ok(!server.log.some(({ level }) => level === 'warn' || level === 'error'), server.stderr);
      }));

    for (const [path, reason] of [
      ['/throws', undefined],
      ['/never', /no answer within [\d.]+ s/],
    ] as const) {
      test(`a handler that fails (${path}) is told to the log, and the server starts`, () =>
        withServer(start(startMethod, [path, '/after']), async (server) => {
          const line = server.log.find(
            ({ msg, url }) => msg.startsWith('a request of the warm-up failed') && url === path,
          );
          if (reason) assert.match(line!.reason!, reason);
          else assert.equal(line!.status, 500);
          assert.equal((await seenBy(server))[`GET ${path}  `], 1);
        }));
    }
  });
}

test('the zygote has nothing open that it would not have without', async () => {
  // Scoreboard; the event loop and two of its own; channel, standard output and error, and a socket for each slot.
  const expected = [
    '/memfd:pronghorn-scoreboard (deleted)',
    ...Array.from({ length: 3 }, () => 'anon_inode:[eventpoll]'),
    ...Array.from({ length: 9 }, () => 'socket:[N]'),
  ];
  for (const warmup of [[], ['/a']]) {
    await withServer(start('fork', warmup), async (server) => {
      const zygote = server.zygote!.pid;
      // While it forks it has one end of a worker's channel.
      await waitFor('nothing else to be open', () => isDeepStrictEqual(openIn(zygote), expected));
    });
  }
});

test('what the handler has opened is reported with its place', () =>
  withServer(start('fork', ['/a'], { TEST_OPEN: 'server' }), async (server) => {
    const line = server.log.find(({ msg }) => msg.startsWith('opened while loading'));
    assert.match(line!.reason!, /^TCPServerWrap at test\/fixtures\/warm-app\.mjs:9:\d+$/);
  }));

test('a thread that it has started keeps workers from being forked', () =>
  withServer(start('auto', ['/a'], { TEST_OPEN: 'thread' }), async (server) => {
    const line = server.log.find(({ msg }) => msg.startsWith('workers cannot be forked'));
    assert.match(line!.reason!, /started 1 thread.*; started at test\/fixtures\/warm-app\.mjs:10:\d+/);
    assert.equal((await seenBy(server))['GET /a  '], 200, 'and each one warms up by itself');
  }));

test('an exception that nobody catches ends the start, and is told', async () => {
  const { exit, stderr } = await runToEnd({
    command: [commandLine, APP, '--listen', 'http://127.0.0.1:0', '--warmup', '/crash'],
    env: VERBOSE,
  });
  assert.equal(exit.code, 1);
  assert.match(stderr, /ERR_PRONGHORN_BOOT_APP/);
  assert.match(stderr, /JSON/);
});
