// A client's socket on a server of pronghorn/http, as on one of node:http: when it has left HTTP, what it counts, how it ends.
// Each scenario runs under both, and comes to the same.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { describe } from 'node:test';
import { answerTo, client, GET, listen, same } from '../support/node-pair.js';
import { waitFor, within } from '../support/wait.js';

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
