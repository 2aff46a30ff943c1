// Fetch applications through the front door: what a Request shows, what becomes of a Response, and what happens when
// either side leaves early.
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { fixture } from '../support/paths.js';
import type { RawClient } from '../support/raw-client.js';
import { type ServerProcess, startApp, VERBOSE, withServer } from '../support/server.js';
import { waitFor } from '../support/wait.js';

let server: ServerProcess;

before(async () => {
  server = startApp(fixture('fetch-app.mjs'), { args: ['--workers', '1'], env: VERBOSE });
  await server.listening();
});

after(async () => {
  await server.stop();
  await server.assertGone();
});

async function withClient<T>(run: (client: RawClient) => Promise<T>): Promise<T> {
  const client = await server.connect();
  try {
    return await run(client);
  } finally {
    client.destroy();
  }
}

const get = (path: string) => server.get(path);
const post = (path: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
  withClient((client) => client.post(path, body, headers));
const errors = (message: string) =>
  server.log.filter(
    (line) => line.level === 'error' && (line.err as { message: string }).message === message,
  );

describe('a Request', () => {
  test('has an absolute url, its headers, and is one', async () => {
    const client = await server.connect();
    const answer = JSON.parse(
      (await client.get('/a/../what?q=%20', { Host: 'A.example:80', 'X-A': '1' })).text,
    );
    client.destroy();
    assert.deepEqual(answer, {
      method: 'GET',
      url: 'http://a.example/what?q=%20',
      headers: [
        ['host', 'A.example:80'],
        ['x-a', '1'],
      ],
      isRequest: true,
      hasBody: false,
    });
  });

  test('of an HTTP/1.0 client without Host has the address that it has connected to', async () => {
    await withClient(async (client) => {
      client.send('GET /what HTTP/1.0\r\n\r\n');
      assert.equal(JSON.parse((await client.read()).text).url, `http://127.0.0.1:${server.port}/what`);
    });
  });

  test('whose host makes no url is refused', async () => {
    await withClient(async (client) => {
      assert.equal((await client.get('/', { Host: '256.256.256.256' })).status, 400);
    });
  });

  test('has any method that HTTP has, but CONNECT', async () => {
    for (const method of ['PROPFIND', 'TRACE', 'OPTIONS', 'DELETE']) {
      await withClient(async (client) => {
        client.send(`${method} /what HTTP/1.1\r\nHost: h\r\n\r\n`);
        assert.equal(JSON.parse((await client.read()).text).method, method);
      });
    }
    await withClient(async (client) => {
      client.send('CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n');
      assert.equal((await client.read()).status, 501);
    });
  });

  test('gives its body in every form', async () => {
    const text = '{"a":"ü"}';
    const type = { 'Content-Type': 'application/json' };
    assert.equal((await post('/text', `\ufeff${text}`)).text, text);
    assert.equal((await post('/json', text)).text, text);
    assert.equal((await post('/json', text)).status, 201);
    assert.deepEqual((await post('/bytes', Buffer.from([0, 255]))).body, Buffer.from([0, 255]));
    assert.deepEqual(JSON.parse((await post('/blob', text, type)).text), {
      size: 10,
      type: 'application/json',
    });
    assert.equal((await post('/twice', text)).text, 'TypeError');
    assert.equal((await post('/text', '')).text, '');
  });

  test('gives a form', async () => {
    const form = new FormData();
    form.append('a', 'b');
    form.append('f', new File(['content'], 'name.txt', { type: 'text/plain' }));
    const answer = await fetch(`${server.url}/form`, { method: 'POST', body: form });
    const expected = [
      ['a', 'b'],
      ['f', ['name.txt', 'text/plain', 'content']],
    ];
    assert.deepEqual(await answer.json(), expected);
    const urlencoded = await fetch(`${server.url}/form`, {
      method: 'POST',
      body: new URLSearchParams('a=1&b=2'),
    });
    assert.equal(await urlencoded.text(), '[["a","1"],["b","2"]]');
  });

  test('streams its body both ways, larger than any buffer', async () => {
    const body = Buffer.alloc(5_000_000, 'abc');
    const answer = await post('/echo', body);
    assert.ok(answer.body.equals(body));
    const chunked = await withClient(async (client) => {
      client.send('POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
      client.send('0\r\n\r\n');
      return client.read();
    });
    assert.equal(chunked.text, 'hello');
  });

  test('can be cloned, and made anew', async () => {
    const headers = { 'X-One': '1', Host: 'h' };
    const cloned = JSON.parse((await post('/clone', 'body', headers)).text);
    assert.deepEqual(cloned, ['body', 'body', 'http://h/clone', '1']);
    assert.deepEqual(JSON.parse((await post('/new', 'body', headers)).text), {
      url: 'http://elsewhere/',
      method: 'POST',
      text: 'body',
      one: '1',
      used: true,
      isRequest: true,
    });
  });

  test('can be given to fetch()', async () => {
    const upstream: Server = createServer((request, response) => {
      response.setHeader('X-Seen', `${request.method} ${request.headers['x-one']}`);
      request.pipe(response);
    });
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    const { port } = upstream.address() as AddressInfo;
    const answer = await post(`/proxy?to=http://127.0.0.1:${port}/`, 'passed on', { 'X-One': '1' });
    const host = `127.0.0.1:${port}`;
    const again = await post('/proxied', 'light', { 'X-One': '2', Host: host });
    upstream.close();
    upstream.closeAllConnections();
    assert.deepEqual([answer.status, answer.text, answer.header('x-seen')], [200, 'passed on', 'POST 1']);
    assert.deepEqual([again.text, again.header('x-seen')], ['light', 'POST 2']);
  });
});

describe('a Response', () => {
  test('of known bytes has a Content-Length', async () => {
    const lines = async (path: string) => {
      const { headerLines, body } = await get(path);
      return [headerLines.filter((line) => !line.startsWith('Date:')), body.toString('latin1')];
    };
    assert.deepEqual(await lines('/'), [
      ['content-type: text/plain;charset=UTF-8', 'Content-Length: 5'],
      'hello',
    ]);
    assert.deepEqual(await lines('/binary'), [['Content-Length: 4'], '\x00\x01\xfe\xff']);
    assert.deepEqual(await lines('/file'), [['content-type: text/x-blob', 'content-length: 6'], 'a blob']);
    assert.deepEqual(await lines('/params'), [
      ['content-type: application/x-www-form-urlencoded;charset=UTF-8', 'Content-Length: 14'],
      'a=1+2&b=%C3%BC',
    ]);
    assert.deepEqual((await lines('/cookies'))[0], [
      'content-type: text/plain;charset=UTF-8',
      'set-cookie: a=1',
      'set-cookie: b=2; Path=/',
      'x-a: 1',
      'x-b: 2',
      'Content-Length: 7',
    ]);
    assert.deepEqual(await lines('/whole'), [['Content-Length: 7'], 'at once']);
    const redirect = await get('/redirect');
    assert.deepEqual([redirect.status, redirect.header('location')], [307, 'http://example.com/there']);
  });

  test('of a stream comes as it is made', async () => {
    const answer = await get('/stream');
    assert.equal(answer.header('transfer-encoding'), 'chunked');
    assert.equal(answer.text, 'tick 0\ntick 1\ntick 2\ntick 3\ntick 4\n');
    assert.equal((await get('/promised')).header('content-length'), '14');
    assert.match((await get('/multipart')).text, /name="name"\r\n\r\nvalue/);
  });

  test('without a body, and to HEAD', async () => {
    for (const code of [204, 205, 304, 200, 404]) {
      const answer = await get(`/status?code=${code}`);
      assert.deepEqual([answer.status, answer.text], [code, '']);
    }
    for (const [path, length] of [
      ['/', '5'],
      ['/file', '6'],
      ['/promised', '14'],
      ['/endless', undefined],
      ['/status?code=200', undefined],
    ] as const) {
      await withClient(async (client) => {
        client.send(`HEAD ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
        const answer = await client.read('HEAD');
        assert.deepEqual([answer.status, answer.header('content-length')], [200, length], path);
        assert.equal((await client.get('/')).text, 'hello');
      });
    }
  });

  test('that is none costs the request a 500, and says why', async () => {
    for (const [path, message] of [
      ['/throws', 'the application throws'],
      ['/rejects', 'the application rejects'],
      ['/nothing', 'expected a Response from fetch(request), received undefined'],
      ['/number', 'expected a Response from fetch(request), received 42'],
      ['/error', 'expected a Response from fetch(request), received Response.error()'],
      ['/used', 'Body is unusable: it has been read, or its stream is locked'],
    ] as const) {
      assert.equal((await get(path)).status, 500, path);
      await waitFor(`a line about ${path}`, () => errors(message).length > 0);
    }
    const [{ err }] = errors('expected a Response from fetch(request), received 42') as unknown as [
      { err: { code: string } },
    ];
    assert.equal(err.code, 'ERR_PRONGHORN_FETCH_RESPONSE');
  });

  test('whose stream fails breaks off', async () => {
    for (const path of ['/breaks', '/wrong-piece']) {
      await assert.rejects(get(path), /the connection was closed/, path);
    }
    for (const message of ['the stream breaks', 'a stream of a body gives Uint8Arrays']) {
      await waitFor(`a line that ${message}`, () => errors(message).length === 1);
    }
  });

  test('may be left to the native API', async () => {
    const answer = await get('/native');
    assert.deepEqual([answer.status, answer.text], [202, 'native']);
  });
});

describe('a client that leaves', () => {
  const seen = async () => JSON.parse((await get('/seen')).text) as { aborted: number; cancelled: number };

  test('cancels the stream that it was sent, whether it gives or waits', async () => {
    const before = await seen();
    for (const path of ['/endless', '/silent']) {
      const client = await server.connect();
      client.send(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
      await waitFor('the head of the answer', () => client.pending.length > 0);
      client.destroy();
    }
    await waitFor(
      'both streams to be cancelled',
      async () => (await seen()).cancelled === before.cancelled + 2,
    );
  });

  test('aborts the signal of its request', async () => {
    const before = await seen();
    const client = await server.connect();
    client.send('GET /signal HTTP/1.1\r\nHost: h\r\n\r\n');
    await get('/');
    client.destroy();
    await waitFor('the signal', async () => (await seen()).aborted === before.aborted + 1);
  });
});

describe('info', () => {
  test('tells who asks', async () => {
    assert.deepEqual(JSON.parse((await get('/info')).text), {
      address: '127.0.0.1',
      path: '/info',
      isNative: true,
    });
  });

  test('waitUntil() keeps a worker that was asked to stop', async () => {
    await withServer(
      () => startApp(fixture('fetch-app.mjs'), { args: ['--workers', '1'] }),
      async (own) => {
        assert.equal((await own.get('/later-fails')).text, 'soon');
        assert.equal((await own.get('/later')).text, 'soon');
        await own.stop();
        assert.match(own.stdout, /work is done/);
        assert.ok(
          own.log.some(({ level, err }) => level === 'error' && /the work fails/.test(JSON.stringify(err))),
        );
      },
    );
  });
});
