// Reload: other code, step by step, under load whose clients keep a ledger. What is no good never takes over.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Load } from '../support/ledger.js';
import { root, temporaryFolder } from '../support/paths.js';
import {
  bindModelsOf,
  kindArguments,
  type ServerProcess,
  startApp,
  withServer,
  workerKindNames,
} from '../support/server.js';
import { waitFor } from '../support/wait.js';

/** An application that answers with a word, and can be written anew. */
class App {
  readonly path = join(temporaryFolder(), 'app.mjs');

  constructor(word: string) {
    this.write(word);
  }

  /** Its workers die a little after they are ready, and nothing else does. */
  writeDying(): void {
    const lines = [
      `import { createServer } from '${join(root, 'dist/index.js')}';`,
      'const server = createServer({}, (request) => request.respond());',
      "server.on('spawn', () => { setTimeout(() => process.exit(7), 300); });",
      'export default server;',
    ];
    writeFileSync(this.path, lines.join('\n'));
  }

  write(word: string, first = ''): void {
    writeFileSync(this.path, `${first}\nexport default (request) => request.respond({ body: '${word}' });\n`);
  }
}

async function answersOnly(server: ServerProcess, word: string): Promise<void> {
  for (let i = 0; i < 20; i++) assert.equal((await server.get('/')).text, word);
}

for (const kind of workerKindNames) {
  for (const bindModel of bindModelsOf(kind)) {
    describe(`reload, ${kind}, ${bindModel}`, () => {
      const args = ['--workers', '2', '--bind-model', bindModel, ...kindArguments(kind)];

      test('new code takes over under load, and no request is lost', () => {
        const app = new App('one');
        return withServer(
          () => startApp(app.path, { args }),
          async (server) => {
            const load = new Load(server.target);
            await waitFor('answers', () => (load.ledger.bodies.get('one') ?? 0) > 50);
            const before = server.readyWorkers;
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
            await waitFor('the old workers to end', () => before.every((id) => server.hasEnded(id)));
            assert.equal(server.readyWorkers.length, 2);
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
              const before = server.readyWorkers;
              app.write('two', first);
              server.signal('SIGHUP');
              await server.logged('that it failed', ({ msg }) => msg.startsWith('reload failed'));
              await answersOnly(server, 'one');
              assert.deepEqual((await load.end()).wrong, []);
              assert.deepEqual(server.readyWorkers, before);
              assert.equal(
                server.members.filter(({ parent }) => parent === server.pid).length,
                { fork: before.length + 1, spawn: before.length, thread: 0 }[kind],
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
            const before = server.readyWorkers;
            app.writeDying();
            server.signal('SIGHUP');
            await server.logged('that it goes back', ({ msg }) => msg.includes('going back'));
            await server.logged('that it failed', ({ msg }) => msg.startsWith('reload failed'));
            app.write('three');
            await waitFor('the old generation alone', () => server.readyWorkers.length === 2);
            assert.deepEqual(server.readyWorkers.sort(), before.sort(), 'no old worker had to go');
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

test('code that works takes over from code whose workers die again and again', () => {
  const app = new App('one');
  const fault = join(temporaryFolder(), 'fault');
  const die = `if (existsSync(${JSON.stringify(fault)})) process.exit(3);`;
  app.write('one', `import { existsSync } from 'node:fs';\nsetInterval(() => { ${die} }, 20);`);
  return withServer(
    () => startApp(app.path, { args: ['--workers', '2', '--start-method', 'fork'] }),
    async (server) => {
      writeFileSync(fault, '');
      await waitFor(
        'several deaths',
        () => server.log.filter(({ msg }) => msg.startsWith('worker died')).length > 3,
      );
      app.write('two');
      server.signal('SIGHUP');
      await server.logged('that all is done', ({ msg }) => msg === 'every worker runs the new generation');
      await answersOnly(server, 'two');
    },
  );
});

test('several reloads that wait are one, and a stop ends them', () => {
  const app = new App('one');
  return withServer(
    () => startApp(app.path, { args: ['--workers', '2'] }),
    async (server) => {
      app.write('two');
      for (let i = 0; i < 5; i++) server.signal('SIGHUP');
      await server.logged('a reload', ({ msg }) => msg === 'reloading the application');
      assert.deepEqual(await server.stop(), { code: 0, signal: null });
      assert.ok(server.log.filter(({ msg }) => msg === 'reloading the application').length <= 2);
    },
  );
});
