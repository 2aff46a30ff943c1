// Where Pronghorn refuses to run, and what it says when its addon is missing or none: one line, with a code.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadFailure, NODE_RANGE, unsupported } from '#dist/binding/supported.js';
import { PronghornError } from '#dist/errors.js';
import { commandLine, root, temporaryFolder } from '../support/paths.js';

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

test('the range of Node versions, the platform and the processors are those of package.json', () => {
  const { engines, os, cpu } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.equal(engines.node, NODE_RANGE);
  for (const platform of os) {
    for (const arch of cpu) assert.equal(unsupported({ platform, arch, node: '24.1.0' }), undefined);
  }
  assert.equal(unsupported({ platform: 'linux', arch: 'ia32', node: '24.1.0' })?.found, 'ia32');
  for (const node of ['20.19.0', '20.20.2', '22.12.0', '23.0.0', '24.1.0', '26.10.0']) {
    assert.equal(unsupported({ platform: 'linux', arch: 'x64', node }), undefined, node);
  }
  for (const node of ['18.20.0', '20.18.3', '21.7.0', '22.11.0']) {
    assert.equal(unsupported({ platform: 'linux', arch: 'x64', node })?.found, `Node.js ${node}`);
  }
});

test('another platform or an old Node is told at load', () => {
  assert.equal(load(''), 'loaded');
  for (const [platform, name] of [
    ['darwin', 'macOS; a Linux container or virtual machine on it will do'],
    ['win32', 'Windows; WSL 2 or a Linux container on it will do'],
    ['freebsd', 'freebsd'],
  ]) {
    const elsewhere = load(`Object.defineProperty(process, 'platform', { value: '${platform}' })`);
    assert.equal(
      elsewhere,
      `ERR_PRONGHORN_BINDING_UNSUPPORTED: Pronghorn runs on Linux, and this is ${name}`,
    );
  }
  const old = load(
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.1.0' } })",
  );
  assert.match(old, /^ERR_PRONGHORN_BINDING_UNSUPPORTED: .*22\.12\.0, and this is Node\.js 18\.1\.0$/);
});

test('the command says it in one line', () => {
  const other = "data:text/javascript,Object.defineProperty(process,'platform',{value:'darwin'})";
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', other, commandLine, 'a.mjs'], {
    encoding: 'utf8',
  });
  assert.deepEqual([status, stdout], [70, '']);
  assert.match(stderr, /^pronghorn: Pronghorn runs on Linux, .* \(ERR_PRONGHORN_BINDING_UNSUPPORTED\)\n$/);
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

/** The addon of this clone with some of its bytes changed, where the loader finds it. */
function changedAddon(from: RegExp, to: (found: string) => string): Record<string, string> {
  const release = join(root, 'build/Release');
  const name = readdirSync(release).find((entry) => entry.endsWith('.node'))!;
  const bytes = readFileSync(join(release, name), 'latin1');
  assert.match(bytes, from);
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'build/Release'), { recursive: true });
  writeFileSync(join(folder, 'build/Release', name), bytes.replace(from, to), 'latin1');
  return { PRONGHORN_PREBUILD: folder };
}

test('a symbol that this node has not is named, and where it is to be had', () => {
  const env = changedAddon(/\0SSL_new\0/, () => '\0SSL_neu\0');
  assert.match(
    load('', env),
    /^ERR_PRONGHORN_BINDING_SYMBOL: .*`SSL_neu`, which this Node\.js \S+ does not have; .*nodejs\.org/,
  );
});

test('a C library that is too old is named', { skip: !hasGlibc() && 'the addon is not of glibc' }, () => {
  const env = changedAddon(/\0GLIBC_2\.28\0/, () => '\0GLIBC_9.99\0');
  assert.match(
    load('', env),
    /^ERR_PRONGHORN_BINDING_LIBRARY: .* for glibc 9\.99, and this system has glibc 2\.\d+; `npm rebuild pronghorn`/,
  );
});

function hasGlibc(): boolean {
  return Boolean(
    (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime,
  );
}

test('the words of other C libraries and of other systems are understood', () => {
  const host = { platform: 'linux', arch: 'x64', node: '24.1.0', glibc: undefined };
  const told = (message: string, glibc?: string) => {
    const { code, message: text } = new PronghornError(
      ...loadFailure(new Error(message), { ...host, glibc }),
    );
    return `${code}: ${text}`;
  };
  assert.match(
    told('Error relocating /a/b.node: uv_gone: symbol not found'),
    /BINDING_SYMBOL: .*`uv_gone`, which this Node\.js 24\.1\.0 does not have/,
  );
  assert.match(
    told('/a/b.node: undefined symbol: getentropy', '2.24'),
    /BINDING_SYMBOL: .*`getentropy`, which glibc 2\.24 does not have; glibc 2\.28 and later/,
  );
  assert.match(
    told("/lib/libstdc++.so.6: version `GLIBCXX_3.4.29' not found (required by /a/b.node)", '2.31'),
    /BINDING_LIBRARY: .*for libstdc\+\+ 3\.4\.29, and this system has an older libstdc\+\+/,
  );
  assert.match(told('/a/b.node: file too short'), /BINDING_LOAD: .*linux-x64.*file too short/);
});
