// Connections that begin with a PROXY protocol header: whose they are, however the header arrives, and what happens to
// those that begin with something else.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fixture, temporaryFolder } from '../support/paths.js';
import { cpuSeconds } from '../support/processes.js';
import { BINARY_START, binaryHeader, IPV4_BLOCK, IPV6_BLOCK, textHeader } from '../support/proxy-headers.js';
import { RawClient, requestHead } from '../support/raw-client.js';
import { type ServerProcess, startApp, startMethods, targetOf, withServer } from '../support/server.js';
import { describeServer } from '../support/shared-server.js';

const APP = fixture('http-app.mjs');
const REQUEST = Buffer.from(requestHead('GET', '/address'), 'latin1');
const UNIX_PATH = join(temporaryFolder(), 'proxied.sock');

const start = (...args: string[]) =>
  startApp(APP, { args: ['--workers', '1', '--listen', 'http://127.0.0.1:0?proxyProtocol=1', ...args] });

/** What the application takes for the client's address. */
async function addressSeen(server: ServerProcess, ...pieces: Buffer[]): Promise<string> {
  const client = await server.connect();
  for (const piece of pieces) {
    client.send(piece);
    // Each in a packet of its own, as far as that can be had.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { text } = await client.read();
  client.destroy();
  return text;
}

describeServer(
  'PROXY protocol',
  () => start('--listen', `unix:${UNIX_PATH}?proxyProtocol=1`),
  (serverTest) => {
    const headers: [name: string, header: Buffer, client: string][] = [
      ['version 1', textHeader('192.0.2.1', '198.51.100.7'), '192.0.2.1'],
      ['version 1, IPv6', textHeader('2001:db8::1', '2001:db8::2'), '2001:db8::1'],
      ['version 1, UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), '127.0.0.1'],
      ['version 2', binaryHeader(0x21, 0x11, IPV4_BLOCK), '192.0.2.1'],
      ['version 2, IPv6', binaryHeader(0x21, 0x21, IPV6_BLOCK), '2001:db8::1'],
      ['version 2, LOCAL', binaryHeader(0x20, 0, Buffer.alloc(0)), '127.0.0.1'],
      [
        'version 2, extensions',
        binaryHeader(0x21, 0x11, Buffer.concat([IPV4_BLOCK, Buffer.alloc(3000)])),
        '192.0.2.1',
      ],
    ];
    for (const [name, header, client] of headers) {
      serverTest(`${name}: in one packet with the request, and before it`, async (server) => {
        assert.equal(await addressSeen(server, Buffer.concat([header, REQUEST])), client);
        assert.equal(await addressSeen(server, header, REQUEST), client);
      });
    }

    for (const header of [headers[0]![1], headers[3]![1]]) {
      serverTest(`split at every byte (${header.length} bytes)`, async (server) => {
        const whole = Buffer.concat([header, REQUEST]);
        for (let at = 1; at < header.length + 4; at++) {
          assert.equal(
            await addressSeen(server, whole.subarray(0, at), whole.subarray(at)),
            '192.0.2.1',
            `at ${at}`,
          );
        }
      });

      serverTest(`byte by byte (${header.length} bytes)`, async (server) => {
        const pieces = Array.from(Buffer.concat([header, REQUEST]), (byte) => Buffer.from([byte]));
        assert.equal(await addressSeen(server, ...pieces), '192.0.2.1');
      });
    }

    serverTest('the header holds for all requests of its connection, and for that alone', async (server) => {
      const first = await server.connect();
      const second = await server.connect();
      first.send(Buffer.concat([textHeader('192.0.2.1', '198.51.100.7'), REQUEST, REQUEST]));
      second.send(Buffer.concat([textHeader('192.0.2.2', '198.51.100.7'), REQUEST]));
      assert.deepEqual(
        (await first.readAll(2)).map(({ text }) => text),
        ['192.0.2.1', '192.0.2.1'],
      );
      assert.equal((await second.read()).text, '192.0.2.2');
      assert.equal((await first.get('/address')).text, '192.0.2.1');
      // A second header is a malformed request.
      first.send(textHeader('192.0.2.3', '198.51.100.7'));
      assert.equal((await first.read()).status, 400);
      first.destroy();
      second.destroy();
    });

    serverTest('it tells where the client has connected to, and both ports', async (server) => {
      const relayed: [header: Buffer, ends: string][] = [
        [textHeader('192.0.2.1', '198.51.100.7', [50001, 81]), '192.0.2.1 50001 198.51.100.7 81'],
        [textHeader('2001:db8::1', '2001:db8::2'), '2001:db8::1 50000 2001:db8::2 80'],
        [binaryHeader(0x21, 0x11, IPV4_BLOCK), '192.0.2.1 50000 198.51.100.7 80'],
      ];
      for (const [header, ends] of relayed) {
        const client = await server.connect();
        client.send(header);
        assert.equal((await client.get('/ends')).text, ends);
        client.destroy();
      }
      const client = await server.connect();
      client.send('PROXY UNKNOWN\r\n');
      const own = `127.0.0.1 ${client.socket.localPort} 127.0.0.1 ${server.port}`;
      assert.equal((await client.get('/ends')).text, own);
      client.destroy();
      const unix = await RawClient.connect(targetOf(server.addresses[1]!));
      unix.send('PROXY UNKNOWN\r\n');
      assert.equal((await unix.get('/ends')).text, '   ', 'a unix socket has neither');
      unix.destroy();
    });

    serverTest('a unix socket can be proxied too', async (server) => {
      assert.equal(server.addresses[1], `unix:${UNIX_PATH}`);
      const client = await RawClient.connect(targetOf(server.addresses[1]!));
      client.send(Buffer.concat([textHeader('192.0.2.1', '198.51.100.7'), REQUEST]));
      assert.equal((await client.read()).text, '192.0.2.1');
      client.destroy();
    });

    const refused: [name: string, bytes: Buffer][] = [
      ['a request without a header', REQUEST],
      [
        'a header with a mistake',
        Buffer.concat([Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n'), REQUEST]),
      ],
      ['a version 2 header with a mistake', Buffer.concat([binaryHeader(0x21, 0x12, IPV4_BLOCK), REQUEST])],
      ['a header without an end', Buffer.from(`PROXY UNKNOWN ${'f'.repeat(200)}`)],
    ];
    for (const [name, bytes] of refused) {
      serverTest(`${name} closes the connection, without a word`, async (server) => {
        const client = await server.connect();
        client.send(bytes);
        await client.closed();
        client.destroy();
        assert.equal(await addressSeen(server, headers[0]![1], REQUEST), '192.0.2.1', 'others are served');
      });
    }

    serverTest('a client that goes before its header is complete takes nothing with it', async (server) => {
      for (const part of [Buffer.alloc(0), Buffer.from('PROXY TC'), BINARY_START]) {
        const client = await server.connect();
        client.send(part);
        client.finish();
        await client.closed();
        client.destroy();
      }
    });
  },
);

describe('a PROXY protocol header', () => {
  test('that does not come in time closes the connection, and costs nothing while it does not', () =>
    withServer(
      () => start('--header-timeout', '1'),
      async (server) => {
        const [pid] = server.readyPids;
        const before = cpuSeconds(pid!);
        const clients = await Promise.all(['', 'PROXY TCP4 ', '\r\n\r\n'].map(() => server.connect()));
        clients[1]!.send('PROXY TCP4 ');
        clients[2]!.send('\r\n\r\n');
        for (const client of clients) {
          await client.closed();
          client.destroy();
        }
        assert.ok(cpuSeconds(pid!) - before < 0.4, 'the worker waits asleep');
      },
    ));

  test('is looked for only where it was asked for', () =>
    withServer(
      () => start('--listen', 'http://127.0.0.1:0'),
      async (server) => {
        const plain = targetOf(server.addresses[1]!);
        const client = await RawClient.connect(plain);
        assert.equal((await client.get('/address')).text, '127.0.0.1');
        client.send(textHeader('192.0.2.1', '198.51.100.7'));
        assert.equal((await client.read()).status, 400);
        client.destroy();
      },
    ));

  for (const startMethod of startMethods) {
    test(`is understood by the replacement of a worker too (${startMethod})`, () =>
      withServer(
        () => start('--start-method', startMethod),
        async (server) => {
          process.kill(server.readyPids[0]!, 'SIGKILL');
          const header = textHeader('192.0.2.1', '198.51.100.7');
          assert.equal(await addressSeen(server, Buffer.concat([header, REQUEST])), '192.0.2.1');
        },
      ));
  }
});
