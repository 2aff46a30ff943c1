// One application of a framework, answering GET / with JSON, on Node's HTTP server, alone or under node:cluster, or on
// Pronghorn.
//   node bench/servers/frameworks.mjs PORT FRAMEWORK node|cluster|pronghorn [WORKERS]
import cluster from 'node:cluster';

const [port, framework, server, workers = '1'] = process.argv.slice(2);

const MESSAGE = { hello: 'world' };

/** The same listener for both. */
async function unmodified(handler) {
  const { createServer } = await import('node:http');
  return {
    handler,
    onNode: () => createServer(handler).listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 }),
  };
}

/** The application, and how each server takes it: as the framework's manual says. */
const FRAMEWORKS = {
  async native() {
    const headers = { 'Content-Type': 'application/json' };
    const { createServer } = await import('node:http');
    const listener = (_request, response) => {
      const body = JSON.stringify(MESSAGE);
      response.writeHead(200, { ...headers, 'Content-Length': Buffer.byteLength(body) });
      response.end(body);
    };
    return {
      handler: (request) => request.respond({ headers, body: JSON.stringify(MESSAGE) }),
      onNode: () => createServer(listener).listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 }),
    };
  },
  listener() {
    return unmodified((_req, res) => {
      res.setHeader('Content-Type', 'application/json');
      res.end(JSON.stringify(MESSAGE));
    });
  },
  async express() {
    const { default: express } = await import('express');
    return unmodified(express().get('/', (_req, res) => res.json(MESSAGE)));
  },
  async koa() {
    const { default: Koa } = await import('koa');
    const app = new Koa();
    app.use((context) => {
      context.body = MESSAGE;
    });
    return unmodified(app.callback());
  },
  async fastify() {
    const { default: fastify } = await import('fastify');
    const app = fastify();
    app.get('/', async () => MESSAGE);
    await app.ready();
    return unmodified((req, res) => app.routing(req, res));
  },
  /** A server of `ws` on an http.Server. */
  async websocket() {
    const { createServer } = await import('node:http');
    const { WebSocketServer } = await import('ws');
    const own = createServer((_req, res) => res.end(JSON.stringify(MESSAGE)));
    new WebSocketServer({ server: own }).on('connection', (socket) => {
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    return {
      handler: own,
      onNode: () => own.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 }),
    };
  },
  async hono() {
    const { Hono } = await import('hono');
    const app = new Hono();
    app.get('/', (c) => c.json(MESSAGE));
    return {
      handler: app,
      onNode: async () => {
        const { serve } = await import('@hono/node-server');
        serve({ fetch: app.fetch, port: Number(port), hostname: '127.0.0.1' });
      },
    };
  },
};

async function start() {
  if (server === 'cluster' && cluster.isPrimary) {
    for (let i = 0; i < Number(workers); i++) cluster.fork();
    return;
  }
  const { handler, onNode } = await FRAMEWORKS[framework]();
  if (server !== 'pronghorn') return onNode();
  const { createServer } = await import('../../dist/index.js');
  const options = { listen: `http://127.0.0.1:${port}`, workers: Number(workers), logLevel: 'warn' };
  await createServer(options, handler).run();
}

await start();
