// A Fastify application, unmodified. It is made ready in each worker, so that its plugins may open connections there.
//   npx pronghorn examples/fastify.mjs --listen http://127.0.0.1:8080
import fastify from 'fastify';

const app = fastify();

app.get('/', async () => ({ hello: 'world' }));
app.post('/sum', async (request) => ({ sum: request.body.numbers.reduce((a, b) => a + b, 0) }));

export default app;
