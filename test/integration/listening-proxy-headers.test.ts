// What requests tell of themselves behind an HTTP proxy, and behind none.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fixture, temporaryFolder } from '../support/paths.js';
import { textHeader } from '../support/proxy-headers.js';
import { RawClient, requestHead } from '../support/raw-client.js';
import { type ServerProcess, startApp, type targetOf, withServer } from '../support/server.js';
import { waitFor } from '../support/wait.js';

const FORWARDED = {
  'X-Forwarded-For': '203.0.113.9, 192.0.2.1',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Host': 'outside.example',
};
const RFC_7239 = { Forwarded: 'for=192.0.2.7;proto=https;host=rfc.example' };
const OUTSIDE = { remoteAddress: '192.0.2.1', isSecure: true, host: 'outside.example' };

const start =
  (...args: string[]) =>
  () =>
    startApp(fixture('origin-app.mjs'), { args: ['--workers', '1', ...args] });

async function originSeen(
  server: ServerProcess,
  headers: Record<string, string>,
  path = '/',
): Promise<object> {
  const client = await server.connect();
  const { text } = await client.get(path, { Host: 'inside', ...headers });
  client.destroy();
  return JSON.parse(text);
}

const OWN = { remoteAddress: '127.0.0.1', isSecure: false, host: 'inside' };

describe('the word of a client on itself', () => {
  test('counts for nothing by default', () =>
    withServer(start(), async (server) => {
      for (const path of ['/', '/later']) {
        assert.deepEqual(await originSeen(server, { ...FORWARDED, ...RFC_7239 }, path), OWN);
      }
    }));

  test('is taken from every proxy with --proxy', () =>
    withServer(start('--proxy'), async (server) => {
      for (const path of ['/', '/later']) {
        assert.deepEqual(await originSeen(server, { ...FORWARDED, ...RFC_7239 }, path), OUTSIDE);
        assert.deepEqual(await originSeen(server, {}, path), OWN);
      }
    }));

  test('is taken from trusted proxies, and from the others they vouch for', () =>
    withServer(start('--trusted-proxies', '127.0.0.0/8, 192.0.2.0/24'), async (server) => {
      assert.deepEqual(await originSeen(server, FORWARDED), { ...OUTSIDE, remoteAddress: '203.0.113.9' });
    }));

  test('is not taken from others', () =>
    withServer(start('--trusted-proxies', '10.0.0.0/8', '--trusted-proxies', '::1'), async (server) => {
      assert.deepEqual(await originSeen(server, FORWARDED), OWN);
    }));

  test('is read from Forwarded where that was asked for', () =>
    withServer(start('--proxy', '--proxy-headers', 'forwarded'), async (server) => {
      assert.deepEqual(await originSeen(server, { ...FORWARDED, ...RFC_7239 }), {
        remoteAddress: '192.0.2.7',
        isSecure: true,
        host: 'rfc.example',
      });
    }));

  test('can be turned off again on the command line', () =>
    withServer(
      () =>
        startApp(fixture('origin-app.mjs'), {
          args: ['--workers', '1', '--no-proxy'],
          env: { PRONGHORN_TRUSTED_PROXIES: '127.0.0.1' },
        }),
      async (server) => assert.deepEqual(await originSeen(server, FORWARDED), OWN),
    ));

  test('is kept by a connection that has left HTTP', () =>
    withServer(start('--proxy'), async (server) => {
      const client = await server.connect();
      client.send(requestHead('GET', '/', { ...FORWARDED, Connection: 'Upgrade', Upgrade: 'x' }));
      assert.equal((await client.read()).status, 101);
      await waitFor('the address', () => client.pending === '192.0.2.1');
      client.destroy();
    }));

  test('tells no port; the socket does', () =>
    withServer(start('--proxy'), async (server) => {
      const ends = { localAddress: '127.0.0.1', localPort: server.port };
      for (const path of ['/ends', '/ends/later']) {
        assert.deepEqual(await originSeen(server, FORWARDED, path), {
          ...ends,
          remoteAddress: '192.0.2.1',
          isSecure: true,
        });
        const client = await server.connect();
        const { text } = await client.get(path);
        const remotePort = client.socket.localPort;
        assert.deepEqual(JSON.parse(text), {
          ...ends,
          remoteAddress: '127.0.0.1',
          remotePort,
          isSecure: false,
        });
        client.destroy();
      }
    }));

  test('goes with the PROXY protocol, and with unix sockets', () => {
    const path = join(temporaryFolder(), 'a.sock');
    const places = ['--listen', 'http://127.0.0.1:0?proxyProtocol', '--listen', `unix:${path}`];
    return withServer(start(...places, '--trusted-proxies', 'unix,198.51.100.0/24'), async (server) => {
      const request = requestHead('GET', '/', { Host: 'inside', ...FORWARDED });
      const seen = async (target: ReturnType<typeof targetOf>, header: string | Buffer) => {
        const client = await RawClient.connect(target);
        client.send(header);
        client.send(request);
        const { text } = await client.read();
        client.destroy();
        return JSON.parse(text) as object;
      };
      const trusted = textHeader('198.51.100.1', '192.0.2.200');
      assert.deepEqual(await seen(server.target, trusted), OUTSIDE);
      const stranger = textHeader('192.0.2.99', '192.0.2.200');
      assert.deepEqual(await seen(server.target, stranger), { ...OWN, remoteAddress: '192.0.2.99' });
      assert.deepEqual(await seen({ path }, ''), OUTSIDE);
    });
  });
});
