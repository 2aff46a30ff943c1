// Next.js in standalone mode, in the place of the server.js that `next build` writes: the same configuration, but a
// listener in place of a server. It stands beside server.js; workers are forked when the application is prepared.
//   npx pronghorn .next/standalone/pronghorn.mjs --listen http://127.0.0.1:8080
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const dir = import.meta.dirname;
process.env.NODE_ENV = 'production';
process.chdir(dir);
const { config } = JSON.parse(readFileSync('.next/required-server-files.json', 'utf8'));
process.env.__NEXT_PRIVATE_STANDALONE_CONFIG = JSON.stringify(config);

const next = createRequire(import.meta.url)('next');
const app = next({ dev: false, dir, customServer: true });
await app.prepare();
const handle = app.getRequestHandler();

export default (req, res) => handle(req, res);
