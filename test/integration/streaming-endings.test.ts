// How requests end, as their handlers are told: by the answer's last byte, or by a client that goes. And 100 Continue.
import assert from 'node:assert/strict';
import { requestHead } from '../support/raw-client.js';
import { describeServer } from '../support/shared-server.js';
import { CHUNKED, chunk, newKey, release, startStreams, untilEvents } from '../support/streaming.js';
import { waitFor } from '../support/wait.js';

const WAITS = { 'Content-Length': '5', Expect: '100-continue' };

describeServer('endings', startStreams(), (serverTest) => {
  serverTest('an answer that was sent ends with finish', async (server) => {
    const key = newKey();
    const client = await server.connect();
    assert.equal((await client.get(`/watched?key=${key}`)).text, 'watched');
    await untilEvents(server, key, ['finish']);
    client.destroy();
    await untilEvents(server, key, ['finish']);
  });

  for (const how of ['FIN', 'RST', 'FIN of both sides']) {
    serverTest(`a client that goes before its answer (${how}) aborts the signal`, async (server) => {
      const key = newKey();
      const client = await server.connect();
      client.send(requestHead('GET', `/held?key=${key}`));
      await untilEvents(server, key, ['taken']);
      if (how === 'RST') client.socket.resetAndDestroy();
      else if (how === 'FIN') client.finish();
      else client.destroy();
      await untilEvents(server, key, ['taken', 'gone', 'aborted']);
      await release(server, key);
      if (how === 'FIN') assert.equal((await client.read()).text, 'held', 'it can still be answered');
      client.destroy();
      assert.equal((await server.get('/')).text, 'hi');
    });
  }

  for (const how of ['FIN', 'RST']) {
    serverTest(`who asks only when the client has gone (${how}) is told, too`, async (server) => {
      const key = newKey();
      const client = await server.connect();
      client.send(requestHead('GET', `/watched-late?key=${key}`));
      await untilEvents(server, key, ['taken']);
      if (how === 'RST') client.socket.resetAndDestroy();
      else client.finish();
      assert.equal((await server.get('/')).text, 'hi');
      await release(server, key);
      await untilEvents(server, key, ['taken', 'gone', 'aborted']);
      client.destroy();
    });
  }

  serverTest('a stream that begins when its client has gone is closed', async (server) => {
    const key = newKey();
    const client = await server.connect();
    client.send(requestHead('GET', `/endless-late?key=${key}`));
    await untilEvents(server, key, ['taken']);
    client.socket.resetAndDestroy();
    assert.equal((await server.get('/')).text, 'hi');
    await release(server, key);
    await untilEvents(server, key, ['taken', 'closed']);
  });

  serverTest('all waiting requests of a pipeline hear that their client has gone', async (server) => {
    const keys = [newKey(), newKey(), newKey()];
    const client = await server.connect();
    client.send(keys.map((key) => requestHead('GET', `/held?key=${key}`)).join(''));
    for (const key of keys) await untilEvents(server, key, ['taken']);
    client.socket.resetAndDestroy();
    for (const key of keys) await untilEvents(server, key, ['taken', 'gone', 'aborted']);
  });

  serverTest(
    'an answer that still waits for earlier ones when the client goes was not sent',
    async (server) => {
      const keys = [newKey(), newKey()];
      const client = await server.connect();
      client.send(requestHead('GET', `/held?key=${keys[0]}`) + requestHead('GET', `/watched?key=${keys[1]}`));
      await untilEvents(server, keys[0]!, ['taken']);
      await untilEvents(server, keys[1]!, []);
      client.socket.resetAndDestroy();
      await untilEvents(server, keys[1]!, ['gone', 'aborted']);
    },
  );

  serverTest(
    'an answer that closes tells the requests behind it that they are not answered',
    async (server) => {
      const [last, held, body] = [newKey(), newKey(), newKey()];
      const client = await server.connect();
      client.send(requestHead('GET', `/held-last?key=${last}`) + requestHead('GET', `/held?key=${held}`));
      client.send(`${requestHead('POST', `/read-failing?key=${body}`, { 'Content-Length': '5' })}he`);
      await untilEvents(server, held, ['taken']);
      await release(server, last);
      assert.equal((await client.read()).text, 'last');
      await client.closed();
      await untilEvents(server, held, ['taken', 'gone', 'aborted']);
      await untilEvents(server, body, ['ERR_PRONGHORN_CLIENT_GONE']);
      client.destroy();
    },
  );

  serverTest(
    'drop() behind a whole answer is ignored, one in the middle of a body is not',
    async (server) => {
      const client = await server.connect();
      assert.equal((await client.get('/drop-after')).text, 'answered');
      assert.equal((await client.get('/')).text, 'hi');
      client.send(`${requestHead('POST', '/drop?key=x', { 'Content-Length': '5' })}he`);
      await client.closed();
      client.destroy();
    },
  );

  serverTest('drop() ends the connection without an answer', async (server) => {
    const key = newKey();
    const client = await server.connect();
    client.send(requestHead('GET', `/drop?key=${key}`));
    await client.closed();
    await untilEvents(server, key, ['gone', 'aborted']);
    client.destroy();
  });

  serverTest(
    'drop() takes the rest of the pipeline with it, not what was answered before',
    async (server) => {
      const client = await server.connect();
      client.send(requestHead('GET', '/') + requestHead('GET', '/drop?key=x') + requestHead('GET', '/'));
      assert.equal((await client.read()).text, 'hi');
      await client.closed();
      client.destroy();
    },
  );
});

