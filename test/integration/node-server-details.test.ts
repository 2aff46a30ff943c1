// What the frameworks' own suites have found: details in which a server of pronghorn/http must be as one of node:http. Each
// scenario runs under both, and comes to the same.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describe } from 'node:test';
import { answerTo, client, GET, hello, LAST, listen, same, statusOf } from '../support/node-pair.js';
import { waitFor, within } from '../support/wait.js';

const NO_HOST = 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n';
const UPLOAD = LAST.replace('GET', 'POST').replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\n\r\n');

describe('answers', () => {
  same(
    'end() calls back, whatever it ends with',
    ['text', 'bytes', 'null', 'nothing'],
    async (server, said) => {
      server.on('request', (req, res) => {
        const chunk = { text: 'x', bytes: Buffer.from('x'), null: null }[req.url!.slice(1)];
        res.end(chunk, () => said.push(req.url!.slice(1)));
      });
      const port = await listen(server);
      for (const path of ['text', 'bytes', 'null', 'nothing'])
        await answerTo(port, LAST.replace('path', path));
      await waitFor('all calls', () => said.length === 4);
    },
  );

  same(
    'a head is in Latin-1 before chunks, in UTF-8 before a text',
    ['x: \xe9\r\n|1\r\na', 'x: \xe9\r\n|2\r\n\xc3\xa9', 'x: \xc3\xa9\r\n|a'],
    async (server, said) => {
      server.on('request', (req, res) => {
        if (req.url === '/text') res.setHeader('x', '\xe9').end('a');
        else res.writeHead(200, { x: '\xe9' }).end(req.url === '/ascii' ? 'a' : '\xe9');
      });
      const port = await listen(server);
      for (const path of ['ascii', 'unicode', 'text']) {
        const text = await answerTo(port, LAST.replace('path', path));
        const body = text.slice(text.indexOf('\r\n\r\n') + 4).replace('\r\n0\r\n\r\n', '');
        said.push(`${/x: .*\r\n/.exec(text)?.[0]}|${body}`);
      }
    },
  );

  // Names that came before go another way.
  const kept =
    '{"x-num":5,"x-list":["1","\u00e9"],"x-bool":true,"x-low":"b"} x-num,x-list,x-bool,x-low true false';
  const seen = `${kept} ERR_INVALID_CHAR ERR_INVALID_HTTP_TOKEN ERR_HTTP_INVALID_HEADER_VALUE`;
  const sent = 'ERR_HTTP_HEADERS_SENT X-Num: 5|X-List: 1|X-List: \xc3\xa9|X-Bool: true|x-low: b';
  same(
    'headers that are set one by one are kept as node does, each time',
    Array.from({ length: 3 }, () => `${seen} ${sent}`),
    async (server, said) => {
      const codeOf = (act: () => unknown) => {
        try {
          act();
          return 'none';
        } catch (error) {
          return (error as NodeJS.ErrnoException).code;
        }
      };
      let told = '';
      server.on('request', (_req, res) => {
        res
          .setHeader('X-Num', 5)
          .setHeader('X-List', '1')
          .setHeader('X-Bool', true as never);
        res.appendHeader('X-List', '\xe9').setHeader('X-Low', 'a').setHeader('x-low', 'b');
        res.setHeader('X-Gone', 'a').removeHeader('x-gone');
        const names = `${res.getHeaderNames()} ${res.hasHeader('X-NUM')} ${res.hasHeader('x-gone')}`;
        const codes = [
          codeOf(() => res.setHeader('X-Num', 'a\nb')),
          codeOf(() => res.setHeader('X Num', 'a')),
          codeOf(() => res.setHeader('X-Num', undefined as never)),
        ];
        told = [JSON.stringify(res.getHeaders()), names, ...codes].join(' ');
        res.end('text');
        told += ` ${codeOf(() => res.setHeader('X-Num', 'a'))}`;
      });
      const port = await listen(server);
      for (let i = 0; i < 3; i++) {
        const text = await answerTo(port, LAST);
        said.push(`${told} ${text.match(/^x-.*$/gim)?.join('|')}`);
      }
    },
  );

  same('an interim answer calls back', ['sent', 'HTTP/1.1 102 Processing'], async (server, said) => {
    server.on('request', (_req, res: ServerResponse & { _writeRaw(text: string, done: () => void): void }) =>
      res._writeRaw('HTTP/1.1 102 Processing\r\n\r\n', () => {
        said.push('sent');
        res.end();
      }),
    );
    said.push((await answerTo(await listen(server), LAST)).split('\r\n')[0]!);
  });

  same('highWaterMark is that of both messages', ['1000 1000'], async (server, said) => {
    Object.assign(server, { highWaterMark: 1000 });
    server.on('request', (req, res) => {
      said.push(`${req.readableHighWaterMark} ${res.writableHighWaterMark}`);
      res.end();
    });
    await answerTo(await listen(server), LAST);
  });
});

