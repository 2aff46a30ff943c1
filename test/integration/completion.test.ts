// Completion as people have it: a shell in a terminal, keys and tabs, and what the command gets in the end.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { commandLine, temporaryFolder } from '../support/paths.js';
import { runToEnd } from '../support/server.js';
import { noTerminal, Terminal } from '../support/terminal.js';

const folder = temporaryFolder();

function script(shell: string): string {
  const path = join(folder, `_pronghorn.${shell}`);
  writeFileSync(path, execFileSync(process.execPath, [commandLine, 'completion', shell]));
  return path;
}

function without(shell: string): string | undefined {
  return spawnSync(shell, ['--version'], { stdio: 'ignore' }).error && `needs ${shell}`;
}

/** What is typed, and what the command gets. */
const TYPED: [keys: string, gets: string][] = [
  ['upg\t--tim\t1', 'upgrade --timeout 1'],
  ['start --log-l\tdeb\tapp-of\t', 'start --log-level debug app-of-mine.mjs'],
  ['--bind-m\tdup\t', '--bind-model duplicate'],
  ['start --chd\trel\t --json', 'start --chdir releases/ --json'],
  ['start --access-log acc\t', 'start --access-log access.log'],
  ['stop --now --pid\trun.p\t', 'stop --now --pid-file run.pid'],
  ['completion fi\t', 'completion fish'],
  ['help sca\t', 'help scale'],
];

/** Where there is a file of each kind, and nothing that begins alike. */
function home(): string {
  const path = temporaryFolder();
  mkdirSync(join(path, 'releases'));
  for (const name of ['app-of-mine.mjs', 'access.log', 'run.pid']) writeFileSync(join(path, name), '');
  return path;
}

const SHELLS: Record<string, { words: string[]; setUp: string }> = {
  bash: { words: ['--norc', '--noprofile', '-i'], setUp: '' },
  zsh: { words: ['-f', '-i'], setUp: 'autoload -U compinit; compinit -D; ' },
};

for (const [shell, { words, setUp }] of Object.entries(SHELLS)) {
  describe(`completion in ${shell}`, { skip: without(shell) ?? noTerminal }, () => {
    test('ends commands, options, their values and files', async () => {
      const cwd = home();
      const terminal = new Terminal(words, { cwd, program: [shell], env: { HOME: cwd, PS1: '$ ' } });
      try {
        // The words of what is typed must not be there to be found already.
        terminal.press(`${setUp}source ${script(shell)}; pronghorn() { echo "gets: $*."; }; echo rea''dy\n`);
        await terminal.shows(/^ready$/m);
        for (const [keys, gets] of TYPED) {
          terminal.press(`pronghorn ${keys}\n`);
          await terminal.shows(
            new RegExp(`^gets: ${gets.replaceAll('.', '\\.').replace('/', '/?')} ?\\.$`, 'm'),
          );
        }
        terminal.press('exit\n');
        await terminal.exits();
      } finally {
        terminal.kill();
      }
    });
  });
}

describe('completion in fish', { skip: without('fish') }, () => {
  const offers = (line: string) => {
    const words = `source ${script('fish')}; complete -C '${line}'`;
    const cwd = home();
    const text = execFileSync('fish', ['--no-config', '-c', words], {
      cwd,
      encoding: 'utf8',
      env: { ...process.env, HOME: cwd },
    });
    return text.split('\n').map((row) => row.split('\t')[0]);
  };

  test('offers commands, options, their values and files', () => {
    assert.deepEqual(offers('pronghorn upg'), ['upgrade', '']);
    assert.deepEqual(offers('pronghorn stop --no').sort(), ['', '--no-config', '--now']);
    assert.deepEqual(offers('pronghorn start --bind-model d'), ['duplicate', '']);
    assert.deepEqual(offers('pronghorn --worker-model t'), ['thread', '']);
    assert.ok(offers('pronghorn start --access-log acc').includes('access.log'));
    assert.ok(offers('pronghorn start --chdir rel').includes('releases/'));
    assert.deepEqual(offers('pronghorn completion z'), ['zsh', '']);
  });
});

test('a shell that is not known is named, and those that are', async () => {
  for (const words of [['tcsh'], []]) {
    const ended = await runToEnd({ command: [commandLine, 'completion', ...words] });
    assert.match(
      ended.stderr,
      /^pronghorn: expected .*`pronghorn completion bash`.* \(ERR_PRONGHORN_CLI_USAGE\)$/m,
    );
    assert.equal(ended.exit.code, 2);
  }
});