describeServer('100 Continue', startStreams('--body-timeout', '0.3'), (serverTest) => {
  serverTest('reading the body asks for it', async (server) => {
    const client = await server.connect();
    client.send(requestHead('POST', '/text', WAITS));
    assert.equal((await client.read()).status, 100);
    client.send('hello');
    assert.equal((await client.read()).text, 'hello');
    assert.equal((await client.get('/')).text, 'hi');
    client.destroy();
  });

  serverTest('continue() asks for it before the body is read, once', async (server) => {
    const key = newKey();
    const client = await server.connect();
    client.send(requestHead('POST', `/continue?key=${key}`, WAITS));
    assert.equal((await client.read()).status, 100);
    client.send('hello');
    await release(server, key);
    assert.equal((await client.read()).text, 'hello');
    client.destroy();
  });

  serverTest('a handler that takes its time to read is not the fault of the client', async (server) => {
    const key = newKey();
    const client = await server.connect();
    client.send(requestHead('POST', `/wait-then-read?key=${key}`, WAITS));
    const other = await server.connect();
    other.send(`${requestHead('POST', '/text', { 'Content-Length': '5' })}he`);
    assert.equal((await other.read()).status, 408, 'the time for a body has passed');
    assert.equal(client.pending, '');
    await release(server, key);
    assert.equal((await client.read()).status, 100);
    client.send('hello');
    assert.equal((await client.read()).text, 'hello');
    client.destroy();
    other.destroy();
  });

  serverTest('a client that does not wait is not told to go on', async (server) => {
    const key = newKey();
    const client = await server.connect();
    client.send(requestHead('POST', `/wait-then-read?key=${key}`, WAITS));
    client.send('hello');
    assert.equal((await server.get('/')).text, 'hi');
    await release(server, key);
    const response = await client.read();
    assert.equal(response.status, 200);
    assert.equal(response.text, 'hello');
    assert.equal((await client.get('/')).text, 'hi');
    client.destroy();
  });

  serverTest('a client that was told to go on and does not is a 408', async (server) => {
    const client = await server.connect();
    client.send(requestHead('POST', '/text', WAITS));
    assert.equal((await client.read()).status, 100);
    assert.equal((await client.read()).status, 408);
    await client.closed();
    client.destroy();
  });

  serverTest('an answer without reading closes, for nobody knows whether the body comes', async (server) => {
    for (const headers of [WAITS, { ...CHUNKED, Expect: '100-continue' }]) {
      const client = await server.connect();
      client.send(requestHead('POST', '/ignore', headers));
      const response = await client.read();
      assert.equal(response.text, 'ignored');
      assert.equal(response.header('connection'), 'close');
      await client.closed();
      client.destroy();
    }
  });

  serverTest('continue() and earlyHints() behind the answer say nothing', async (server) => {
    const client = await server.connect();
    client.send(requestHead('POST', '/continue-after', WAITS));
    const { status, text } = await client.read();
    assert.deepEqual([status, text], [200, 'answered']);
    await client.closed();
    assert.equal(client.pending, '');
    client.destroy();
  });

  serverTest('in a pipeline it comes in its turn', async (server) => {
    const key = newKey();
    const client = await server.connect();
    client.send(requestHead('GET', `/held?key=${key}`));
    client.send(requestHead('POST', '/text', { ...CHUNKED, Expect: '100-continue' }));
    await untilEvents(server, key, ['taken']);
    assert.equal(client.pending, '');
    await release(server, key);
    assert.equal((await client.read()).text, 'held');
    assert.equal((await client.read()).status, 100);
    client.send(`${chunk('hello')}0\r\n\r\n`);
    assert.equal((await client.read()).text, 'hello');
    await waitFor('nothing more', () => client.pending === '');
    client.destroy();
  });
});
