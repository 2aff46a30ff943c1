// The server of bench/balance.mjs, in a process of its own: tells what its workers have done whenever it is asked.
//   PRONGHORN_* variables configure it; /block?ms=N holds a worker's event loop up for N ms.
import { createServer } from '../../dist/index.js';

const server = createServer({ listen: 'http://127.0.0.1:0', logLevel: 'error' });

server.on('request', (request) => {
  if (request.url.startsWith('/block')) {
    const until = performance.now() + Number(request.url.split('ms=')[1]);
    while (performance.now() < until);
  }
  request.respond({ body: `${process.pid}` });
});
// Workers have no parent to talk to.
server.on('start', () => {
  process.on('message', () => process.send(server.status()));
});

await server.run();
process.exit();
