// How the benchmark starts Pronghorn: the way a user does from a script, with one worker.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MissingPeer } from '../machine.mjs';

const built = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const program = fileURLToPath(new URL('../servers/pronghorn.mjs', import.meta.url));

export default {
  name: 'pronghorn',
  version() {
    if (!existsSync(built)) throw new MissingPeer('dist/index.js does not exist (npm run build)');
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    return `pronghorn ${version}, Node.js ${process.version}`;
  },
  command: ({ name }, port) => ({ file: process.execPath, args: [program, String(port), name] }),
};
