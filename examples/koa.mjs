// A Koa application, unmodified: its callback() is a (req, res) listener.
//   npx pronghorn examples/koa.mjs --listen http://127.0.0.1:8080
import { Readable } from 'node:stream';
import Koa from 'koa';

const app = new Koa();

app.use(async (context, next) => {
  await next();
  context.set('X-Powered-By', 'Koa');
});
app.use((context) => {
  if (context.path === '/') context.body = { hello: 'world' };
  else if (context.path === '/stream') context.body = Readable.from(['in ', 'pieces']);
});

export default app.callback();
