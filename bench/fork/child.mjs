// What the fork benchmark compares with: the same application in a process made by child_process.fork, with a node:http
// server. It says `ready` when it listens. Runs from a copy in out/bench/app.
import { createServer } from 'node:http';
import { loaded } from './app.mjs';

createServer((_request, response) => response.end('hi')).listen(0, '127.0.0.1', () =>
  process.send({ ready: loaded.length }),
);
