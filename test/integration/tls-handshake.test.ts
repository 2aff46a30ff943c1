// What a TLS handshake comes to: versions, ciphers, names, protocols, and what is no TLS at all.
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { Authority } from '../support/certificates.js';
import { RawClient, requestHead } from '../support/raw-client.js';
import { startMethods } from '../support/server.js';
import { describeServer } from '../support/shared-server.js';
import { connectTls, getTls, startTlsApp } from '../support/tls-client.js';

const authority = new Authority();
const own = authority.issue('own', ['localhost', '127.0.0.1']);
const rsa = authority.issue('rsa', ['rsa.example'], 'rsa');
const wild = authority.issue('wild', ['*.wild.example']);
const encrypted = authority.encrypt(authority.issue('secret', ['secret.example']), 'open sesame');

const tls = {
  ...own,
  sni: {
    'rsa.example': rsa,
    '*.wild.example': wild,
    'secret.example': { ...encrypted, passphrase: 'open sesame' },
  },
};

/** A stream that sends every byte in a segment of its own. */
function dribbling(socket: Socket): Duplex {
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      const [first, ...rest] = chunk;
      socket.write(Buffer.from([first!]), () => {
        if (rest.length === 0) return done();
        setImmediate(() => stream._write(Buffer.from(rest), 'binary', done));
      });
    },
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.removeAllListeners('data').on('data', (chunk) => stream.push(chunk));
  return stream;
}

const OUTDATED = { ciphers: 'DEFAULT@SECLEVEL=0' };

for (const startMethod of startMethods) {
  const start = () =>
    startTlsApp({
      listen: { host: '127.0.0.1', port: 0, tls },
      args: ['--workers', '1', '--start-method', startMethod, '--header-timeout', '1'],
    });

  describeServer(`TLS handshakes, start method ${startMethod}`, start, (serverTest) => {
    serverTest('an https address is what the log names', async (server) => {
      assert.match(server.url, /^https:\/\/127\.0\.0\.1:\d+$/);
    });

    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const only: ConnectionOptions = { minVersion: version, maxVersion: version };

      serverTest(`${version} is spoken, and its certificate verifies`, async (server) => {
        const { socket, raw } = await connectTls(server.port, {
          ...only,
          ca: authority.text,
          rejectUnauthorized: true,
        });
        assert.equal(socket.getProtocol(), version);
        assert.ok(socket.authorized);
        assert.equal((await raw.get('/')).text, 'hi');
        raw.destroy();
      });

      serverTest(`${version}: the application can tell what was agreed on`, async (server) => {
        const options = { ...only, servername: 'rsa.example', ALPNProtocols: ['http/1.1'] };
        const known = JSON.parse(await getTls(server.port, '/tls', options));
        assert.equal(known.protocol, version);
        assert.match(known.cipher, /AES_?128_?.*GCM|AES128-GCM/);
        assert.equal(known.alpn, 'http/1.1');
        assert.equal(known.serverName, 'rsa.example');
        assert.equal(known.isResumed, false);
        assert.equal(known.isAuthorized, false);
      });
    }

    for (const version of ['TLSv1', 'TLSv1.1'] as const) {
      serverTest(`${version} is refused`, async (server) => {
        const only = { minVersion: version, maxVersion: version, ...OUTDATED };
        await assert.rejects(connectTls(server.port, only), /alert|version/i);
      });
    }

    for (const ciphers of [
      'AES128-SHA',
      'ECDHE-ECDSA-AES128-SHA',
      'ECDHE-RSA-AES128-SHA256',
      'AES128-GCM-SHA256',
    ]) {
      serverTest(`the cipher ${ciphers} is refused`, async (server) => {
        const weak = {
          servername: 'rsa.example',
          maxVersion: 'TLSv1.2' as const,
          ciphers: `${ciphers}@SECLEVEL=0`,
        };
        await assert.rejects(connectTls(server.port, weak), /alert|cipher/i);
      });
    }

    const names: [asked: string | undefined, subject: string][] = [
      [undefined, 'localhost'],
      ['localhost', 'localhost'],
      ['nobody.example', 'localhost'],
      ['rsa.example', 'rsa.example'],
      ['RSA.Example', 'rsa.example'],
      ['one.wild.example', '*.wild.example'],
      ['two.one.wild.example', 'localhost'],
      ['wild.example', 'localhost'],
      ['secret.example', 'secret.example'],
    ];
    for (const [servername, subject] of names) {
      serverTest(
        `a client that asks for ${servername} gets the certificate of ${subject}`,
        async (server) => {
          const { socket, raw } = await connectTls(server.port, { servername: servername ?? '' });
          assert.equal(socket.getPeerCertificate().subject.CN, subject);
          assert.equal((await raw.get('/')).text, 'hi');
          raw.destroy();
        },
      );
    }

    serverTest('a request tells that it came securely, and the host it came to', async (server) => {
      const { raw, socket } = await connectTls(server.port);
      assert.equal((await raw.get('/secure')).text, 'true');
      assert.equal((await raw.get('/local')).text, `${socket.remoteAddress} ${socket.remotePort}`);
      raw.destroy();
    });

    serverTest('ALPN: http/1.1 is chosen, and a client of other protocols is refused', async (server) => {
      const { socket, raw } = await connectTls(server.port, { ALPNProtocols: ['h2', 'http/1.1'] });
      assert.equal(socket.alpnProtocol, 'http/1.1');
      raw.destroy();
      await assert.rejects(connectTls(server.port, { ALPNProtocols: ['h2'] }), /alert|protocol/i);
      const known = JSON.parse(await getTls(server.port, '/tls'));
      assert.equal(known.alpn, undefined);
    });

    serverTest('plain HTTP gets a clear 400 and the end', async (server) => {
      for (const text of [
        requestHead('GET', '/'),
        requestHead('DELETE', '/x'),
        '\r\nPUT / HTTP/1.1\r\n\r\n',
      ]) {
        const client = await server.connect();
        client.send(text);
        const response = await client.read();
        assert.equal(response.status, 400);
        assert.match(response.text, /HTTPS/);
        assert.equal(response.header('connection'), 'close');
        await client.closed();
        client.destroy();
      }
    });

    serverTest('what is neither TLS nor HTTP ends the connection', async (server) => {
      for (const bytes of [
        Buffer.alloc(300, 0),
        Buffer.from([0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5]),
        'ssh-2.0\r\n',
      ]) {
        const client = await server.connect();
        client.discard();
        client.send(bytes);
        await client.closed();
        client.destroy();
      }
      assert.equal(await getTls(server.port, '/'), 'hi');
    });

    serverTest('a handshake that does not go on is cut off after headerTimeout', async (server) => {
      const silent = await server.connect();
      const halfway = await server.connect();
      halfway.send(Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc]));
      const since = performance.now();
      await Promise.all([silent.closed(), halfway.closed()]);
      assert.ok(performance.now() - since > 500);
      silent.destroy();
      halfway.destroy();
    });

    serverTest('a handshake byte by byte succeeds', async (server) => {
      const { socket } = await server.connect();
      const { raw } = await connectTls(server.port, { socket: dribbling(socket) });
      assert.equal((await raw.get('/')).text, 'hi');
      raw.destroy();
    });

    serverTest('many connections at once', async (server) => {
      const texts = await Promise.all(Array.from({ length: 50 }, () => getTls(server.port, '/')));
      assert.deepEqual([...new Set(texts)], ['hi']);
    });
  });
}

