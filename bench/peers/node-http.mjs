// How the benchmark starts the peer node-http: the Node.js that runs the benchmark, its own HTTP server, one process.
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../servers/node-http.mjs', import.meta.url));

export default {
  name: 'node-http',
  version: () => `Node.js ${process.version}`,
  command: ({ name }, port) => ({ file: process.execPath, args: [program, String(port), name] }),
};
