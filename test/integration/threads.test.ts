// What is special to workers that are threads: they end alone, take nothing along and leave nothing behind, and the
// manager in whose process they live goes on.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { controlled } from '../support/controlled.js';
import { Load } from '../support/ledger.js';
import { fixture, temporaryFolder } from '../support/paths.js';
import { connectToEach } from '../support/raw-client.js';
import { runToEnd, type ServerProcess, startApp, withServer } from '../support/server.js';
import { waitFor } from '../support/wait.js';

/** A full heap ends the thread alone, for sure, in the oldest Node line only. */
const isThreadEndedForMemory = process.versions.node.startsWith('20.');

interface Answer {
  pid: number;
  threadId: number;
  served: number;
  worker: { id: number; slot: number; generation: number; pid: number; threadId: number };
  isMainThread: boolean;
}

const ROUNDS = Number(process.env.PRONGHORN_TEST_THREAD_ROUNDS ?? 8);
const THREAD = ['--worker-model', 'thread'];

const start =
  (workers: number, args: string[] = [], nodeArgs: string[] = [], env: Record<string, string> = {}) =>
  () =>
    startApp(fixture('thread-app.mjs'), {
      args: [
        ...THREAD,
        '--workers',
        String(workers),
        '--min-worker-ttl',
        '0',
        '--check-interval',
        '0.05',
        ...args,
      ],
      nodeArgs,
      env,
    });

async function ask(server: ServerProcess, path = '/'): Promise<Answer> {
  return JSON.parse((await server.get(path)).text) as Answer;
}

/** The log line about the end of a thread. */
function endOf(server: ServerProcess, thread: number) {
  return server.logged('its end', (line) => line.thread === thread && /^worker (ended|died)/.test(line.msg));
}

const descriptors = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;
const threads = (pid: number) => readdirSync(`/proc/${pid}/task`).length;

describe('worker threads', () => {
  test('each loads the application by itself, the manager never does, and all are in its process', () =>
    withServer(start(2), async (server) => {
      assert.equal(server.members.length, 1);
      const [first, second] = server.readyWorkers;
      const seen = new Map<number, Answer>();
      await waitFor('an answer of both', async () => {
        const answer = await ask(server);
        seen.set(answer.threadId, answer);
        return seen.size === 2;
      });
      assert.deepEqual([...seen.keys()].sort(), [first, second].sort());
      for (const { pid, threadId, worker, isMainThread } of seen.values()) {
        assert.deepEqual([pid, isMainThread], [server.pid, false]);
        assert.deepEqual([worker.pid, worker.threadId, worker.generation], [server.pid, threadId, 1]);
      }
      await waitFor('their words', () => server.stdout.split('\n').length > 2);
      assert.deepEqual(server.stdout.trim().split('\n').sort(), [
        `loaded in thread ${first}`,
        `loaded in thread ${second}`,
      ]);
    }));

  for (const [path, reason] of [
    ['/throw', /^exit code 1$/],
    ['/exit', /^exit code 7$/],
    // Newer versions of V8 may end the whole process instead (docs/THREADS.md).
    ...(isThreadEndedForMemory ? [['/fill', /^the thread has used up the heap/] as const] : []),
  ] as const) {
    test(`${path} ends that thread alone, and another one takes its place`, () =>
      withServer(start(2, [], ['--max-old-space-size=64']), async (server) => {
        const clients = await waitFor('connections to both', async () => {
          const pair = await Promise.all([server.connect(), server.connect()]);
          const answers = await Promise.all(
            pair.map(async (client) => JSON.parse((await client.get('/')).text)),
          );
          if (answers[0].threadId !== answers[1].threadId) return { pair, answers: answers as Answer[] };
          for (const client of pair) client.destroy();
          return undefined;
        });
        const [victim, other] = clients.pair;
        other!.send('GET /hold HTTP/1.1\r\nHost: h\r\n\r\n');
        await victim!.get(path);
        assert.match((await endOf(server, clients.answers[0]!.threadId)).reason!, reason);
        assert.equal((await other!.read()).status, 200, 'what another thread has in the works goes on');
        await waitFor('two workers', () => server.readyWorkers.length === 2);
        if (path === '/throw')
          assert.match(server.stderr, /Error: nobody catches this\n +at .*thread-app\.mjs/);
        for (const client of clients.pair) client.destroy();
      }));
  }

  test('stop() in a worker drains that worker alone', () =>
    withServer(start(2), async (server) => {
      const { threadId } = await ask(server, '/stop');
      assert.equal((await endOf(server, threadId)).reason, 'exit code 0');
      await waitFor('two workers', () => server.readyWorkers.length === 2);
      assert.equal(server.exit, undefined);
    }));

  test('one that does not come back from native code is given up, and does not stop the stop', () =>
    withServer(start(2, ['--activity-timeout', '1', '--termination-timeout', '0.5']), async (server) => {
      const pipe = join(temporaryFolder(), 'pipe');
      execFileSync('mkfifo', [pipe]);
      const { threadId } = await ask(server, `/native?pipe=${pipe}`);
      const { reason } = await endOf(server, threadId);
      assert.match(reason!, new RegExp(`^thread ${threadId} cannot be ended, it has not come back`));
      await waitFor('two others', () => server.readyWorkers.length === 2);
      assert.equal((await server.get('/')).status, 200);
      assert.deepEqual(await server.stop(), { code: 0, signal: null });
    }));

  test('a stop ends an application that never finishes loading', async () => {
    const server = start(1, [], [], { TEST_NEVER_LOADS: '1' })();
    await server.explain(async () => {
      await waitFor('the thread to load', () => server.stdout.includes('loaded in thread'));
      assert.deepEqual(await server.stop(), { code: 0, signal: null });
    });
  });

  test('one that loads for too long is the reason why the server does not start', async () => {
    const ended = await runToEnd({
      command: [
        'dist/cli/main.js',
        fixture('thread-app.mjs'),
        ...THREAD,
        ...['--listen', 'http://127.0.0.1:0', '--boot-timeout', '1'],
      ],
      env: { TEST_NEVER_LOADS: '1' },
    });
    await ended.explain(async () => {
      assert.match(ended.stderr, /^pronghorn: the application .* was not ready within 1 seconds/m);
      assert.deepEqual(ended.exit, { code: 1, signal: null });
    });
  });

  test('the application itself may ask for them', () =>
    withServer(
      () =>
        startApp(fixture('thread-app.mjs'), {
          env: { TEST_OPTIONS: JSON.stringify({ workerModel: 'thread', workers: 1 }) },
        }),
      async (server) => {
        assert.equal((await ask(server)).pid, server.pid);
        await waitFor('the process that told so to be gone', () => server.members.length === 1);
      },
    ));

  test('take turns with acceptMutex', () =>
    withServer(
      () =>
        startApp(fixture('http-app.mjs'), {
          args: [...THREAD, '--workers', '2', '--bind-model', 'duplicate', '--accept-mutex', 'flock'],
        }),
      async (server) => {
        const clients = await connectToEach(server.target, 2);
        assert.deepEqual([...clients.keys()].sort(), server.readyWorkers.sort());
        for (const client of clients.values()) client.destroy();
      },
    ));

  test('status and events name the thread', () =>
    controlled(
      { workerModel: 'thread', workers: 1 },
      async (server) => {
        const { result } = await server.call('status');
        const { startMethod, workers } = result as {
          startMethod?: string;
          workers: Record<string, number>[];
        };
        assert.equal(startMethod, undefined);
        assert.deepEqual([workers[0]!.pid, workers[0]!.threadId], [server.pid, server.readyWorkers[0]]);
        const boot = await waitFor('the event', () => server.events.find(({ event }) => event === 'ready'));
        assert.equal((boot.values[0] as { threadId: number }).threadId, server.readyWorkers[0]);
      },
      ['ready'],
    ));
});

