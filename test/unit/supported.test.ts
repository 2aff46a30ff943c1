// Where Pronghorn refuses to run, and what it says when its addon is missing or none: one line, with a code.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { NODE_RANGE, unsupported } from '#dist/binding/supported.js';
import { root, temporaryFolder } from '../support/paths.js';

const LOADER = join(root, 'dist/binding/load.js');

/** What loading the addon ends with, in a process of its own. */
function load(first: string, env: Record<string, string> = {}): string {
  const script = `${first}; import(${JSON.stringify(LOADER)}).then(() => console.log('loaded'), (error) => console.log(error.code + ': ' + error.message))`;
  const { stdout } = spawnSync(process.execPath, ['-e', script], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return stdout.trim();
}

test('the range of Node versions is the one of package.json', () => {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.equal(engines.node, NODE_RANGE);
  for (const node of ['20.19.0', '20.20.2', '22.12.0', '23.0.0', '24.1.0', '26.10.0']) {
    assert.equal(unsupported('linux', node), undefined, node);
  }
  for (const node of ['18.20.0', '20.18.3', '21.7.0', '22.11.0']) {
    assert.equal(unsupported('linux', node)?.found, `Node.js ${node}`);
  }
});

test('another platform or an old Node is told at load', () => {
  assert.equal(load(''), 'loaded');
  const elsewhere = load("Object.defineProperty(process, 'platform', { value: 'darwin' })");
  assert.equal(elsewhere, 'ERR_PRONGHORN_BINDING_UNSUPPORTED: Pronghorn runs on Linux, and this is darwin');
  const old = load(
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.1.0' } })",
  );
  assert.match(old, /^ERR_PRONGHORN_BINDING_UNSUPPORTED: .*22\.12\.0, and this is Node\.js 18\.1\.0$/);
});

test('an addon that cannot be loaded is told with the reason and the cure', () => {
  const folder = temporaryFolder();
  assert.match(
    load('', { PRONGHORN_PREBUILD: folder, PREBUILDS_ONLY: '1' }),
    /^ERR_PRONGHORN_BINDING_LOAD: .*No native build was found.*npm rebuild/s,
  );
  mkdirSync(join(folder, 'build/Release'), { recursive: true });
  writeFileSync(join(folder, 'build/Release/pronghorn.node'), 'not an addon');
  assert.match(
    load('', { PRONGHORN_PREBUILD: folder }),
    /^ERR_PRONGHORN_BINDING_LOAD: .*pronghorn\.node.*npm rebuild/s,
  );
});
