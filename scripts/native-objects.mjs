// Compiles sources of native/ and test/fuzz/ into objects, for the scripts that build them in their own way: with
// sanitizers, with a fuzzer. Not the addon's own build, which is node-gyp's.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Files below `folder`, as paths from the root of the project. */
export function filesBelow(folder, ending) {
  return readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .sort();
}

const changedAt = (path) => statSync(join(root, path)).mtimeMs;

/** What every build of the native code is told, whatever else it is for. */
export const COMMON_FLAGS = [
  ...['-std=c++20', '-g', '-fPIC', '-fno-exceptions', '-fno-rtti', '-fno-omit-frame-pointer'],
  ...['-fno-sanitize=vptr', '-fno-sanitize-recover=undefined'],
  ...['-Wall', '-Wextra', '-Wno-unused-parameter'],
  ...['-DNAPI_VERSION=8', '-D_GNU_SOURCE'],
  ...['-Inative', '-Itest/fuzz', `-I${join(dirname(dirname(process.execPath)), 'include/node')}`],
];

/** Compiles what is older than its source or any header. Returns the objects in the order of the sources. */
export async function compileObjects({ compiler, flags, sources, folder }) {
  mkdirSync(folder, { recursive: true });
  const headers = [...filesBelow('native', '.h'), ...filesBelow('test/fuzz', '.h')];
  const newestHeader = Math.max(...headers.map(changedAt));
  const objectOf = (source) => join(folder, `${source.replaceAll('/', '_')}.o`);
  const queue = sources.filter((source) => {
    const object = objectOf(source);
    return !existsSync(object) || statSync(object).mtimeMs < Math.max(newestHeader, changedAt(source));
  });
  const compile = (source) =>
    new Promise((resolve, reject) => {
      const words = [...COMMON_FLAGS, ...flags, '-c', source, '-o', objectOf(source)];
      const child = spawn(compiler, words, { cwd: root, stdio: 'inherit' });
      child.once('error', reject);
      child.once('exit', (code) =>
        code === 0 ? resolve() : reject(new Error(`${source} does not compile`)),
      );
    });
  const work = async () => {
    while (queue.length > 0) await compile(queue.pop());
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return sources.map(objectOf);
}
