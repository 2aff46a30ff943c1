// An h3 application as it is.
//   npx pronghorn examples/h3.mjs
import { getQuery, H3, HTTPError, readBody } from 'h3';

const app = new H3();

app.get('/', () => `Hello from worker ${process.pid}\n`);
app.get('/hello/:name', (event) => ({ hello: event.context.params.name, query: getQuery(event) }));
app.post('/notes', async (event) => {
  event.res.status = 201;
  return { note: await readBody(event) };
});
app.get('/teapot', () => {
  throw new HTTPError({ status: 418, message: 'no coffee here' });
});

export default app;
