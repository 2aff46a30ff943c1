// A reverse proxy with http-proxy, for requests and WebSockets: the origin is the first word after the application.
//   npx pronghorn examples/proxy.mjs --listen http://127.0.0.1:8080 -- http://127.0.0.1:3000
import { createServer } from 'node:http';
import httpProxy from 'http-proxy';

const proxy = httpProxy.createProxyServer({ target: process.argv[2] });
proxy.on('error', (_error, _req, res) => {
  if ('writeHead' in res) res.writeHead(502).end();
  else res.destroy();
});

const server = createServer((req, res) => proxy.web(req, res));
server.on('upgrade', (req, socket, head) => proxy.ws(req, socket, head));

export default server;
