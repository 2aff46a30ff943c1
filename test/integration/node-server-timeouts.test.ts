// The times that a server of pronghorn/http gives its connections, as one of node:http: timeout, keepAliveTimeout,
// headersTimeout, requestTimeout. Each scenario runs under both, and comes to the same.
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe } from 'node:test';
import { answerTo, client, GET, hello, listen, same, statusOf } from '../support/node-pair.js';
import { waitFor, within } from '../support/wait.js';

const POST = 'POST /path HTTP/1.1\r\nHost: a\r\n';

// They wait for times that are looked at a few times a second: together.
describe('timeout', { concurrency: true }, () => {
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
    // Long enough for the request to come before it, also on a busy machine.
    server.timeout = 400;
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
    const upload = `${POST.replace('path', 'second')}Content-Length: 1\r\n\r\n`;
    await within('the end', (await client(await listen(server), GET + upload)).ended);
  });
});

describe('requestTimeout', { concurrency: true }, () => {
  /** node looks every 30 seconds, unless it is told otherwise. */
  const looking = { connectionsCheckingInterval: 50 };
  for (const [what, bytes] of [
    ['a head', POST],
    ['nothing', ''],
    ['a body with a length', `${POST}Content-Length: 2\r\n\r\na`],
    ['chunks', `${POST}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n`],
  ] as const) {
    same(
      `requestTimeout is the time of the whole request: ${what}`,
      ['clientError ERR_HTTP_REQUEST_TIMEOUT true', 'HTTP/1.1 408 Late', 'HTTP/1.1 408 Request Timeout'],
      async (server, said) => {
        Object.assign(server, looking, { headersTimeout: 250, requestTimeout: 250 });
        const onFault = (error: NodeJS.ErrnoException, socket: Duplex) => {
          said.push(`clientError ${error.code} ${socket.writable}`);
          socket.end('HTTP/1.1 408 Late\r\n\r\n');
        };
        server.on('clientError', onFault);
        const port = await listen(server);
        said.push(statusOf(await answerTo(port, bytes)));
        server.off('clientError', onFault);
        said.push(statusOf(await answerTo(port, bytes)));
      },
    );
  }

  same('requestTimeout goes on while nobody reads', ['ERR_HTTP_REQUEST_TIMEOUT'], async (server, said) => {
    Object.assign(server, looking, { headersTimeout: 250, requestTimeout: 250 });
    server.on('request', () => {});
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      said.push(`${error.code}`);
      socket.destroy();
    });
    const asked = await client(await listen(server), `${POST}Content-Length: 9000000\r\n\r\n`);
    asked.socket.write(Buffer.alloc(8_000_000));
    await within('the end', asked.ended);
  });

  same('requestTimeout goes on while pieces of a body come', ['408', 'aborted'], async (server, said) => {
    Object.assign(server, looking, { headersTimeout: 250, requestTimeout: 250 });
    server.on('request', (req) => req.on('error', ({ message }) => said.push(message)).resume());
    const asked = await client(await listen(server), `${POST}Content-Length: 99999\r\n\r\n`);
    const trickle = setInterval(() => asked.socket.write('a'), 20);
    await within('the end', asked.ended);
    clearInterval(trickle);
    said.unshift(asked.text.slice(9, 12));
    await waitFor('the end of the request', () => said.length === 2);
  });
});
