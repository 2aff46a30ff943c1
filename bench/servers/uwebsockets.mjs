// Peer program: uWebSockets.js in one process, one handler per case of the benchmark, written as its manual advises.
//   node bench/servers/uwebsockets.mjs PORT HANDLER
import uws from 'uwebsockets';
import { LARGE_BYTES } from '../cases.mjs';

const [port, name] = process.argv.slice(2);
const large = Buffer.alloc(LARGE_BYTES, 'x');

function hello(response) {
  response.writeHeader('content-type', 'text/plain').end('hi');
}

/** What it hands over is valid only within the call, and the last piece is all there is of a small body. */
function echo(response) {
  const pieces = [];
  response.onAborted(() => {});
  response.onData((piece, isLast) => {
    if (!isLast) {
      pieces.push(Buffer.from(Buffer.from(piece)));
      return;
    }
    const body = pieces.length === 0 ? piece : Buffer.concat([...pieces, Buffer.from(piece)]);
    response.writeHeader('content-type', 'text/plain').end(body);
  });
}

async function later(response) {
  response.onAborted(() => {});
  await null;
  response.cork(() => hello(response));
}

function json(response, request) {
  const query = request.getQuery();
  const body = {
    url: query ? `${request.getUrl()}?${query}` : request.getUrl(),
    host: request.getHeader('host'),
    agent: request.getHeader('user-agent'),
    accept: request.getHeader('accept'),
  };
  response.writeHeader('content-type', 'application/json').end(JSON.stringify(body));
}

const handlers = {
  hello,
  post: echo,
  async: later,
  json,
  large: (response) => response.writeHeader('content-type', 'text/plain').end(large),
};

uws
  .App()
  .any('/*', handlers[name])
  .listen('127.0.0.1', Number(port), (socket) => {
    if (!socket) process.exit(1);
    process.on('SIGTERM', () => {
      uws.us_listen_socket_close(socket);
      process.exit(0);
    });
  });
