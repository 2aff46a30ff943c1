// The addon links no TLS, no parser and no event loop: it takes them from the node binary that loads it. A symbol that
// is missing there would only show when it is first called.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../support/paths.js';

const FROM_HOST = /^(?:BIO|ERR|EVP|OPENSSL|OSSL|PEM|RAND|SSL|TLS|X509|i2d|llhttp|napi|uv)_/;

function symbols(path: string, kind: '--defined-only' | '--undefined-only'): Set<string> {
  const output = execFileSync('nm', ['-D', '-P', kind, path], { encoding: 'utf8', maxBuffer: 1 << 28 });
  return new Set(output.split('\n').map((line) => line.split(/[ @]/)[0]!));
}

const hasNm = spawnSync('nm', ['--version']).status === 0;

test('node has every symbol that the addon takes from it', {
  skip: !hasNm && 'there is no nm',
}, (context) => {
  const host = symbols(process.execPath, '--defined-only');
  if (!host.has('SSL_new')) return context.skip('this node has its libraries elsewhere');
  const release = join(root, 'build/Release');
  const addon = readdirSync(release).find((name) => name.endsWith('.node'))!;
  const wanted = [...symbols(join(release, addon), '--undefined-only')].filter((name) =>
    FROM_HOST.test(name),
  );
  assert.ok(wanted.includes('SSL_new') && wanted.length > 50);
  assert.deepEqual(
    wanted.filter((name) => !host.has(name)),
    [],
  );
});
