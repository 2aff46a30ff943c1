// The log of a server's life, as a program reads it: which events, in which order, with which fields. Every other test of a
// server makes sure that docs/LOGS.md knows each of its lines (test/support/log-lines.ts).
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EVENTS } from '#dist/log/events.js';
import { readableLine } from '#dist/log.js';
import { fixture } from '../support/paths.js';
import { type LogLine, type ServerProcess, startApp, withServer } from '../support/server.js';
import { Site } from '../support/site.js';

const event = (server: ServerProcess, name: keyof typeof EVENTS): Promise<LogLine> =>
  server.logged(name, (line) => line.event === name);

/** What a line has that can be known beforehand. */
function known({ time: _time, msg: _msg, pid: _pid, ...rest }: LogLine): object {
  return rest;
}

test('a life from start to stop: a death, a reload, a failed request, the end', () =>
  withServer(
    () =>
      startApp(fixture('http-app.mjs'), { args: ['--workers', '1'], env: { PRONGHORN_LOG_LEVEL: 'info' } }),
    async (server) => {
      const listening = await event(server, 'server.listening');
      const { addresses, pid } = listening;
      assert.deepEqual(known(listening), {
        level: 'info',
        event: 'server.listening',
        addresses: [server.addresses[0]],
        workers: 1,
        startMethod: 'fork',
      });
      assert.equal(pid, server.pid);
      assert.match(String(addresses), /^http:\/\/127\.0\.0\.1:\d+$/);

      const victim = Number((await server.get('/pid')).text);
      process.kill(victim, 'SIGKILL');
      const died = await event(server, 'worker.died');
      // Killed as soon as it has answered, it may not have counted that: last-facts.test.ts knows what is in hand.
      const { heartbeatMs, memory, inHand, inFlight, ...facts } = known(died) as Record<string, unknown>;
      assert.equal((inHand as string[]).length, inFlight);
      assert.deepEqual(facts, {
        level: 'error',
        event: 'worker.died',
        worker: 1,
        slot: 0,
        generation: 1,
        reason: 'SIGKILL',
        requests: 1,
      });
      assert.ok(Number(heartbeatMs) >= 0 && Number(memory) > 0, `${heartbeatMs} ms, ${memory} bytes`);
      assert.equal(died.pid, victim);

      assert.equal((await server.get('/throw')).status, 500);
      const failed = await event(server, 'request.failed');
      assert.deepEqual([failed.method, failed.url, failed.worker, failed.slot], ['GET', '/throw', 2, 0]);
      assert.match((failed.err as { stack: string }).stack, /^Error: .*\n\s+at /);

      server.signal('SIGHUP');
      const deployed = await event(server, 'generation.deployed');
      assert.equal(deployed.generation, 2);
      await server.stop();
      const names = server.log.map((line) => line.event);
      const order = [
        'server.listening',
        'worker.died',
        'request.failed',
        'reload.started',
        'generation.deployed',
      ];
      const rest = ['server.stopping', 'server.stopped'];
      assert.deepEqual(
        names.filter((name) => [...order, ...rest].includes(name!)),
        [...order, ...rest],
      );
      assert.equal(names.at(-1), 'server.stopped');
      assert.deepEqual(known(await event(server, 'server.stopping')), {
        level: 'info',
        event: 'server.stopping',
        reason: 'SIGTERM',
      });
    },
  ));

describe('a line for people', () => {
  const line = (name: keyof typeof EVENTS, fields: object, msg: string) =>
    readableLine(
      JSON.stringify({ level: 'info', time: '2026-01-02T03:04:05Z', event: name, ...fields, msg }),
    );

  test('has the fields that the words do not tell, and not the name of the event', () => {
    const { words } = EVENTS['worker.draining'];
    const shown = line('worker.draining', { worker: 3, reason: 'too much memory' }, String(words));
    assert.match(shown, /^\d\d:\d\d:\d\d info {2}draining worker worker=3 reason="too much memory"\n$/);
  });

  test('says nothing twice', () => {
    const fields = { addresses: ['http://*:8080'], workers: 2, startMethod: 'fork', pid: 7 };
    const words = EVENTS['server.listening'].words as (fields: object) => string;
    const shown = line('server.listening', fields, words(fields));
    assert.match(shown, /listening on http:\/\/\*:8080 \(2 workers, start method fork, pid 7\)\n$/);
  });
});

test('the log tells who has stopped the server', async () => {
  const site = new Site('one');
  try {
    assert.equal((await site.start('--workers', '1')).code, 0);
    assert.equal((await site.type('stop')).code, 0);
    const stopping = site.lines.find((line) => line.event === 'server.stopping');
    assert.equal(stopping?.reason, 'the command stop');
  } finally {
    await site.end();
  }
});
