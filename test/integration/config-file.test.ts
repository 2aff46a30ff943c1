// The configuration file: found by name or told, in every kind, between application and environment, read anew by a reload.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { commandLine, fixture, root, temporaryFolder } from '../support/paths.js';
import { runToEnd, ServerProcess, VERBOSE, withServer } from '../support/server.js';
import { answering } from '../support/site.js';
import { waitFor } from '../support/wait.js';

const PLACE = "listen: 'http://127.0.0.1:0'";

/** A folder with these files. */
function folderWith(files: Record<string, string>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

function pronghorn(cwd: string, args: string[] = [], env: Record<string, string> = {}): () => ServerProcess {
  return () => new ServerProcess({ command: [commandLine, ...args], cwd, env: { ...VERBOSE, ...env } });
}

/** How many workers, as the listening line says. */
async function workersOf(start: () => ServerProcess): Promise<string | undefined> {
  let count: string | undefined;
  await withServer(start, async (server) => {
    const line = server.log.find(({ msg }) => msg.startsWith('listening on'))!;
    count = /\((\d+) workers?,/.exec(line.msg)?.[1];
  });
  return count;
}

const readsTypeScript = Boolean((process.features as { typescript?: unknown }).typescript);
const TYPED = `const config: { app: string } & object = { app: 'app.mjs', workers: 2, ${PLACE} };\nexport default config;\n`;

describe('a configuration file is found by its name', () => {
  const files: Record<string, string> = {
    'pronghorn.config.mjs': `export default { app: 'app.mjs', workers: 2, ${PLACE} };\n`,
    'pronghorn.config.js': `module.exports = { app: './app.mjs', workers: 2, ${PLACE} };\n`,
    'pronghorn.config.json':
      '{ "$schema": "x", "app": "app.mjs", "workers": 2, "listen": "http://127.0.0.1:0" }',
    ...(readsTypeScript ? { 'pronghorn.config.ts': TYPED } : {}),
  };
  for (const [name, text] of Object.entries(files)) {
    test(`${name}, with app in it`, async () => {
      const folder = folderWith({ 'app.mjs': answering('one'), [name]: text });
      assert.equal(await workersOf(pronghorn(folder)), '2');
    });
  }

  test('TypeScript, where Node cannot read it, is a clear error', { skip: readsTypeScript }, async () => {
    const folder = folderWith({ 'app.mjs': answering('one'), 'pronghorn.config.ts': TYPED });
    const { stderr, exit } = await runToEnd({ command: [commandLine], cwd: folder });
    assert.match(stderr, /does not read TypeScript, 22\.18 and later do.*ERR_PRONGHORN_CONFIG_FILE/);
    assert.equal(exit.code, 2);
  });

  test('two of them are an error, which --config or --no-config solves', async () => {
    const folder = folderWith({
      'app.mjs': answering('one'),
      'pronghorn.config.mjs': `export default Promise.resolve({ workers: 2, ${PLACE} });\n`,
      'pronghorn.config.json': '{}',
    });
    const { stderr } = await runToEnd({ command: [commandLine, 'check', 'app.mjs'], cwd: folder });
    assert.match(stderr, /pronghorn\.config\.json as well; --config says which.*ERR_PRONGHORN_CONFIG_FILE/);
    assert.equal(await workersOf(pronghorn(folder, ['app.mjs', '--config', 'pronghorn.config.mjs'])), '2');
    const without = ['check', 'app.mjs', '--no-config', '--json'];
    const { stdout } = await runToEnd({ command: [commandLine, ...without], cwd: folder });
    assert.equal((JSON.parse(stdout) as { minServers: number }).minServers, 1);
  });
});

test('it wins over the application; the environment wins over it, the command line over that', async () => {
  const folder = folderWith({ 'pronghorn.config.mjs': `export default { workers: 2, ${PLACE} };\n` });
  const app = fixture('exports-server.mjs');
  const checked = async (args: string[], env: Record<string, string>) => {
    const command = [commandLine, 'check', app, '--json', ...args];
    const { stdout } = await runToEnd({ command, cwd: folder, env });
    return (JSON.parse(stdout) as { maxServers: number }).maxServers;
  };
  assert.equal(await checked(['--no-config'], {}), 3);
  assert.equal(await checked([], {}), 2);
  assert.equal(await checked([], { PRONGHORN_WORKERS: '4' }), 4);
  assert.equal(await checked(['--workers', '5'], { PRONGHORN_WORKERS: '4' }), 5);
});

test('defineConfig() gives back what it gets', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/pronghorn'));
  writeFileSync(join(folder, 'app.mjs'), answering('one'));
  writeFileSync(
    join(folder, 'pronghorn.config.mjs'),
    "import { defineConfig } from 'pronghorn';\nexport default defineConfig({ app: 'app.mjs', workers: 2 });\n",
  );
  const { stdout } = await runToEnd({ command: [commandLine, 'check'], cwd: folder });
  assert.equal(stdout, 'Everything looks good!\n');
});

test('a reload reads it anew, with what it imports; a bad one changes nothing', async () => {
  const folder = folderWith({
    'app.mjs': answering('one'),
    'size.mjs': 'export const workers = 1;\n',
    'pronghorn.config.mjs': `import { workers } from './size.mjs';\nexport default { workers, app: 'app.mjs', ${PLACE}, checkInterval: 0.1 };\n`,
  });
  await withServer(pronghorn(folder), async (server) => {
    writeFileSync(join(folder, 'size.mjs'), 'export const workers = 3;\n');
    server.signal('SIGHUP');
    await waitFor('three workers', () => server.readyPids.length === 3);
    writeFileSync(join(folder, 'size.mjs'), "export const workers = 'four';\n");
    server.signal('SIGHUP');
    const line = await server.logged('that it failed', ({ msg }) => msg.startsWith('reload failed'));
    assert.match(line.reason!, /`workers` in pronghorn\.config\.mjs, received 'four'/);
    writeFileSync(join(folder, 'pronghorn.config.mjs'), `export default { app: 'other.mjs' };\n`);
    server.signal('SIGHUP');
    await server.logged('that the app stays', ({ reason = '' }) => /`app` cannot change/.test(reason));
    assert.equal((await server.get('/')).text, 'one');
  });
});

test('chdir, of the file or the command line, is where everything else is looked for', async () => {
  const folder = temporaryFolder();
  const release = join(folder, 'release');
  mkdirSync(release);
  const tells = 'export default (request) => request.respond({ body: process.cwd() });\n';
  writeFileSync(join(release, 'app.mjs'), tells);
  writeFileSync(join(folder, 'pronghorn.config.mjs'), `export default { chdir: 'release', ${PLACE} };\n`);
  await withServer(pronghorn(folder, ['app.mjs']), async (server) => {
    assert.equal((await server.get('/')).text, release);
  });
  await withServer(
    pronghorn(folder, ['app.mjs', '--no-config', '--chdir', 'release', '--listen', 'http://127.0.0.1:0']),
    async (server) => {
      assert.equal((await server.get('/')).text, release);
    },
  );
});

test('the schema for editors has every option, and is what a JSON file may say', () => {
  const text = readFileSync(join(root, 'schema/config.json'), 'utf8');
  const { properties } = JSON.parse(text) as { properties: Record<string, object> };
  for (const name of ['$schema', 'app', 'listen', 'user', 'maxMessageSize'])
    assert.ok(properties[name], name);
  assert.deepEqual(properties.workers, {
    description: 'a fixed number of workers: minServers and maxServers at once (default: none)',
    type: 'integer',
    minimum: 1,
    maximum: 4096,
  });
});