describe('requests', () => {
  same('requireHostHeader: true refuses one without', ['400'], async (server, said) => {
    server.on('request', hello);
    said.push((await answerTo(await listen(server), NO_HOST)).slice(9, 12));
  });
  same(
    'one without a Host is no fault, and none that leaves HTTP',
    [
      'HTTP/1.1 400 Bad Request, close',
      'connect undefined',
      'upgrade undefined',
      'HTTP/1.1 400 Bad Request, close',
    ],
    async (server, said) => {
      server.on('request', hello).on('clientError', ({ message }) => said.push(message));
      const port = await listen(server);
      const refuse = async () => {
        const text = await answerTo(port, 'GET / HTTP/1.1\r\n\r\n');
        said.push(`${statusOf(text)}, ${/Connection: (.*)\r/.exec(text)?.[1]}`);
      };
      await refuse();
      for (const event of ['connect', 'upgrade'])
        server.on(event, (req: IncomingMessage, socket: Socket) => {
          said.push(`${event} ${req.headers.host}`);
          socket.end('HTTP/1.1 200 OK\r\n\r\n');
        });
      const clients = ['CONNECT a:1 HTTP/1.1', 'GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x'];
      for (const head of clients) await answerTo(port, `${head}\r\n\r\n`);
      await refuse();
    },
  );
  same('requireHostHeader: false does not', ['undefined', '200'], async (server, said) => {
    Object.assign(server, { requireHostHeader: false });
    server.on('request', (req, res) => {
      said.push(`${req.headers.host}`);
      hello(req, res);
    });
    said.push((await answerTo(await listen(server), NO_HOST)).slice(9, 12));
  });

  for (const [httpAllowHalfOpen, expected] of [
    [false, 'nothing'],
    [true, 'late'],
  ] as const) {
    same(`httpAllowHalfOpen: ${httpAllowHalfOpen}`, [expected], async (server, said) => {
      Object.assign(server, { httpAllowHalfOpen });
      let answer = () => {};
      server.on('request', (req, res) => {
        if (req.url === '/other') res.end();
        else answer = () => res.end('late');
      });
      const port = await listen(server);
      const asked = await client(port, LAST);
      asked.socket.end();
      // The server has time to see the end.
      for (let i = 0; i < 5; i++) await answerTo(port, LAST.replace('path', 'other'));
      answer();
      await within('the end', asked.ended);
      said.push(asked.text.slice(-4) || 'nothing');
    });
  }
});

describe('refusals', () => {
  const refused = (status: string) => `HTTP/1.1 ${status}|Connection: close||`;
  same(
    'what is no request is refused in the same words',
    [
      refused('400 Bad Request'),
      refused('400 Bad Request'),
      refused('400 Bad Request'),
      refused('431 Request Header Fields Too Large'),
      `200 and ${refused('400 Bad Request')}`,
    ],
    async (server, said) => {
      server.on('request', hello);
      const port = await listen(server);
      const tooLarge = `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`;
      for (const bytes of [
        'no request\r\n\r\n',
        'GET / HTTP/9.9\r\n\r\n',
        `${GET.slice(0, -2)}A\r\n\r\n`,
        tooLarge,
      ])
        said.push((await answerTo(port, bytes)).replaceAll('\r\n', '|'));
      const asked = await client(port, GET);
      await waitFor('an answer', () => asked.text.endsWith('hello'));
      asked.text = `${asked.text.slice(9, 12)} and `;
      asked.socket.write('???\r\n\r\n');
      await within('the end', asked.ended);
      said.push(asked.text.replaceAll('\r\n', '|'));
    },
  );

  same('who expects what nobody knows is refused and kept', ['417', '200'], async (server, said) => {
    server.on('request', hello);
    const expecting = GET.replace('\r\n\r\n', '\r\nExpect: miracles\r\n\r\n');
    const text = await answerTo(await listen(server), expecting + LAST);
    said.push(...(text.match(/(?<=HTTP\/1\.1 )\d+/g) ?? []));
  });
});

describe('connections', () => {
  same('limits that are no numbers are none', ['hello', 'hello'], async (server, said) => {
    server.on('request', hello);
    const fields = ['keepAliveTimeout', 'headersTimeout', 'requestTimeout', 'maxRequestsPerSocket'];
    for (const field of fields) Object.assign(server, { [field]: undefined });
    const port = await listen(server);
    said.push((await answerTo(port, LAST)).slice(-5));
    for (const field of fields) Object.assign(server, { [field]: Number.POSITIVE_INFINITY });
    said.push((await answerTo(port, LAST)).slice(-5));
  });

  same('pieces of a body are no silence', ['12 pieces'], async (server, said) => {
    let pieces = 0;
    server.on('request', (req: IncomingMessage, res: ServerResponse) => {
      req.socket.setTimeout(1000, () => req.socket.destroy());
      req.on('data', () => pieces++).on('end', () => res.end('end'));
    });
    server.timeout = 100;
    const port = await listen(server);
    const upload = await client(port, UPLOAD);
    for (let sent = 0; sent < 12; sent++) {
      // Takes 100 ms by the server's own clock.
      await within('the end of a silent one', (await client(port)).ended);
      upload.socket.write('1\r\nx\r\n');
    }
    upload.socket.write('0\r\n\r\n');
    await within('the answer', upload.ended);
    said.push(`${pieces} pieces`);
  });

  same(
    'one that clientError has only noted ends with its client',
    ['noted', 'ended'],
    async (server, said) => {
      server.on('clientError', () => said.push('noted'));
      const { socket, ended } = await client(await listen(server), '???\r\n\r\n');
      await waitFor('the fault', () => said.length === 1);
      socket.end();
      await within('the end', ended);
      said.push('ended');
    },
  );

  same('close() calls closeIdleConnections()', ['closeIdleConnections'], async (server, said) => {
    await listen(server);
    server.closeIdleConnections = () => said.push('closeIdleConnections');
    server.close();
    await once(server, 'close');
    Reflect.deleteProperty(server, 'closeIdleConnections');
  });
});
