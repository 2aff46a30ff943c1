// The native API with a router: find-my-way, the one inside Fastify, knows nothing of servers but a method and a url.
//   npx pronghorn examples/find-my-way.mjs
import findMyWay from 'find-my-way';
import { createServer } from 'pronghorn';

const json = { 'Content-Type': 'application/json' };

const router = findMyWay();

router.on('GET', '/', (request) => request.respond({ body: `Hello from worker ${process.pid}\n` }));

router.on('GET', '/hello/:name', (request, params, query) => {
  request.respond({ headers: json, body: JSON.stringify({ hello: params.name, query }) });
});

// A promise is awaited: if it rejects, the client gets a 500.
router.on('POST', '/notes', async (request) => {
  request.respond({ code: 201, headers: json, body: JSON.stringify({ note: await request.json() }) });
});

const server = createServer();

server.on('request', (request) => {
  const route = router.find(request.method, request.url);
  if (route === null) return request.respond({ code: 404, body: 'Not Found\n' });
  return route.handler(request, route.params, route.searchParams);
});

export default server;
