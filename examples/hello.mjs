// The smallest application: `npm start` serves it. The default export answers every request.
import { createServer } from 'pronghorn';

const server = createServer();

server.on('request', (request) => {
  request.respond({
    headers: { 'Content-Type': 'text/plain; charset=utf-8' },
    body: `Hello from worker ${process.pid}: ${request.method} ${request.url}\n`,
  });
});

export default server;
