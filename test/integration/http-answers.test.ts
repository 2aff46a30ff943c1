// What an answer looks like on the wire, and what a handler sees of a request.
import assert from 'node:assert/strict';
import { fixture } from '../support/paths.js';
import { requestHead } from '../support/raw-client.js';
import { startApp, startMethods } from '../support/server.js';
import { describeServer } from '../support/shared-server.js';

for (const startMethod of startMethods) {
  const start = () =>
    startApp(fixture('http-app.mjs'), { args: ['--workers', '1', '--start-method', startMethod] });

  describeServer(`answers, start method ${startMethod}`, start, (serverTest) => {
    serverTest('an answer has a status line, a date and a length', async (server) => {
      const response = await server.get('/');
      assert.equal(response.version, 'HTTP/1.1');
      assert.equal(response.status, 200);
      assert.equal(response.reason, 'OK');
      assert.equal(response.header('content-length'), '2');
      assert.equal(response.text, 'hi');
    });

    serverTest('Date is the time now, in the format of RFC 9110', async (server) => {
      const before = Math.floor(Date.now() / 1000) * 1000 - 1000;
      const date = (await server.get('/')).header('date') ?? '';
      const after = Date.now();
      assert.match(date, /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/);
      const time = Date.parse(date);
      assert.equal(new Date(time).toUTCString(), date);
      assert.ok(time >= before && time <= after, `${date} is not now`);
    });

    serverTest('the code is 200 when the handler names none', async (server) => {
      const response = await server.get('/default');
      assert.equal(response.status, 200);
      assert.equal(response.header('content-length'), '0');
    });

    serverTest('codes carry their reasons', async (server) => {
      const client = await server.connect();
      const reasons: Record<number, string> = {
        201: 'Created',
        301: 'Moved Permanently',
        404: 'Not Found',
        418: "I'm a Teapot",
        500: 'Internal Server Error',
        503: 'Service Unavailable',
      };
      for (const [code, reason] of Object.entries(reasons)) {
        const response = await client.get(`/status?code=${code}&body=x`);
        assert.equal(response.status, Number(code));
        assert.equal(response.reason.toLowerCase(), reason.toLowerCase());
        assert.equal(response.text, 'x');
      }
      client.destroy();
    });

    serverTest('a code without a well-known reason is sent', async (server) => {
      const response = await server.get('/status?code=599');
      assert.equal(response.status, 599);
    });

    serverTest('a handler answers 404 itself', async (server) => {
      const response = await server.get('/nowhere');
      assert.equal(response.status, 404);
      assert.equal(response.reason, 'Not Found');
      assert.equal(response.text, 'no such page');
    });

    serverTest('HEAD gets the head of GET and no body', async (server) => {
      const client = await server.connect();
      client.send(requestHead('HEAD', '/'));
      const head = await client.read('HEAD');
      assert.equal(head.status, 200);
      assert.equal(head.header('content-length'), '2');
      assert.equal((await client.get('/')).text, 'hi', 'nothing of a body came in between');
      client.destroy();
    });

    serverTest('HEAD in a pipeline sends no body, small or large', async (server) => {
      const client = await server.connect();
      const paths = ['/', '/bytes?size=3000000', '/later'];
      client.send(paths.map((path) => requestHead('HEAD', path)).join('') + requestHead('GET', '/'));
      const lengths: (string | undefined)[] = [];
      for (const _ of paths) lengths.push((await client.read('HEAD')).header('content-length'));
      assert.deepEqual(lengths, ['2', '3000000', '6']);
      assert.equal((await client.read()).text, 'hi');
      client.destroy();
    });

    for (const code of [204, 304]) {
      serverTest(`${code} has no body, whatever the handler gives`, async (server) => {
        const client = await server.connect();
        for (const path of [`/status?code=${code}`, `/status?code=${code}&body=never`]) {
          const response = await client.get(path);
          assert.equal(response.status, code);
          assert.equal(response.header('transfer-encoding'), undefined);
          if (code === 204) assert.equal(response.header('content-length'), undefined, 'RFC 9110, 8.6');
        }
        assert.equal((await client.get('/')).text, 'hi', 'nothing of a body came in between');
        client.destroy();
      });
    }

    serverTest('headers of the handler are sent as given', async (server) => {
      const response = await server.get('/header?name=X-Answer&value=a%20b%3B%20c%3D%22d%22');
      assert.equal(response.header('x-answer'), 'a b; c="d"');
    });

    serverTest('a header that would split the answer is refused with a 500', async (server) => {
      for (const [name, value] of [
        ['X-Answer', 'a%0d%0aX-Injected:%20yes'],
        ['X-Answer', 'a%0aX-Injected:%20yes'],
        ['X-Answer%0d%0aX-Injected', 'yes'],
        ['X%20Answer', 'a'],
        ['', 'a'],
        ['X-Answer', '%00'],
      ]) {
        const response = await server.get(`/header?name=${name}&value=${value}`);
        assert.equal(response.status, 500, `${name}: ${value}`);
        assert.equal(response.header('x-injected'), undefined);
      }
    });

    serverTest('an invalid code is refused with a 500', async (server) => {
      for (const code of ['99', '1000', '20.5', 'NaN']) {
        assert.equal((await server.get(`/status?code=${code}`)).status, 500, code);
      }
    });

    serverTest('a second answer to one request never reaches the client', async (server) => {
      const client = await server.connect();
      assert.equal((await client.get('/twice')).text, 'first');
      assert.equal((await client.get('/')).text, 'hi');
      client.destroy();
    });

    serverTest('method and url arrive as they were sent', async (server) => {
      const client = await server.connect();
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'QUERY']) {
        client.send(requestHead(method, '/url?a=%20%C5%BE&b=/../x;y', { 'Content-Length': '0' }));
        assert.equal((await client.read()).text, `${method} /url?a=%20%C5%BE&b=/../x;y`);
      }
      client.destroy();
    });

    serverTest('a long url arrives whole', async (server) => {
      const path = `/url?${'q'.repeat(8000)}`;
      assert.equal((await server.get(path)).text, `GET ${path}`);
    });

    serverTest('headers are found by any spelling and iterate in order', async (server) => {
      const client = await server.connect();
      client.send('GET /headers HTTP/1.1\r\nHost: h\r\nX-One:   first  \r\nAccept: */*\r\nEmpty:\r\n\r\n');
      const pairs = JSON.parse((await client.read()).text) as [string, string][];
      assert.deepEqual(
        pairs.map(([name, value]) => [name.toLowerCase(), value]),
        [
          ['host', 'h'],
          ['x-one', 'first'],
          ['accept', '*/*'],
          ['empty', ''],
        ],
      );
      client.destroy();
    });

    serverTest('method, url and headers are right after an await', async (server) => {
      const client = await server.connect();
      const heads = Array.from({ length: 10 }, (_, at) =>
        requestHead('GET', `/headers-later?${at}`, { 'X-One': `value ${at}` }),
      );
      client.send(heads.join(''));
      for (let at = 0; at < heads.length; at++) {
        const seen = JSON.parse((await client.read()).text);
        assert.equal(seen.method, 'GET');
        assert.equal(seen.url, `/headers-later?${at}`);
        assert.equal(seen.one, `value ${at}`);
        assert.equal(seen.has, true);
        assert.equal(seen.hasNot, false);
        assert.equal(seen.entries.length, 2);
      }
      client.destroy();
    });

    serverTest('several headers of one name are joined', async (server) => {
      const client = await server.connect();
      client.send(requestHead('GET', '/headers-later', { 'X-One': 'a\r\nx-one: b' }));
      assert.equal(JSON.parse((await client.read()).text).one, 'a, b');
      client.destroy();
    });

    serverTest('the client’s address is known', async (server) => {
      assert.match((await server.get('/address')).text, /^127\.0\.0\.1/);
    });
  });
}
