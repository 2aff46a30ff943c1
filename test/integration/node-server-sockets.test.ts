// A client's socket on a server of pronghorn/http, as on one of node:http: when it has left HTTP, what it counts, how it ends.
// Each scenario runs under both, and comes to the same.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { describe } from 'node:test';
import { answerTo, type Client, client, GET, LAST, listen, same } from '../support/node-pair.js';
import { waitFor, within } from '../support/wait.js';

const counted = (bytes: number, all: number) => (bytes === all ? 'all' : `${bytes} of ${all}`);

describe('a connection that leaves HTTP', () => {
  same(
    'connect takes the connection over',
    ['connect example.org:443', 'tunnel: hi'],
    async (server, said) => {
      server.on('connect', (req, socket) => {
        said.push(`connect ${req.url}`);
        socket.write('HTTP/1.1 200 OK\r\n\r\ntunnel: ');
        socket.pipe(socket);
      });
      const tunnel = await client(
        await listen(server),
        'CONNECT example.org:443 HTTP/1.1\r\nHost: a\r\n\r\n',
      );
      await waitFor('the tunnel', () => tunnel.text.endsWith('tunnel: '));
      tunnel.socket.end('hi');
      await tunnel.ended;
      said.push(tunnel.text.slice(-'tunnel: hi'.length));
    },
  );

  for (const [event, request] of [
    ['connect', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['upgrade', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'],
  ] as const) {
    same(
      `${event}: what has come behind the head is its third argument, the rest is read`,
      ['head: first', 'data: second', 'head: nothing', 'data: third', 'end'],
      async (server, said) => {
        server.on(event, (_req: IncomingMessage, socket: Socket, head: Buffer) => {
          said.push(`head: ${head.toString() || 'nothing'}`);
          socket.write('HTTP/1.1 101 Go On\r\n\r\n');
          socket.on('data', (bytes: Buffer) => said.push(`data: ${bytes}`)).on('end', () => socket.end());
        });
        const port = await listen(server);
        for (const [behind, later] of [
          ['first', 'second'],
          ['', 'third'],
        ] as const) {
          const asked = await client(port, request + behind);
          await waitFor('the answer', () => asked.text.endsWith('\r\n\r\n'));
          asked.socket.end(later);
          await within('the end', asked.ended);
        }
        said.push('end');
      },
    );
  }
});

describe('bytesRead and bytesWritten', () => {
  same(
    'count what has come and what was written, also when it has gone',
    ['listener 0', 'finish, all', 'second listener, all', 'closed: all read', 'all written'],
    async (server, said) => {
      let asked: Client;
      let sent = GET.length;
      let written = 0;
      server.on('request', (req, res) => {
        const { socket } = req;
        const isFirst = said.length === 0;
        said.push(
          isFirst ? `listener ${socket.bytesWritten}` : `second listener, ${counted(socket.bytesRead, sent)}`,
        );
        if (!isFirst) return res.end('last');
        socket.on('close', () => {
          written = socket.bytesWritten;
          said.push(`closed: ${counted(socket.bytesRead, sent)} read`);
        });
        res.on('finish', () => {
          const answered = socket.bytesWritten;
          waitFor('the answer', () => asked.text.endsWith('hello')).then(() => {
            said.push(`finish, ${counted(answered, asked.text.length)}`);
          });
        });
        return res.end('hello');
      });
      asked = await client(await listen(server), GET);
      await waitFor('the first answer', () => said.length === 2);
      sent += LAST.length;
      asked.socket.write(LAST);
      await within('the end', asked.ended);
      await waitFor('the close', () => said.length === 4);
      said.push(`${counted(written, asked.text.length)} written`);
    },
  );

  same('count what a client has not taken yet', ['more than 3000000', 'all', 'all'], async (server, said) => {
    const body = Buffer.alloc(1_000_000);
    let socket: Socket | undefined;
    let atFinish = 0;
    server.on('request', (req, res) => {
      socket = req.socket;
      for (let i = 0; i < 3; i++) res.write(body);
      res.on('finish', () => {
        atFinish = req.socket.bytesWritten;
      });
      // Newer versions of node begin to write later.
      setImmediate(() => {
        said.push(`more than ${Math.floor(req.socket.bytesWritten / 3e6) * 3e6}`);
        res.end();
      });
    });
    const text = await answerTo(await listen(server), LAST);
    await waitFor('the close', () => socket?.destroyed);
    said.push(counted(atFinish, text.length), counted(socket!.bytesWritten, text.length));
  });

  same('count what a tunnel has taken', ['8 more', '4'], async (server, said) => {
    const answer = 'HTTP/1.1 200 OK\r\n\r\n';
    const request = 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n';
    server.on('connect', (_req: IncomingMessage, socket: Socket) => {
      socket.write(answer);
      socket.on('data', (bytes) => socket.write(bytes)).on('end', () => socket.end());
      socket.on('close', () =>
        said.push(`${socket.bytesRead - request.length} more`, `${socket.bytesWritten - answer.length - 4}`),
      );
    });
    const asked = await client(await listen(server), request);
    await waitFor('the tunnel', () => asked.text === answer);
    asked.socket.write('1234');
    await waitFor('the echo', () => asked.text === `${answer}1234`);
    asked.socket.end('5678');
    await within('the end', asked.ended);
    await waitFor('the close', () => said.length === 2);
  });
});

describe('how it ends', () => {
  same('socket.resetAndDestroy() resets', ['ECONNRESET'], async (server, said) => {
    server.on('request', (req) => req.socket.resetAndDestroy());
    said.push(await (await client(await listen(server), GET)).ended);
  });

  same('socket.destroySoon() sends what was written', ['300000'], async (server, said) => {
    server.on('request', (_req, res) => {
      res.end('x'.repeat(300_000));
      res.socket?.destroySoon();
    });
    const text = await answerTo(await listen(server), GET);
    said.push(`${text.slice(text.indexOf('\r\n\r\n') + 4).length}`);
  });
});
