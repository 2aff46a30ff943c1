// The examples of frameworks, as they stand in examples/.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../support/paths.js';
import { type ServerProcess, startApp, withServer } from '../support/server.js';

function withExample(name: string, run: (server: ServerProcess) => Promise<void>): Promise<void> {
  const app = join(root, 'examples', name);
  return withServer(() => startApp(app, { args: ['--workers', '1'] }), run);
}

const note = { text: 'nöte' };

function postJson(server: ServerProcess, path: string): Promise<Response> {
  const headers = { 'Content-Type': 'application/json' };
  return fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(note) });
}

test('hono.mjs', async () => {
  await withExample('hono.mjs', async (server) => {
    assert.match((await server.get('/')).text, /^Hello from worker \d+\n$/);
    const hello = await server.get('/hello/J%C3%BCrgen');
    assert.deepEqual(JSON.parse(hello.text), { hello: 'Jürgen', from: '127.0.0.1' });
    const posted = await postJson(server, '/notes');
    assert.deepEqual([posted.status, await posted.json()], [201, note]);
    const form = await fetch(`${server.url}/form`, { method: 'POST', body: new URLSearchParams('a=1&b=2') });
    assert.deepEqual(await form.json(), { a: '1', b: '2' });
    const events = await server.get('/events');
    assert.equal(events.header('content-type'), 'text/event-stream');
    assert.equal(events.text, [0, 1, 2].map((i) => `event: tick\ndata: ${i}\n\n`).join(''));
    assert.equal((await server.get('/later')).status, 204);
    assert.equal((await server.get('/none')).status, 404);
  });
});

test('h3.mjs', async () => {
  await withExample('h3.mjs', async (server) => {
    assert.match((await server.get('/')).text, /^Hello from worker \d+\n$/);
    const hello = await server.get('/hello/ada?a=1');
    assert.deepEqual(JSON.parse(hello.text), { hello: 'ada', query: { a: '1' } });
    const posted = await postJson(server, '/notes');
    assert.deepEqual([posted.status, await posted.json()], [201, { note }]);
    assert.equal((await server.get('/teapot')).status, 418);
    assert.equal((await server.get('/none')).status, 404);
  });
});

test('find-my-way.mjs', async () => {
  await withExample('find-my-way.mjs', async (server) => {
    assert.match((await server.get('/')).text, /^Hello from worker \d+\n$/);
    const hello = await server.get('/hello/ada?a=1');
    assert.deepEqual(JSON.parse(hello.text), { hello: 'ada', query: { a: '1' } });
    const posted = await postJson(server, '/notes');
    assert.deepEqual([posted.status, await posted.json()], [201, { note }]);
    assert.equal((await server.get('/none')).status, 404);
  });
});