describeServer(
  'a location with minVersion TLSv1.3 and ciphers, as a URL',
  () => {
    const query = new URLSearchParams({
      ...own,
      'rsa.example_cert': rsa.cert,
      'rsa.example_key': rsa.key,
      minVersion: 'TLSv1.3',
      ciphers: 'TLS_AES_256_GCM_SHA384',
    });
    return startTlsApp({ listen: `https://127.0.0.1:0?${query}`, args: ['--workers', '1'] });
  },
  (serverTest) => {
    serverTest('refuses TLS 1.2', async (server) => {
      await assert.rejects(connectTls(server.port, { maxVersion: 'TLSv1.2' }), /alert|version/i);
    });

    serverTest('takes its ciphers and its names from the query', async (server) => {
      const { socket, raw } = await connectTls(server.port, { servername: 'rsa.example' });
      assert.equal(socket.getCipher().name, 'TLS_AES_256_GCM_SHA384');
      assert.equal(socket.getPeerCertificate().subject.CN, 'rsa.example');
      raw.destroy();
    });
  },
);

describeServer(
  'TLS behind a proxy that speaks the PROXY protocol',
  () =>
    startTlsApp({
      listen: { host: '127.0.0.1', port: 0, tls: own, proxyProtocol: true },
      args: ['--workers', '1'],
    }),
  (serverTest) => {
    serverTest('the header comes before the handshake', async (server) => {
      const { socket } = await server.connect();
      socket.write('PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\n');
      const { raw } = await connectTls(server.port, { socket });
      assert.equal((await raw.get('/address')).text, '192.0.2.7');
      raw.destroy();
    });
  },
);

describeServer(
  'TLS and plain HTTP beside each other',
  () => {
    const places = [
      { host: '127.0.0.1', port: 0 },
      { host: '127.0.0.1', port: 0, tls: own },
    ];
    return startTlsApp({ listen: places, args: ['--workers', '1'] });
  },
  (serverTest) => {
    serverTest('each socket speaks its own', async (server) => {
      const [plain, secure] = server.addresses.map((address) => new URL(address));
      assert.equal(plain?.protocol, 'http:');
      const client = await RawClient.connect({ host: '127.0.0.1', port: Number(plain!.port) });
      assert.equal((await client.get('/tls')).text, 'null');
      client.destroy();
      const known = JSON.parse(await getTls(Number(secure!.port), '/tls'));
      assert.equal(known.protocol, 'TLSv1.3');
    });
  },
);
