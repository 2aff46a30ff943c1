// How the sanitizers' scripts build and run: a step that must succeed, a shared library that must link, the sanitizers' own
// libraries, their reports. For sanitize.mjs and sanitize-threads.mjs.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

export function fail(message) {
  console.error(`sanitize: ${message}`);
  process.exit(1);
}

/** The LD_PRELOAD of libraries that belong to g++. */
export function preload(...names) {
  const paths = names.map((name) => {
    const { stdout, error } = spawnSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' });
    if (error) fail('g++ is not there');
    const path = stdout.trim();
    if (!existsSync(path)) fail(`${name} is not there; it belongs to g++`);
    return path;
  });
  return paths.join(' ');
}

/** Runs a command that must succeed, and after which `complaint` has nothing to say. */
export function step(name, command, words, env = process.env, complaint = () => undefined) {
  const start = Date.now();
  const { status, signal, stdout, stderr } = spawnSync(command, words, {
    cwd: root,
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const found = complaint();
  if (status !== 0 || found) {
    process.stderr.write(`${stdout.slice(-20_000)}${stderr.slice(-20_000)}`);
    fail(`${name}: ${found ?? `status ${status ?? signal}`}`);
  }
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  console.log(`sanitize: ${name}: nothing found (${seconds} s${countOf(stderr)})`);
}

/** How many inputs were run, where the step says so. */
function countOf(text) {
  const [, count] = /^(\d+) inputs$/m.exec(text) ?? [];
  return count === undefined ? '' : `, ${count} inputs`;
}

/** @param words of g++, between its name and the file */
export function link(file, words) {
  mkdirSync(dirname(file), { recursive: true });
  const { status } = spawnSync('g++', [...words, '-o', file], { cwd: root, stdio: 'inherit' });
  if (status !== 0) fail(`${file} does not link`);
}

/**
 * A test need not notice that a process of its own was told something: reports go into files here.
 * @returns what a sanitizer's `log_path` is; whether there are reports; the first one, shown and named
 */
export function reportsIn(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return {
    path: join(folder, 'report'),
    exist: () => readdirSync(folder).length > 0,
    first() {
      const [name] = readdirSync(folder);
      if (name === undefined) return undefined;
      process.stderr.write(readFileSync(join(folder, name), 'utf8').slice(0, 20_000));
      return `a report in ${join(folder, name)}`;
    },
  };
}
