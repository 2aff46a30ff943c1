// The subject of the benchmark: Pronghorn as a user starts it from a script, one worker, one handler per case.
//   node bench/servers/pronghorn.mjs PORT CASE
import { createServer } from '../../dist/index.js';
import { LARGE_BYTES } from '../cases.mjs';

const [port, name] = process.argv.slice(2);
const large = Buffer.alloc(LARGE_BYTES, 'x');
const text = { 'content-type': 'text/plain' };
const jsonType = { 'content-type': 'application/json' };

function hello(request) {
  request.respond({ headers: text, body: 'hi' });
}

async function echo(request) {
  request.respond({ headers: text, body: await request.bytes() });
}

async function later(request) {
  await null;
  request.respond({ headers: text, body: 'hi' });
}

function json(request) {
  const { url, headers } = request;
  const body = {
    url,
    host: headers.get('host'),
    agent: headers.get('user-agent'),
    accept: headers.get('accept'),
  };
  request.respond({ headers: jsonType, body: JSON.stringify(body) });
}

const handlers = {
  hello,
  pipelined: hello,
  close: hello,
  post: echo,
  async: later,
  json,
  large: (request) => request.respond({ headers: text, body: large }),
};

const server = createServer(
  { listen: `http://127.0.0.1:${port}`, workers: 1, logLevel: 'warn' },
  handlers[name],
);
await server.run();
