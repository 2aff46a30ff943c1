// Peer program: a plain node:http server in one process, one handler per case of the benchmark.
//   node bench/servers/node-http.mjs PORT CASE
import { createServer } from 'node:http';
import { LARGE_BYTES } from '../cases.mjs';

const [port, name] = process.argv.slice(2);
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
  pipelined: hello,
  close: hello,
  post: echo,
  async: later,
  json,
  large: (_request, response) => answer(response, 'text/plain', large),
};

createServer(handlers[name]).listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
