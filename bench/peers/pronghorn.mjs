// How the benchmark starts Pronghorn: the way a user does from a script, with one worker or more.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MissingPeer } from '../machine.mjs';
import { nodeProgram, ownVersion } from './node-program.mjs';

const built = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

export default {
  ...nodeProgram({ name: 'pronghorn', hasWorkers: true }),
  version() {
    if (!existsSync(built)) throw new MissingPeer('dist/index.js does not exist (npm run build)');
    return `pronghorn ${ownVersion()}, Node.js ${process.version}`;
  },
};
