// The TLS part of a place to listen, and how certificates travel.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TlsAssembly, tlsParts } from '#dist/channel/tls.js';
import { parseAddress, printAddress, tlsPlaces } from '#dist/listener/address.js';
import { TicketKeyRing, ticketSeconds } from '#dist/tls/ticket-keys.js';

const PAIR = { cert: '/etc/cert.pem', key: '/etc/key.pem' };
const QUERY = 'cert=/etc/cert.pem&key=/etc/key.pem';

describe('an https address', () => {
  test('has its own default port', () => {
    assert.deepEqual(parseAddress(`https://example.org?${QUERY}`), {
      kind: 'tcp',
      host: 'example.org',
      port: 443,
      tls: PAIR,
    });
  });

  test('is printed without its files', () => {
    assert.equal(printAddress(parseAddress(`https://[::1]:8443/?${QUERY}`)), 'https://[::1]:8443');
    assert.equal(printAddress(parseAddress({ port: 8443, tls: PAIR })), 'https://*:8443');
  });

  test('takes all of it from a query, beside what any address may have', () => {
    const more =
      'ca=/etc/ca.pem&rejectUnauthorized=0&minVersion=TLSv1.3&ciphers=TLS_AES_128_GCM_SHA256&backlog=5';
    const sni = 'a.example_cert=/a.pem&a.example_key=/a.key&*.b.example_cert=/b.pem&*.b.example_key=/b.key';
    assert.deepEqual(parseAddress(`https://*:8443?${QUERY}&${more}&${sni}`), {
      kind: 'tcp',
      host: '*',
      port: 8443,
      backlog: 5,
      tls: {
        ...PAIR,
        ca: '/etc/ca.pem',
        rejectUnauthorized: false,
        minVersion: 'TLSv1.3',
        ciphers: 'TLS_AES_128_GCM_SHA256',
        sni: {
          'a.example': { cert: '/a.pem', key: '/a.key' },
          '*.b.example': { cert: '/b.pem', key: '/b.key' },
        },
      },
    });
  });

  test('can be a unix socket or an inherited one, as an object', () => {
    assert.deepEqual(parseAddress({ path: '/run/app.sock', tls: PAIR }).tls, PAIR);
    assert.deepEqual(parseAddress({ fd: 3, tls: PAIR }).tls, PAIR);
  });

  test('counts its TLS settings once for a location', () => {
    const one = parseAddress({ port: 1, tls: PAIR });
    const other = parseAddress({ port: 2, tls: { ...PAIR } });
    const plain = parseAddress({ port: 3 });
    assert.deepEqual(tlsPlaces([plain, one, { ...one }, other]), [one.tls, other.tls]);
  });

  const refused: [location: unknown, reason: RegExp][] = [
    [{ port: 1, tls: { key: '/etc/key.pem' } }, /tls needs `cert`$/],
    ['https://*:8443', /tls needs `cert`, as in https:.*\?cert=.*&key=/],
    ['https://*:8443?cert=/etc/cert.pem', /tls needs `key`/],
    [`https://*:8443?${QUERY}&kay=1`, /kay has no meaning here/],
    [`https://*:8443?${QUERY}&passphrase=1`, /passphrase has no meaning here/],
    [`https://*:8443?${QUERY}&minVersion=TLSv1.1`, /minVersion must be TLSv1\.2 or TLSv1\.3/],
    [`https://*:8443?${QUERY}&ca=/ca.pem&rejectUnauthorized=maybe`, /rejectUnauthorized must be 0 or 1/],
    [`https://*:8443?${QUERY}&rejectUnauthorized=0`, /nothing without ca/],
    [`https://*:8443?${QUERY}&a.example_cert=/a.pem`, /sni\['a\.example'\] needs `key`/],
    [`http://*:8080?${QUERY}`, /cert has no meaning here/],
    [{ port: 1, tls: { ...PAIR, cert: '' } }, /`cert` of tls is empty/],
    [{ port: 1, tls: { ...PAIR, cert: 1 } }, /`cert` of tls must be a string/],
    [{ port: 1, tls: { ...PAIR, secret: 'x' } }, /tls has no `secret`/],
    [{ port: 1, tls: { ...PAIR, sni: { 'a b': PAIR } } }, /a b is no server name/],
    [{ port: 1, tls: { ...PAIR, sni: { a: null } } }, /sni\['a'\] must be/],
  ];
  for (const [location, reason] of refused) {
    test(`refuses ${JSON.stringify(location)}`, () => {
      assert.throws(() => parseAddress(location as string), {
        code: 'ERR_PRONGHORN_LISTEN_ADDRESS',
        message: reason,
      });
    });
  }

  test('never shows a key in an error', () => {
    const tls = { ...PAIR, key: '-----BEGIN SECRET', passphrase: 'SECRET', typo: 1 };
    assert.throws(
      () => parseAddress({ port: 1, tls }),
      (error: Error) => !error.message.includes('SECRET'),
    );
  });
});

describe('TLS state on a channel', () => {
  const endpoint = {
    certificates: [{ name: '', cert: 'ž'.repeat(100_000), key: 'k' }],
    ca: '',
    ciphers: '',
    suites: '',
    onlyTls13: false,
    requestCert: false,
    rejectUnauthorized: false,
    ticketSeconds: 1,
  };

  test('travels in parts that fit into messages, and comes together again', () => {
    const state = { endpoints: [endpoint, endpoint], ticketKeys: 'abc' };
    const parts = tlsParts(state);
    assert.ok(parts.length > 3);
    assert.ok(parts.every((part) => Buffer.byteLength(JSON.stringify(part)) < 200_000));
    const assembly = new TlsAssembly();
    const received = [...parts, ...parts].map((part) => assembly.add(part));
    assert.deepEqual(received.filter(Boolean), [state, state]);
    assert.deepEqual(received.at(-1), state);
  });
});

describe('ticket keys', () => {
  const keysOf = (ring: TicketKeyRing) => {
    const bytes = Buffer.from(ring.text, 'base64');
    return Array.from({ length: bytes.length / 80 }, (_, i) =>
      bytes.subarray(i * 80, (i + 1) * 80).toString('hex'),
    );
  };

  test('are kept for two rotations', () => {
    const ring = new TicketKeyRing();
    const seen = [keysOf(ring)];
    for (let i = 0; i < 4; i++) {
      ring.rotate();
      seen.push(keysOf(ring));
    }
    assert.deepEqual(
      seen.map(({ length }) => length),
      [1, 2, 3, 3, 3],
    );
    assert.equal(seen[2]![2], seen[0]![0]);
    assert.deepEqual(seen[3]!.slice(1), seen[2]!.slice(0, 2));
    assert.equal(new Set(seen.flat()).size, 5);
  });

  test('open a ticket for twice the time of a rotation', () => {
    assert.equal(ticketSeconds(3_600_000), 7200);
  });
});
