// Peer program: a plain node:http or node:https server in one process, one handler per case of the benchmark.
//   node bench/servers/node-http.mjs PORT HANDLER [keep|handshake]
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { CERTIFICATE } from '../build.mjs';
import { LARGE_BYTES } from '../cases.mjs';

const [port, name, tls] = process.argv.slice(2);
const large = Buffer.alloc(LARGE_BYTES, 'x');

function answer(response, type, body) {
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function hello(_request, response) {
  answer(response, 'text/plain', 'hi');
}

function echo(request, response) {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () =>
    answer(response, 'text/plain', chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)),
  );
}

async function later(_request, response) {
  await null;
  answer(response, 'text/plain', 'hi');
}

function json({ url, headers }, response) {
  const body = { url, host: headers.host, agent: headers['user-agent'], accept: headers.accept };
  answer(response, 'application/json', JSON.stringify(body));
}

const handlers = {
  hello,
  post: echo,
  async: later,
  json,
  large: (_request, response) => answer(response, 'text/plain', large),
};

const server = tls
  ? createTlsServer(
      { cert: readFileSync(CERTIFICATE.cert), key: readFileSync(CERTIFICATE.key) },
      handlers[name],
    )
  : createServer(handlers[name]);
server.keepAliveTimeout = 600_000;
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
