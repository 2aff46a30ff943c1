// Where things are in the clone. Compiled tests run from out/test, fixtures stay in test/fixtures.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string };
      if (manifest.name === 'pronghorn') return folder;
    } catch {
      // No package.json here: look one folder up.
    }
    const parent = dirname(folder);
    if (parent === folder) throw new Error('the tests must run inside the clone');
    folder = parent;
  }
}

export const root = findRoot();

/** The program behind the `pronghorn` command. */
export const commandLine = join(root, 'dist/cli/main.js');

export function fixture(name: string): string {
  return join(root, 'test/fixtures', name);
}

const folders: string[] = [];

/** A new empty folder for one test. It stays when a test of its file fails. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pronghorn-test-'));
  folders.push(folder);
  return folder;
}

process.on('exit', () => {
  if (process.exitCode) return;
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
