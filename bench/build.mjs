// Compiles the C programs of the benchmark into out/bench when they are missing or older than their sources.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** Where everything goes that the benchmark makes, except its results. */
export const OUT = join(here, '..', 'out', 'bench');

export const PROGRAMS = { floor: join(OUT, 'floor'), blast: join(OUT, 'blast') };

const SOURCES = { floor: join(here, 'floor', 'floor.c'), blast: join(here, 'load', 'blast.c') };

function newest(directory) {
  return Math.max(...readdirSync(directory).map((name) => statSync(join(directory, name)).mtimeMs));
}

function isFresh(program, source) {
  const built = statSync(program, { throwIfNoEntry: false });
  return built !== undefined && built.mtimeMs >= newest(dirname(source));
}

export function buildPrograms() {
  mkdirSync(OUT, { recursive: true });
  for (const [name, source] of Object.entries(SOURCES)) {
    if (isFresh(PROGRAMS[name], source)) continue;
    const compiler = process.env.CC ?? 'cc';
    const { status, error, stderr } = spawnSync(
      compiler,
      ['-O2', '-Wall', '-Wextra', '-o', PROGRAMS[name], source],
      {
        encoding: 'utf8',
      },
    );
    if (error)
      throw new Error(`${compiler} cannot be run (Debian: apt-get install gcc libc6-dev)`, { cause: error });
    if (status !== 0) throw new Error(`${compiler} failed on ${source}:\n${stderr}`);
  }
}
