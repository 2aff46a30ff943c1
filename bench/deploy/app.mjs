// The application of the case `deploy`: a listener for node:http that says which process answers, once it has read what
// was sent. As the default export it is Pronghorn's application; with PORT it is a server of its own, under node:cluster
// or pm2, that stops as their manuals advise: no new connections, those under way to their end, then exit.
import { createServer } from 'node:http';

export default function listener(request, response) {
  request.resume().once('end', () => response.end(String(process.pid)));
}

/** For pm2's wait_ready. */
function ready() {
  process.send?.('ready');
}

if (process.env.PORT) {
  const server = createServer(listener).listen(Number(process.env.PORT), '127.0.0.1', ready);
  process.once('SIGINT', () => server.close(() => process.exit(0)));
}
