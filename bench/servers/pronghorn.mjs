// The subject of the benchmark: Pronghorn as a user starts it from a script, one handler per case.
//   BENCH_WORKERS=N node bench/servers/pronghorn.mjs PORT HANDLER [keep|handshake]
import { createServer } from '../../dist/index.js';
import { CERTIFICATE } from '../build.mjs';
import { LARGE_BYTES } from '../cases.mjs';

const [port, name, tls] = process.argv.slice(2);
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
  post: echo,
  async: later,
  json,
  large: (request) => request.respond({ headers: text, body: large }),
};

const url = `http${tls ? 's' : ''}://127.0.0.1:${port}`;
const keys = tls ? `?cert=${CERTIFICATE.cert}&key=${CERTIFICATE.key}` : '';
const server = createServer(
  {
    listen: url + keys,
    workers: Number(process.env.BENCH_WORKERS ?? 1),
    keepAliveTimeout: 600,
    logLevel: 'warn',
  },
  handlers[name],
);
await server.run();
