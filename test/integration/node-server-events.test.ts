// Events, fields and methods of http.Server that servers of pronghorn/http have in common with node's: each scenario runs
// under both, and comes to the same.
import { once } from 'node:events';
import {
  createServer as createNodeServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { describe } from 'node:test';
import {
  answerTo,
  client,
  GET,
  hello,
  LAST,
  listen,
  type Said,
  same,
  statusOf,
} from '../support/node-pair.js';
import { waitFor, within } from '../support/wait.js';

// Some wait for times that are looked at a few times a second: together.
describe('events', { concurrency: true }, () => {
  same(
    'connection comes before the first request',
    ['connection 127.0.0.1', 'request'],
    async (server, said) => {
      server.on('connection', (socket) => said.push(`connection ${socket.remoteAddress}`));
      server.on('request', (req, res) => {
        said.push('request');
        hello(req, res);
      });
      const { socket } = await client(await listen(server));
      await waitFor('the connection', () => said.length === 1);
      socket.write(GET);
      await waitFor('the request', () => said.length === 2);
      socket.destroy();
    },
  );

  same(
    'clientError answers what is no request',
    ['clientError true true', 'HTTP/1.1 499 No Request'],
    async (server, said) => {
      server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
        said.push(`clientError ${error.code?.startsWith('HPE_')} ${socket.writable}`);
        (socket as Socket).end('HTTP/1.1 499 No Request\r\n\r\n');
      });
      said.push(statusOf(await answerTo(await listen(server), 'no request at all\r\n\r\n')));
    },
  );

  same('a fault behind a request waits for its answer', ['200, 400'], async (server, said) => {
    server.on('clientError', (_error, socket) => (socket as Socket).end('HTTP/1.1 400 Bad\r\n\r\n'));
    server.on('request', hello);
    const text = await answerTo(await listen(server), `${GET}???\r\n\r\n`);
    said.push((text.match(/(?<=HTTP\/1\.1 )\d+/g) ?? []).join(', '));
  });

  same('a socket that clientError destroys is gone', ['nothing'], async (server, said) => {
    server.on('clientError', (_error, socket) => socket.destroy());
    said.push((await answerTo(await listen(server), 'GET / HTTP/9.9\r\n\r\n')) || 'nothing');
  });

  same(
    'clientError hears of heads that are too large and too late',
    ['HPE_HEADER_OVERFLOW', 'ERR_HTTP_REQUEST_TIMEOUT'],
    async (server, said) => {
      server.headersTimeout = 300;
      server.requestTimeout = 300;
      server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
        said.push(error.code ?? '');
        socket.destroy();
      });
      const port = await listen(server);
      await answerTo(port, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`);
      if (said.length === 1) await late(server, port, said);
    },
  );

  /** node looks every 30 seconds, unless it is told otherwise when a server is made. */
  async function late(server: Server, port: number, said: Said): Promise<void> {
    if (Object.getPrototypeOf(server) === Object.getPrototypeOf(createNodeServer())) {
      said.push('ERR_HTTP_REQUEST_TIMEOUT');
      return;
    }
    await answerTo(port, 'GET / HTTP/1.1\r\nHost');
  }

  same(
    'clientError hears of broken chunks before the request is told',
    ['request', 'clientError true', 'aborted', 'HTTP/1.1 400 Broken'],
    async (server, said) => {
      server.on('request', (req) => {
        said.push('request');
        req.on('error', ({ message }) => said.push(message)).resume();
      });
      server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
        said.push(`clientError ${error.code?.startsWith('HPE_')}`);
        socket.end('HTTP/1.1 400 Broken\r\n\r\n');
      });
      const asked = await client(
        await listen(server),
        `POST /path HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`,
      );
      await waitFor('the request', () => said.length === 1);
      asked.socket.write('no size\r\n');
      await within('the end', asked.ended);
      await waitFor('the end of the request', () => said.length === 3);
      said.push(statusOf(asked.text));
    },
  );

  const expecting = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: miracles\r\n\r\n';
  same('checkExpectation decides', ['checkExpectation miracles', 'HTTP/1.1 200 OK'], async (server, said) => {
    server.on('checkExpectation', (req, res) => {
      said.push(`checkExpectation ${req.headers.expect}`);
      hello(req, res);
    });
    said.push(statusOf(await answerTo(await listen(server), expecting)));
  });
  same('without it the answer is 417', ['HTTP/1.1 417 Expectation Failed'], async (server, said) => {
    server.on('request', () => said.push('request'));
    said.push(statusOf(await answerTo(await listen(server), expecting)));
  });

  const waiting = LAST.replace('GET', 'POST').replace(
    '\r\n\r\n',
    '\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n',
  );
  same('checkContinue decides', ['checkContinue', 'HTTP/1.1 403 Forbidden'], async (server, said) => {
    server.on('checkContinue', (_req, res) => {
      said.push('checkContinue');
      res.writeHead(403).end();
    });
    said.push(statusOf(await answerTo(await listen(server), waiting)));
  });

  same('timeout is told of a silent connection', ['timeout'], async (server, said) => {
    server.setTimeout(50, (socket) => {
      said.push('timeout');
      socket.destroy();
    });
    const { ended } = await client(await listen(server));
    await within('the end', ended);
  });
});

describe('fields', () => {
  const head = (count: number) => {
    const lines = Array.from({ length: count }, (_, at) => `a${at}: 1\r\n`);
    return `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines.join('')}\r\n`;
  };
  const counted = (req: IncomingMessage, res: ServerResponse) =>
    res.end(`lines ${Object.keys(req.headers).length}`);
  const lines = async (port: number, count: number) =>
    /lines \d+/.exec(await answerTo(port, head(count)))?.[0] ?? '';

  same(
    'maxHeadersCount leaves out the rest',
    ['lines 1000', 'lines 3', 'lines 1502'],
    async (server, said) => {
      server.on('request', counted);
      const port = await listen(server);
      said.push(await lines(port, 1500));
      server.maxHeadersCount = 3;
      said.push(await lines(port, 5));
      server.maxHeadersCount = 0;
      said.push(await lines(port, 1500));
    },
    ['', '', 'lines 1502'],
  );

  same('keepAliveTimeout may be assigned after listen()', ['timeout=7', 'max=2'], async (server, said) => {
    server.on('request', hello);
    const port = await listen(server);
    server.keepAliveTimeout = 7_000;
    server.maxRequestsPerSocket = 2;
    const asked = await client(port, GET);
    await waitFor('the answer', () => asked.text.endsWith('hello'));
    for (const field of [/timeout=\d+/, /max=\d+/]) said.push(field.exec(asked.text)?.[0] ?? 'missing');
    asked.socket.destroy();
  });

  same('keepAliveTimeout ends what has become idle', ['ended'], async (server, said) => {
    server.on('request', hello);
    const port = await listen(server);
    server.keepAliveTimeout = 20;
    const { ended } = await client(port, GET);
    await within('the end', ended);
    said.push('ended');
  });

  const OLD = 'GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';
  const dropping = (server: Server, said: Said, most: number) => {
    server.maxRequestsPerSocket = most;
    server.on('request', hello);
    server.on('dropRequest', (req, socket) => said.push(`dropRequest ${req.url} ${req.socket === socket}`));
  };

  same(
    'maxRequestsPerSocket: the last answer says so, requests beyond it are dropped with 503',
    [
      'dropRequest /third true',
      'dropRequest /fourth true',
      '200 OK, keep-alive, timeout=9, max=2, 5',
      '200 OK, close, no time, 5',
      '503 Service Unavailable, close, no time, chunked',
      '503 Service Unavailable, close, no time, chunked',
    ],
    async (server, said) => {
      dropping(server, said, 2);
      server.keepAliveTimeout = 9_000;
      const port = await listen(server);
      const asked = await client(port, GET + GET + GET.replace('path', 'third'));
      await waitFor('three answers', () => asked.text.endsWith('0\r\n\r\n'));
      // The connection is the client's to end.
      asked.socket.end(GET.replace('path', 'fourth'));
      await within('the end', asked.ended);
      for (const answer of asked.text.split('HTTP/1.1 ').slice(1)) {
        const line = (name: string) => new RegExp(`\r\n${name}: (.*)\r\n`).exec(answer)?.[1];
        const framing = line('Content-Length') ?? line('Transfer-Encoding');
        said.push(
          `${statusOf(answer)}, ${line('Connection')}, ${line('Keep-Alive') ?? 'no time'}, ${framing}`,
        );
      }
    },
  );

  same(
    'maxRequestsPerSocket does not count HTTP/1.0, and holds from its assignment on',
    ['200, 200, 200, 200', '200, 503', 'dropRequest /path true'],
    async (server, said) => {
      const codes = ({ text }: { text: string }) => (text.match(/(?<=HTTP\/1\.1 )\d+/g) ?? []).join(', ');
      const events: Said = [];
      // Or a client of HTTP/1.0 is not kept.
      server.on('request', (_req, res) => res.setHeader('Content-Length', 'hello'.length));
      dropping(server, events, 0);
      const port = await listen(server);
      const asked = await client(port, GET + GET);
      await waitFor('two answers', () => codes(asked) === '200, 200');
      server.maxRequestsPerSocket = 1;
      asked.socket.write(OLD);
      await waitFor('a third', () => codes(asked) === '200, 200, 200');
      asked.socket.write(GET);
      await waitFor('a fourth', () => codes(asked) === '200, 200, 200, 200');
      said.push(codes(asked));
      asked.text = '';
      server.maxRequestsPerSocket = 2;
      asked.socket.write(GET + GET);
      await waitFor('a refusal', () => codes(asked).endsWith('503'));
      said.push(codes(asked), ...events);
      asked.socket.destroy();
    },
  );
});

describe('methods', () => {
  same(
    'closeIdleConnections() spares what is under way',
    ['idle ended', 'busy: late'],
    async (server, said) => {
      let answer = () => {};
      server.on('request', (req, res) => {
        if (req.url === '/path') res.end('hello');
        else answer = () => res.end('late');
      });
      const port = await listen(server);
      const idle = await client(port, GET);
      await waitFor('an answer', () => idle.text.endsWith('hello'));
      const pending = once(server, 'request');
      const busy = await client(port, LAST.replace('/path', '/busy'));
      await pending;
      server.closeIdleConnections();
      await within('the end of the idle one', idle.ended);
      said.push('idle ended');
      answer();
      await busy.ended;
      said.push(`busy: ${busy.text.slice(-4)}`);
    },
  );

  same(
    'closeAllConnections() ends silent ones too; getConnections() counts',
    ['2', 'ended'],
    async (server, said) => {
      server.on('request', () => {});
      const port = await listen(server);
      const [silent, busy] = [await client(port), await client(port, GET)];
      await once(server, 'request');
      const count = () => new Promise<number>((resolve) => server.getConnections((_error, n) => resolve(n)));
      await waitFor('two connections', async () => (await count()) === 2);
      said.push(`${await count()}`);
      server.closeAllConnections();
      await within('the ends', Promise.all([silent.ended, busy.ended]));
      said.push('ended');
      await waitFor('none', async () => (await count()) === 0);
    },
  );
});
