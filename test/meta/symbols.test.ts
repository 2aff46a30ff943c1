// The addon links no TLS, no parser and no event loop: it takes them from the node binary that loads it. A symbol that
// is missing there would only show when it is first called. And many threads have it loaded at a time, so there is nothing
// in it that they all could write.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../support/paths.js';

/** V8's names are weak: without them a worker that hangs does not say where. This tells when a new Node.js lacks one. */
const FROM_HOST = /^(?:_ZNK?2v8\d|(?:BIO|ERR|EVP|OPENSSL|OSSL|PEM|RAND|SSL|TLS|X509|i2d|llhttp|napi|uv)_)/;

function symbols(path: string, kind: '--defined-only' | '--undefined-only'): Set<string> {
  const output = execFileSync('nm', ['-D', '-P', kind, path], { encoding: 'utf8', maxBuffer: 1 << 28 });
  return new Set(output.split('\n').map((line) => line.split(/[ @]/)[0]!));
}

const release = join(root, 'build/Release');

function addonPath(): string {
  return join(release, readdirSync(release).find((name) => name.endsWith('.node'))!);
}

const hasNm = spawnSync('nm', ['--version']).status === 0;

test('node has every symbol that the addon takes from it', {
  skip: !hasNm && 'there is no nm',
}, (context) => {
  const host = symbols(process.execPath, '--defined-only');
  if (!host.has('SSL_new')) return context.skip('this node has its libraries elsewhere');
  const wanted = [...symbols(addonPath(), '--undefined-only')].filter((name) => FROM_HOST.test(name));
  assert.ok(wanted.includes('SSL_new') && wanted.includes('_ZN2v87Isolate10GetCurrentEv'));
  assert.ok(wanted.length > 50);
  assert.deepEqual(
    wanted.filter((name) => !host.has(name)),
    [],
  );
});

/** What every shared library has: the compiler's own. And a thread's own, for a signal's handler: native/binding/stack_report.cc. */
const OWN_DATA = new Set([
  '__TMC_END__',
  '__dso_handle',
  'completed.0',
  'pronghorn::(anonymous namespace)::answerer',
]);

test('the addon has no variable that threads could write at the same time', {
  skip: !hasNm && 'there is no nm',
}, () => {
  const output = execFileSync('nm', ['-C', '-f', 'sysv', addonPath()], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const all = output.split('\n').map((line) => line.split('|').map((field) => field.trim()));
  const variables = all.filter((fields) => /^\.(?:data|bss|tdata|tbss)$/.test(fields[6] ?? ''));
  assert.ok(variables.length > 0, 'the compiler itself has some');
  assert.deepEqual(
    variables.map(([name]) => name!).filter((name) => !OWN_DATA.has(name)),
    [],
  );
});
