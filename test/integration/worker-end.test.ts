// The ways in which a worker may end: with its own exit code, after its exit handlers, with its last words
// written, and replaced.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fixture } from '../support/paths.js';
import {
  kindArguments,
  type ServerProcess,
  startApp,
  startMethods,
  type WorkerKind,
  withServer,
  workerKindNames,
} from '../support/server.js';
import { waitFor } from '../support/wait.js';

interface Ending {
  code: number;
  stderr: RegExp[];
  stdout?: RegExp;
}

/** What Node does, which is what spawned workers show; forked ones have to do the same. */
const ENDINGS: Record<string, Ending> = {
  exit: {
    code: 7,
    stderr: [/^last words on stderr$/m, /^exit handler of PID saw 7$/m],
    stdout: /^last words on stdout$/m,
  },
  exitCode: { code: 9, stderr: [/^exit handler of PID saw 0$/m] },
  exitThrows: { code: 1, stderr: [/^exit handler of PID saw 0$/m, /Error: thrown by an exit listener/] },
  exitZeroThrows: { code: 0, stderr: [/^exit handler of PID saw 0$/m, /Error: thrown by an exit listener/] },
  exitSixThrows: { code: 6, stderr: [/^exit handler of PID saw 6$/m, /Error: thrown by an exit listener/] },
  exitThrowsTwice: { code: 7, stderr: [/Error: the listener fails too/] },
  throwTwice: { code: 1, stderr: [/Error: nobody catches this/, /^exit handler of PID saw 1$/m] },
  throw: {
    code: 1,
    stderr: [/Error: nobody catches this/, /fork-app\.mjs/, /^exit handler of PID saw 1$/m],
  },
  reject: {
    code: 1,
    stderr: [/Error: nobody awaits this/, /fork-app\.mjs/, /^exit handler of PID saw 1$/m],
  },
};

/** Those that Node has for threads too; an exception of an 'exit' listener is ignored there. */
const THREAD_ENDINGS = ['exit', 'exitCode', 'throw', 'reject'];

/** The log line about the end of a worker, which names its exit code. */
function endOf(server: ServerProcess, id: number, code: number) {
  return server.log.find(
    (line) =>
      (line.thread ?? line.pid) === id &&
      (line.code === code || new RegExp(`\\b(code|status) ${code}\\b`).test(`${line.msg} ${line.reason}`)),
  );
}

function starting(kind: WorkerKind) {
  return (app: string, workers: number) => () =>
    startApp(fixture(app), { args: ['--workers', String(workers), ...kindArguments(kind)] });
}

for (const kind of workerKindNames) {
  const start = starting(kind);
  const ways = kind === 'thread' ? THREAD_ENDINGS : Object.keys(ENDINGS);

  describe(`the end of a worker, ${kind}`, () => {
    for (const way of ways) {
      const { code, stderr, stdout } = ENDINGS[way]!;
      test(`${way} ends it with code ${code}, and another takes its place`, () =>
        withServer(start('fork-app.mjs', 1), async (server) => {
          const pid = Number((await server.get('/pid')).text);
          assert.equal((await server.get(`/end/${way}`)).text, 'ending');
          await waitFor(`the log to tell exit code ${code}`, () => endOf(server, pid, code));
          for (const pattern of stderr) {
            const words = new RegExp(pattern.source.replace('PID', String(pid)), pattern.flags);
            await waitFor(`${words} on stderr`, () => words.test(server.stderr));
          }
          if (stdout) await waitFor(`${stdout} on stdout`, () => stdout.test(server.stdout));
          const next = Number((await server.get('/pid')).text);
          assert.notEqual(next, pid);
        }));
    }

    test('an exception that the application catches itself ends nothing', () =>
      withServer(start('fork-app.mjs', 1), async (server) => {
        const pid = Number((await server.get('/pid')).text);
        await server.get('/end/caught');
        await waitFor('the handler', () => server.stderr.includes('caught: nobody catches this'));
        assert.equal(Number((await server.get('/pid')).text), pid);
      }));

    test('a drained worker ends naturally, with its exit handlers, code 0', () =>
      withServer(start('fork-app.mjs', 2), async (server) => {
        const ids = server.readyWorkers;
        assert.equal(ids.length, 2);
        assert.deepEqual(await server.stop(), { code: 0, signal: null });
        for (const id of ids) {
          await waitFor('the exit handler', () => server.stderr.includes(`exit handler of ${id} saw 0`));
        }
      }));
  });
}

for (const startMethod of startMethods) {
  const start = starting(startMethod);

  describe(`signals to a worker, start method ${startMethod}`, () => {
    test('SIGQUIT to a worker lets it finish what it does', () =>
      withServer(start('http-app.mjs', 1), async (server) => {
        const client = await server.connect();
        const pid = Number((await client.get('/pid')).text);
        client.send('GET /hold?key=k HTTP/1.1\r\nHost: h\r\n\r\n');
        const other = await server.connect();
        assert.equal((await other.get('/')).text, 'hi');
        process.kill(pid, 'SIGQUIT');
        other.send('GET /release?key=k HTTP/1.1\r\nHost: h\r\n\r\n');
        // The other connection was idle: it may be closed before its request is read.
        const released = await other.read().then(
          () => true,
          () => false,
        );
        if (released) assert.equal((await client.read()).text, '/hold?key=k');
        client.destroy();
        other.destroy();
        await waitFor('another worker', async () => Number((await server.get('/pid')).text) !== pid);
      }));

    test('SIGINT to a worker alone is nothing', () =>
      withServer(start('http-app.mjs', 1), async (server) => {
        const pid = Number((await server.get('/pid')).text);
        process.kill(pid, 'SIGINT');
        assert.equal(Number((await server.get('/pid')).text), pid);
      }));

    test('SIGTERM to a worker ends it at once, whatever it is doing, and another takes its place', () =>
      withServer(start('http-app.mjs', 1), async (server) => {
        const client = await server.connect();
        const pid = Number((await client.get('/pid')).text);
        client.send('GET /hold?key=k HTTP/1.1\r\nHost: h\r\n\r\n');
        process.kill(pid, 'SIGTERM');
        const line = await waitFor('its log line', () => endOf(server, pid, 0));
        assert.equal(line.level, 'info', 'it was asked to');
        await assert.rejects(client.read());
        assert.notEqual(Number((await server.get('/pid')).text), pid);
        client.destroy();
      }));

    test('an application that takes the signals while loading does not take them from Pronghorn', () => {
      const listening = () =>
        startApp(fixture('takes-signals.mjs'), { args: ['--workers', '1', '--start-method', startMethod] });
      return withServer(listening, async (server) => {
        for (const signal of ['SIGTERM', 'SIGQUIT'] as const) {
          const pid = Number((await server.get('/')).text);
          process.kill(pid, signal);
          await waitFor(`its end by ${signal}`, () => endOf(server, pid, 0));
          assert.match(server.stderr, new RegExp(`^${pid} saw ${signal}$`, 'm'));
        }
        server.signalGroup('SIGINT');
        assert.deepEqual(await server.exits(), { code: 0, signal: null });
      });
    });
  });
}
