// A peer that is a program in bench/servers, run by the Node.js that runs the benchmark:
//   BENCH_WORKERS=N node bench/servers/FILE PORT HANDLER [keep|handshake]
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ensurePackage } from '../packages.mjs';

/**
 * @param npm a package of bench/package.json without which the peer cannot run
 * @param without names of cases that it has nothing to say to
 * @param hasWorkers whether it can have more than one
 */
export function nodeProgram({ name, file = `${name}.mjs`, npm, without = [], hasWorkers = false }) {
  const program = fileURLToPath(new URL(`../servers/${file}`, import.meta.url));
  return {
    name,
    version: () => (npm ? `${npm} ${ensurePackage(npm)}` : `${name} of Node.js ${process.version}`),
    takesPart: (entry) => !without.includes(entry.name) && (hasWorkers || entry.workers === 1),
    command: ({ handler, load, workers }, port) => ({
      file: process.execPath,
      args: [program, String(port), handler, ...(load.tls ? [load.tls] : [])],
      env: { BENCH_WORKERS: String(workers) },
    }),
  };
}

/** Version of the project itself. */
export function ownVersion() {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