describe(`threads that come and go, four at a time, ${ROUNDS} times`, () => {
  test('under load, drained: no request is lost, descriptors and threads are as many as before', () =>
    controlled(
      { workerModel: 'thread', workers: 4, maxExtraServers: 4, checkInterval: 0.05, minWorkerTtl: 0 },
      async (server) => {
        const cycle = () => server.call('restartWorkers');
        const settled = async () => {
          await waitFor('four workers and no other', async () => {
            const { result } = await server.call('status');
            return (result as { workers: unknown[] }).workers.length === 4;
          });
          return { descriptors: descriptors(server.pid), threads: threads(server.pid) };
        };
        await cycle();
        const before = await settled();
        const load = new Load(server.target, 2);
        for (let round = 0; round < ROUNDS; round++) assert.deepEqual(await cycle(), { result: null });
        const { wrong, answered } = await load.end();
        assert.deepEqual(wrong, []);
        assert.ok(answered > 100);
        await settled();
        await waitFor('what they had to be closed', () => descriptors(server.pid) <= before.descriptors);
        assert.ok(threads(server.pid) <= before.threads);
      },
    ));

  test('cut off while they serve: the manager lives, descriptors and threads are as many as before', () =>
    withServer(start(4, ['--termination-timeout', '0.01', '--max-extra-servers', '4']), async (server) => {
      const settled = () => waitFor('four workers', () => server.readyWorkers.length === 4);
      const before = [descriptors(server.pid), threads(server.pid)];
      for (let round = 0; round < ROUNDS; round++) {
        const old = server.readyWorkers;
        const clients = await Promise.all(Array.from({ length: 8 }, () => server.connect()));
        for (const client of clients) client.send('GET /hold HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(8));
        for (const client of clients.slice(0, 2)) client.send('GET /spin HTTP/1.1\r\nHost: h\r\n\r\n');
        server.signal('SIGHUP');
        await waitFor('the old ones to end', () => old.every((id) => server.hasEnded(id)));
        await settled();
        for (const client of clients) client.destroy();
      }
      assert.ok(server.log.some(({ msg }) => msg === 'killing worker'));
      await waitFor('descriptors as before', () => descriptors(server.pid) <= before[0]!);
      await waitFor('threads as before', () => threads(server.pid) <= before[1]!);
    }));
});
