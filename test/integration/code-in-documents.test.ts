// Every code block of README and docs does what it is shown for: applications start and answer, JavaScript is type-checked,
// commands are ones that the command line, npm or the clone know. A block of a language without a row here is a failure.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { parseCommandLine } from '#dist/cli/command-line.js';
import { parseFileConfig } from '#dist/config/file-config.js';
import { type Block, blocks, commandsInText, commandsOf, documents } from '../support/documents.js';
import { commandLine, root, temporaryFolder } from '../support/paths.js';
import { startApp, withServer } from '../support/server.js';

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

// Inside the package, so that it finds itself by name.
const folder = join(root, 'out/documents');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

function fileOf({ place }: Block): string {
  return join(folder, `${place.toLowerCase().replaceAll(/\W+/g, '-')}.mjs`);
}

const javaScript = blocks.filter(({ language }) => language === 'js');
for (const block of javaScript) writeFileSync(fileOf(block), block.code);

/** Programs that documents may show beside ours; what they are told is theirs to understand. */
const OTHER_PROGRAMS = ['jq'];

function checkPronghorn(words: string[]): void {
  parseCommandLine(words, '0.0.0', () => {});
}

/** npm's own commands. */
const NPM = ['ci', 'install'];
/** Scripts that npm runs without `run`. */
const NPM_SCRIPTS = ['start', 'test'];

function checkNpm([command = '', name = '', dashes, ...rest]: string[]): void {
  if (NPM.includes(command)) return;
  if (NPM_SCRIPTS.includes(command)) {
    assert.ok(scripts[command], `npm ${command}`);
    return;
  }
  assert.deepEqual([command, scripts[name] === undefined], ['run', false], `npm ${command} ${name}`);
  assert.ok(dashes === undefined || dashes === '--', `npm run ${name} ${dashes}: options come after --`);
  // What its script reads as an option: every one is named there.
  const script = /(?:scripts|bench)\/[\w/-]+\.mjs/.exec(scripts[name]!)?.[0];
  for (const option of rest.filter((word) => word.startsWith('--'))) {
    if (script === undefined) continue;
    const text = readFileSync(join(root, script), 'utf8');
    const key = option.slice(2).split('=')[0]!;
    assert.match(text, new RegExp(`\\b${key}\\b`), `${script} knows ${option}`);
  }
}

/** Docker's words are its own; what runs in a container is ours. */
function checkDocker([command, container, program, ...words]: string[]): void {
  if (command !== 'exec') return;
  assert.deepEqual([container, program], ['app', 'pronghorn']);
  checkPronghorn(words);
}

function checkCommand([program = '', ...words]: string[], block: Block): void {
  if (program === 'npx' && words[0] === 'pronghorn') checkPronghorn(words.slice(1));
  else if (program === 'pronghorn') checkPronghorn(words);
  else if (program === 'npm') checkNpm(words);
  else if (program === 'docker') checkDocker(words);
  else if (program === 'node') {
    const script = words.find((word) => !word.startsWith('-'))!;
    const shown = javaScript.some(({ path, code }) => path === block.path && code.startsWith(`// ${script}`));
    assert.ok(shown || existsSync(join(root, script)), `${script} is a file, or a block of this document`);
  } else assert.ok(OTHER_PROGRAMS.includes(program), `${program} is no program that documents show`);
}

/** Units in one block, each after its name as a comment. */
function checkUnits({ code }: Block): void {
  const home = temporaryFolder();
  const units = code.split(/^(?=# \S+\.(?:socket|service)$)/m).filter((unit) => unit.trim() !== '');
  const paths = units.map((unit) => {
    const name = /^# (\S+)$/m.exec(unit)![1]!;
    const command = /^ExecStart=\S*\/pronghorn (.*)$/m.exec(unit)?.[1];
    if (command !== undefined) checkPronghorn(command.split(' '));
    writeFileSync(join(home, name), unit.replaceAll(/(?<=^ExecStart=)\S+/gm, commandLine));
    return join(home, name);
  });
  if (spawnSync('systemd-analyze', ['--version']).status !== 0) return;
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...paths], {
    encoding: 'utf8',
  });
  const ours = stderr.split('\n').filter((line) => line.includes(home));
  assert.deepEqual({ status, ours }, { status: 0, ours: [] });
}

/** Metrics are asked for by names that METRICS.md has. */
function checkQueries({ code, path }: Block): void {
  const table = readFileSync(join(root, path), 'utf8');
  for (const [name] of code.matchAll(/\bpronghorn_\w+/g)) {
    assert.ok(table.includes(`| \`${name.replace(/_bucket$/, '')}\` |`), name);
  }
}

/** What is done with the blocks of a language; JavaScript has tests of its own below. */
const CHECKS: Record<string, (block: Block) => void> = {
  sh: (block) => {
    for (const words of commandsOf(block)) checkCommand(words, block);
  },
  ini: checkUnits,
  promql: checkQueries,
  json: ({ code }) => {
    for (const line of code.trim().split('\n')) JSON.parse(line);
  },
};

/** Languages whose blocks nothing can run, and why. */
const NOT_RUN: Record<string, string> = {
  js: 'has tests of its own',
  ts: 'signatures of docs/API.md, written from the types themselves',
  text: 'a drawing, or a line of a log that test/integration/access-log.test.ts compares',
  logrotate: 'belongs to a program that is not a dependency of tests',
};

describe('every code block', () => {
  test('is of a language that is known', () => {
    const known = [...Object.keys(CHECKS), ...Object.keys(NOT_RUN)];
    assert.deepEqual(
      blocks.filter(({ language }) => !known.includes(language)).map(({ place }) => place),
      [],
    );
  });

  for (const block of blocks) {
    const check = CHECKS[block.language];
    if (check) test(`${block.place} (${block.language})`, () => check(block));
  }
});

describe('every command in running text', () => {
  for (const path of documents) {
    const commands = commandsInText(path);
    if (commands.length === 0) continue;
    test(path, () => {
      for (const words of commands) checkPronghorn(words.slice(words.indexOf('pronghorn') + 1));
    });
  }
});

describe('every JavaScript block', { concurrency: 4 }, () => {
  test('is right by its types', () => {
    const words = [
      '--ignoreConfig',
      '--noEmit',
      '--allowJs',
      '--checkJs',
      '--skipLibCheck',
      '--module',
      'nodenext',
    ];
    words.push('--target', 'es2023', '--types', 'node', '--strict', 'false');
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/@typescript/native/bin/tsc'), ...words, ...javaScript.map(fileOf)],
      { cwd: root, encoding: 'utf8' },
    );
    assert.equal(`${stdout}${status}`, '0');
  });

  for (const block of javaScript) {
    const file = fileOf(block);
    if (/defineConfig\(/.test(block.code)) {
      test(`${block.place} is a configuration`, async () => {
        const { default: config } = (await import(pathToFileURL(file).href)) as { default: unknown };
        parseFileConfig(config, block.place);
      });
    } else if (/export default|\.run\(\)/.test(block.code)) {
      test(`${block.place} answers`, async () => {
        const start = () => startApp(file, { args: ['--workers', '1'] });
        await withServer(start, async (server) => assert.equal((await server.get('/')).status, 200));
      });
    } else {
      test(`${block.place} is accepted`, () => import(pathToFileURL(file).href));
    }
  }
});

test('the documents have code', () => assert.ok(javaScript.length > 12 && blocks.length > 30));
