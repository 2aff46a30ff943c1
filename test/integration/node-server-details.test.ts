// What the frameworks' own suites have found: details in which a server of pronghorn/http must be as one of node:http. Each
// scenario runs under both, and comes to the same.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describe } from 'node:test';
import { answerTo, client, GET, hello, LAST, listen, same } from '../support/node-pair.js';
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

// They wait for times that node sets: together.
describe('connections', { concurrency: true }, () => {
  same('timeout is not that of an idle one', ['silent ended', 'idle answers'], async (server, said) => {
    server.on('request', hello);
    server.timeout = 100;
    const port = await listen(server);
    const idle = await client(port, GET);
    await waitFor('an answer', () => idle.text.endsWith('hello'));
    // What comes later is silent for longer than the time.
    const silent = await client(port);
    await within('the end of the silent one', silent.ended);
    said.push('silent ended');
    idle.text = '';
    idle.socket.write(GET);
    await waitFor('another answer', () => idle.text.endsWith('hello'));
    said.push('idle answers');
    idle.socket.destroy();
  });

  same('timeout ends one whose socket alone is listened to', ['timeout', 'ended'], async (server, said) => {
    server.on('request', (req) => req.socket.on('timeout', () => said.push('timeout')));
    server.timeout = 50;
    await within('the end', (await client(await listen(server), GET)).ended);
    said.push('ended');
  });

  same(
    'timeout, assigned late, ends a silent one; also an idle one if there is no keepAliveTimeout',
    ['silent ended', 'idle ended'],
    async (server, said) => {
      server.on('request', hello);
      const port = await listen(server);
      server.timeout = 100;
      server.keepAliveTimeout = 0;
      await within('the end of the silent one', (await client(port)).ended);
      said.push('silent ended');
      await within('the end of the idle one', (await client(port, GET)).ended);
      said.push('idle ended');
    },
  );

  same(
    'the end of keepAliveTimeout is a timeout: of the server and the socket, and of no message',
    ['server true', 'socket', 'open true', 'server true', 'socket', 'ended'],
    async (server, said) => {
      const sockets = new Set<Socket>();
      server.keepAliveTimeout = 20;
      server.on('request', (req, res) => {
        if (sockets.size === 0) req.socket.on('timeout', () => said.push('socket'));
        sockets.add(req.socket);
        for (const message of [req, res]) message.on('timeout', () => said.push('message'));
        res.end('hello');
      });
      const onTimeout = (socket: Socket) => said.push(`server ${sockets.has(socket)}`);
      server.on('timeout', onTimeout);
      const asked = await client(await listen(server), GET);
      await waitFor('the first timeout', () => said.length === 2);
      asked.text = '';
      asked.socket.write(GET);
      await waitFor('another answer', () => asked.text.endsWith('hello'));
      said.push(`open ${sockets.size === 1}`);
      server.off('timeout', onTimeout);
      server.on('timeout', (socket) => {
        onTimeout(socket);
        socket.destroy();
      });
      await within('the end', asked.ended);
      said.push('ended');
    },
  );

  same(
    'the end of keepAliveTimeout is the end where only the socket is listened to',
    ['timeout', 'ended'],
    async (server, said) => {
      server.keepAliveTimeout = 20;
      server.on('request', (req, res) => {
        req.socket.on('timeout', () => said.push('timeout'));
        res.end();
      });
      await within('the end', (await client(await listen(server), GET)).ended);
      said.push('ended');
    },
  );

  same('timeout is of the newest request', ['timeout /second'], async (server, said) => {
    server.on('request', (req) =>
      req.setTimeout(100, () => {
        said.push(`timeout ${req.url}`);
        req.socket.destroy();
      }),
    );
    const upload = UPLOAD.replace('path', 'second');
    await within('the end', (await client(await listen(server), GET + upload)).ended);
  });

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
