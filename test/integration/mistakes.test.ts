// Plausible mistakes of somebody who is new here: each is one line that helps, and the exit code for wrong use.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { MISTAKES } from '../support/mistakes.js';
import { commandLine, temporaryFolder } from '../support/paths.js';
import { runToEnd } from '../support/server.js';
import { answering } from '../support/site.js';

const folder = temporaryFolder();
const LISTEN = ['--listen', 'http://127.0.0.1:0'];

describe('a mistake is one line that helps, and exit code 2', () => {
  let count = 0;
  for (const [what, { typed, file, env = {}, says, code }] of Object.entries(MISTAKES)) {
    test(`${what}: pronghorn ${typed.join(' ')}`, async () => {
      const cwd = join(folder, String(count++));
      mkdirSync(cwd);
      for (const name of ['app.mjs', 'server.mjs']) writeFileSync(join(cwd, name), answering('one'));
      writeFileSync(join(cwd, 'data.json'), '{}');
      if (file) writeFileSync(join(cwd, file[0]), file[1]);
      const ended = await runToEnd({ command: [commandLine, ...typed], env, cwd });
      await ended.explain(async () => {
        const lines = ended.stderr.split('\n').filter((line) => line.startsWith('pronghorn:'));
        assert.equal(lines.length, 1);
        assert.match(lines[0]!, says);
        assert.ok(lines[0]!.endsWith(`(ERR_PRONGHORN_${code})`), lines[0]);
        assert.equal(ended.stdout, '');
        assert.deepEqual(ended.exit, { code: 2, signal: null });
      });
    });
  }
});

const { typescript } = process.features as { typescript?: unknown };

test('TypeScript, where Node.js does not read it', {
  skip: typescript ? 'this one does' : undefined,
}, async () => {
  const cwd = join(folder, 'typescript');
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'app.ts'), 'export default (request: any) => request.respond();\n');
  const { stderr, exit } = await runToEnd({ command: [commandLine, 'app.ts', ...LISTEN], cwd });
  assert.match(
    stderr,
    /Node\.js v\d+\S* does not read TypeScript, 22\.18 and later do.*ERR_PRONGHORN_BOOT_APP/,
  );
  assert.equal(exit.code, 1);
});
