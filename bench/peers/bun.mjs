// How the benchmark starts Bun's own HTTP server: one process, from the binary that its npm package carries.
import { fileURLToPath } from 'node:url';
import { MissingPeer } from '../machine.mjs';
import { ensurePackage } from '../packages.mjs';

const PACKAGE = '@oven/bun-linux-x64';
const program = fileURLToPath(new URL('../servers/bun.mjs', import.meta.url));
const binary = fileURLToPath(new URL(`../node_modules/${PACKAGE}/bin/bun`, import.meta.url));

export default {
  name: 'bun',
  version() {
    if (process.arch !== 'x64') throw new MissingPeer('the package that is tried here is for x64');
    return `bun ${ensurePackage(PACKAGE)}`;
  },
  takesPart: ({ load, name, workers }) =>
    workers === 1 && !load.tls && !['one', 'many', 'idle', 'latency'].includes(name),
  command: ({ handler }, port) => ({ file: binary, args: [program, String(port), handler] }),
};
