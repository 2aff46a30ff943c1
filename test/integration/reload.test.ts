// Reload: other code, step by step, under load whose clients keep a ledger. What is no good never takes over.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Load } from '../support/ledger.js';
import { temporaryFolder } from '../support/paths.js';
import { type ServerProcess, startApp, startMethods, withServer } from '../support/server.js';
import { waitFor } from '../support/wait.js';

/** An application that answers with a word, and can be written anew. */
class App {
  readonly path = join(temporaryFolder(), 'app.mjs');

  constructor(word: string) {
    this.write(word);
  }

  write(word: string, first = ''): void {
    writeFileSync(this.path, `${first}\nexport default (request) => request.respond({ body: '${word}' });\n`);
  }
}

async function answersOnly(server: ServerProcess, word: string): Promise<void> {
  for (let i = 0; i < 20; i++) assert.equal((await server.get('/')).text, word);
}

function bind(bindModel: string, startMethod: string): string[] {
  return ['--workers', '2', '--bind-model', bindModel, '--start-method', startMethod];
}

for (const startMethod of startMethods) {
  for (const bindModel of ['reuseport', 'duplicate']) {
    describe(`reload, start method ${startMethod}, ${bindModel}`, () => {
      const args = bind(bindModel, startMethod);

      test('new code takes over under load, and no request is lost', () => {
        const app = new App('one');
        return withServer(
          () => startApp(app.path, { args }),
          async (server) => {
            const load = new Load(server.target);
            await waitFor('answers', () => (load.ledger.bodies.get('one') ?? 0) > 50);
            const before = server.readyPids;
            app.write('two');
            server.signal('SIGHUP');
            await server.logged(
              'that all is done',
              ({ msg }) => msg === 'every worker runs the new generation',
            );
            await answersOnly(server, 'two');
            const { wrong, bodies } = await load.end();
            assert.deepEqual(wrong, []);
            assert.deepEqual([...bodies.keys()].sort(), ['one', 'two']);
            await waitFor('the old workers to end', () =>
              before.every((pid) => !server.readyPids.includes(pid)),
            );
            assert.equal(server.readyPids.length, 2);
          },
        );
      });

      for (const [what, first] of [
        ['that throws while it loads', "throw new Error('not today');"],
        ['that does not parse', 'const = ;'],
        ['that ends its process while it loads', 'process.exit(3);'],
      ] as const) {
        test(`code ${what} changes nothing`, () => {
          const app = new App('one');
          return withServer(
            () => startApp(app.path, { args }),
            async (server) => {
              const load = new Load(server.target, 1);
              const before = server.readyPids;
              app.write('two', first);
              server.signal('SIGHUP');
              await server.logged('that it failed', ({ msg }) => msg.startsWith('reload failed'));
              await answersOnly(server, 'one');
              assert.deepEqual((await load.end()).wrong, []);
              assert.deepEqual(server.readyPids, before);
              assert.equal(
                server.members.filter(({ parent }) => parent === server.pid).length,
                before.length + (startMethod === 'fork' ? 1 : 0),
              );
            },
          );
        });
      }

      test('code whose workers die shortly after they are ready is taken back as a whole', () => {
        const app = new App('one');
        return withServer(
          () => startApp(app.path, { args }),
          async (server) => {
            const load = new Load(server.target, 1);
            const before = server.readyPids;
            // Not in the zygote, which never runs a timer, and not before it is ready.
            app.write(
              'two',
              'let pid; export const ready = setInterval(() => { pid ??= process.pid; }, 10); setTimeout(() => process.exit(7), 400);',
            );
            server.signal('SIGHUP');
            await server.logged('that it goes back', ({ msg }) => msg.includes('going back'));
            await server.logged('that it failed', ({ msg }) => msg.startsWith('reload failed'));
            app.write('three');
            await waitFor('the old generation alone', () => server.readyPids.length === 2);
            assert.deepEqual(server.readyPids.sort(), before.sort(), 'no old worker had to go');
            server.signal('SIGHUP');
            await server.logged(
              'that all is done',
              ({ msg }) => msg === 'every worker runs the new generation',
            );
            await answersOnly(server, 'three');
            await load.end();
          },
        );
      });
    });
  }
}

test('several reloads that wait are one, and a stop ends them', () => {
  const app = new App('one');
  return withServer(
    () => startApp(app.path, { args: bind('reuseport', 'auto') }),
    async (server) => {
      app.write('two');
      for (let i = 0; i < 5; i++) server.signal('SIGHUP');
      await server.logged('a reload', ({ msg }) => msg === 'reloading the application');
      assert.deepEqual(await server.stop(), { code: 0, signal: null });
      assert.ok(server.log.filter(({ msg }) => msg === 'reloading the application').length <= 2);
    },
  );
});
