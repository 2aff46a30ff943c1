// Certificates that are replaced while the server runs, and those that are no good from the start.
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Authority, type Pair } from '../support/certificates.js';
import { commandLine, fixture, temporaryFolder } from '../support/paths.js';
import { runToEnd, type ServerProcess, startMethods, withServer } from '../support/server.js';
import { connectTls, getTls, startTlsApp } from '../support/tls-client.js';
import { waitFor } from '../support/wait.js';

const authority = new Authority();
const first = authority.issue('first', ['first.example']);
const second = authority.issue('second', ['second.example']);

function replace(from: string, to: string): void {
  copyFileSync(from, `${to}.new`);
  renameSync(`${to}.new`, to);
}

function freshPlace(): Pair {
  const folder = temporaryFolder();
  const place = { cert: join(folder, 'server.pem'), key: join(folder, 'server.key') };
  replace(first.cert, place.cert);
  replace(first.key, place.key);
  return place;
}

function start(startMethod: string, tls: Pair, ...args: string[]): ServerProcess {
  const listen = { host: '127.0.0.1', port: 0, tls };
  const own = ['--start-method', startMethod, '--tls-check-interval', '0.05', ...args];
  return startTlsApp({ listen, args: own });
}

async function seen(server: ServerProcess): Promise<{ name: string; pid: number }> {
  const { socket, raw } = await connectTls(server.port);
  const name = socket.getPeerCertificate().subject.CN as string;
  const pid = Number((await raw.get('/pid')).text);
  raw.destroy();
  return { name, pid };
}

for (const startMethod of startMethods) {
  describe(`certificates, start method ${startMethod}`, () => {
    test('are replaced in all workers, without a failed connection', () => {
      const place = freshPlace();
      return withServer(
        () => start(startMethod, place, '--workers', '2'),
        async (server) => {
          const old = await connectTls(server.port);
          replace(second.cert, place.cert);
          replace(second.key, place.key);
          const renewed = new Set<number>();
          await waitFor('the new certificate in both workers', async () => {
            const { name, pid } = await seen(server);
            if (name === 'second.example') renewed.add(pid);
            return renewed.size === 2;
          });
          // Who was connected stays so.
          assert.equal((await old.raw.get('/')).text, 'hi');
          old.raw.destroy();
        },
      );
    });

    test('that were replaced are those of later workers', () => {
      const place = freshPlace();
      return withServer(
        () => start(startMethod, place, '--workers', '1'),
        async (server) => {
          const { pid } = await seen(server);
          replace(second.cert, place.cert);
          replace(second.key, place.key);
          await waitFor('the new certificate', async () => (await seen(server)).name === 'second.example');
          process.kill(pid, 'SIGKILL');
          const next = await seen(server);
          assert.notEqual(next.pid, pid);
          assert.equal(next.name, 'second.example');
        },
      );
    });

    test('that do not fit together leave the old ones in use', () => {
      const place = freshPlace();
      return withServer(
        () => start(startMethod, place, '--workers', '1'),
        async (server) => {
          replace(second.cert, place.cert);
          const line = await server.logged('that they are no good', ({ msg }) => msg.includes('no good'));
          assert.equal(line.level, 'warn');
          assert.match(line.reason!, /key values mismatch/);
          assert.equal((await seen(server)).name, 'first.example');
          replace(second.key, place.key);
          await waitFor('the new certificate', async () => (await seen(server)).name === 'second.example');
        },
      );
    });
  });
}

test('a key that only the manager may read does', { skip: process.getuid?.() !== 0 }, () => {
  const place = freshPlace();
  chmodSync(place.key, 0o600);
  return withServer(
    () => start('fork', place, '--workers', '1', '--tls-check-interval', '0'),
    async (server) => {
      writeFileSync(place.key, 'nothing of use');
      const { pid } = await seen(server);
      process.kill(pid, 'SIGKILL');
      const next = await seen(server);
      assert.notEqual(next.pid, pid);
      assert.equal(next.name, 'first.example', 'no worker reads the file by itself');
    },
  );
});

test('hundreds of names do not fit into one message, and work', () => {
  const pair = authority.issue('many', ['many.example']);
  const sni = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`n${i}.example`, pair]));
  const listen = { host: '127.0.0.1', port: 0, tls: { ...first, sni } };
  return withServer(
    () => startTlsApp({ listen, args: ['--workers', '2'] }),
    async (server) => {
      for (const [servername, name] of [
        ['n299.example', 'many.example'],
        ['other', 'first.example'],
      ]) {
        const { socket, raw } = await connectTls(server.port, { servername });
        assert.equal(socket.getPeerCertificate().subject.CN, name);
        raw.destroy();
      }
      assert.equal(await getTls(server.port, '/'), 'hi');
    },
  );
});

describe('certificates that are no good', () => {
  const broken = join(authority.folder, 'broken.pem');
  writeFileSync(broken, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
  const cases: [title: string, tls: Pair, text: RegExp, code: string][] = [
    ['a missing file', { ...first, cert: '/nowhere/cert.pem' }, /\/nowhere\/cert\.pem/, 'TLS_FILE'],
    ['a file that is no certificate', { ...first, cert: broken }, /broken\.pem/, 'TLS_CERTIFICATE'],
    ["another certificate's key", { ...first, key: second.key }, /mismatch/, 'TLS_CERTIFICATE'],
    ['an encrypted key', authority.encrypt(first, 'secret'), /for TLS/, 'TLS_CERTIFICATE'],
  ];
  for (const [title, tls, text, code] of cases) {
    test(`${title} keeps the server from starting`, async () => {
      const listen = `https://127.0.0.1:0?${new URLSearchParams({ ...tls })}`;
      const server = await runToEnd({ command: [commandLine, fixture('http-app.mjs'), '--listen', listen] });
      assert.equal(server.exit.code, 2);
      assert.match(server.stderr, text);
      assert.match(server.stderr, new RegExp(`ERR_PRONGHORN_${code}`));
    });
  }
});
