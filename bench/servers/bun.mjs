// Peer program: Bun.serve in one process, one handler per case of the benchmark, run by Bun.
//   bun bench/servers/bun.mjs PORT HANDLER
const LARGE_BYTES = 64 * 1024;

const [port, name] = process.argv.slice(2);
const large = Buffer.alloc(LARGE_BYTES, 'x');
const text = { headers: { 'content-type': 'text/plain' } };

function json(request) {
  const { pathname, search } = new URL(request.url);
  const { headers } = request;
  return Response.json({
    url: pathname + search,
    host: headers.get('host'),
    agent: headers.get('user-agent'),
    accept: headers.get('accept'),
  });
}

const handlers = {
  hello: () => new Response('hi', text),
  post: async (request) => new Response(await request.bytes(), text),
  async: async () => {
    await null;
    return new Response('hi', text);
  },
  json,
  large: () => new Response(large, text),
};

Bun.serve({ hostname: '127.0.0.1', port: Number(port), idleTimeout: 0, fetch: handlers[name] });
process.on('SIGTERM', () => process.exit(0));
