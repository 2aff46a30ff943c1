// A Hono application as it is: what it exports is served.
//   npx pronghorn examples/hono.mjs
import { Hono } from 'hono';
import { logger } from 'hono/logger';
import { streamSSE } from 'hono/streaming';

const app = new Hono();

app.use(logger());
app.get('/', (c) => c.text(`Hello from worker ${process.pid}\n`));
app.get('/hello/:name', (c) => c.json({ hello: c.req.param('name'), from: c.env.remoteAddress }));
app.post('/notes', async (c) => c.json(await c.req.json(), 201));
app.post('/form', async (c) => c.json(await c.req.parseBody()));
app.get('/events', (c) =>
  streamSSE(c, async (stream) => {
    for (let i = 0; i < 3; i++) {
      await stream.writeSSE({ event: 'tick', data: String(i) });
      await stream.sleep(10);
    }
  }),
);
app.get('/later', (c) => {
  // The answer does not wait for it; a worker that is asked to stop does.
  c.executionCtx.waitUntil(new Promise((resolve) => setTimeout(resolve, 50)));
  return c.body(null, 204);
});

export default app;
