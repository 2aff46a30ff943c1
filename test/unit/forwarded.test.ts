// Where a request comes from, by the word of proxies. Every case says who connected, what it said and who is believed.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { resolveConfig } from '#dist/config/resolve.js';
import { type HeaderLines, type Origin, originOf } from '#dist/http/forwarded.js';
import { TrustedProxies } from '#dist/http/trusted-proxies.js';

type Lines = Record<string, string | string[]>;

function headersOf(lines: Lines): HeaderLines {
  return { getAll: (name) => [lines[name] ?? []].flat() };
}

function originFrom(
  peer: Partial<Origin>,
  lines: Lines,
  config: Parameters<typeof resolveConfig>[0],
): Origin {
  const proxies = TrustedProxies.fromConfig(resolveConfig(config, 1));
  assert.ok(proxies);
  const whole = { remoteAddress: '10.0.0.1', isSecure: false, host: 'inner', ...peer };
  return originOf(headersOf(lines), whole, proxies);
}

const INNER: Origin = { remoteAddress: '10.0.0.1', isSecure: false, host: 'inner' };
const PRIVATE = { trustedProxies: ['10.0.0.0/8', 'fd00::/8'] };
const ANYBODY = { proxy: true };

test('without the options nobody is believed', () => {
  assert.equal(TrustedProxies.fromConfig(resolveConfig({}, 1)), undefined);
  assert.equal(
    TrustedProxies.fromConfig(resolveConfig({ proxy: false, trustedProxies: '::1' }, 1)),
    undefined,
  );
});

describe('X-Forwarded-For: who is the client', () => {
  const cases: [header: string | string[], config: object, client: string][] = [
    ['192.0.2.1', ANYBODY, '192.0.2.1'],
    ['203.0.113.9, 192.0.2.1', ANYBODY, '192.0.2.1'],
    [['203.0.113.9', '192.0.2.1'], ANYBODY, '192.0.2.1'],
    ['192.0.2.1', PRIVATE, '192.0.2.1'],
    ['203.0.113.9, 192.0.2.1', PRIVATE, '192.0.2.1'],
    ['203.0.113.9, 192.0.2.1, 10.1.1.1', PRIVATE, '192.0.2.1'],
    ['192.0.2.1, 10.1.1.1, 10.2.2.2', PRIVATE, '192.0.2.1'],
    ['10.3.3.3, 10.2.2.2', PRIVATE, '10.3.3.3'],
    ['2001:db8::1, fd00::1', PRIVATE, '2001:db8::1'],
    ['[2001:DB8::1]:443', ANYBODY, '2001:db8::1'],
    ['[2001:db8::1]', ANYBODY, '2001:db8::1'],
    ['2001:db8:0:0:0:0:0:1', ANYBODY, '2001:db8::1'],
    ['::ffff:192.0.2.1', ANYBODY, '192.0.2.1'],
    ['192.0.2.1, ::ffff:10.1.1.1', PRIVATE, '192.0.2.1'],
    ['192.0.2.1:50000', ANYBODY, '192.0.2.1'],
    [' , 192.0.2.1 ,', ANYBODY, '192.0.2.1'],
    ['unknown', ANYBODY, '10.0.0.1'],
    ['192.0.2.1, unknown, 10.1.1.1', PRIVATE, '10.1.1.1'],
    ['192.0.2.1, garbage', PRIVATE, '10.0.0.1'],
    ['fe80::1%eth0', ANYBODY, '10.0.0.1'],
    ['192.0.2.256', ANYBODY, '10.0.0.1'],
    ['', ANYBODY, '10.0.0.1'],
  ];
  for (const [header, config, client] of cases) {
    test(`${JSON.stringify(header)} with ${JSON.stringify(config)}: ${client}`, () => {
      assert.equal(originFrom({}, { 'x-forwarded-for': header }, config).remoteAddress, client);
    });
  }
});

test('a peer that is not trusted is the client, whatever it says', () => {
  const lines = {
    'x-forwarded-for': '192.0.2.1',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'a.example',
  };
  const stranger = { remoteAddress: '198.51.100.7' };
  assert.deepEqual(originFrom(stranger, lines, PRIVATE), { ...INNER, ...stranger });
  const unix = { remoteAddress: '' };
  assert.deepEqual(originFrom(unix, lines, PRIVATE), { ...INNER, ...unix });
  assert.equal(originFrom(unix, lines, { trustedProxies: 'unix' }).remoteAddress, '192.0.2.1');
  assert.equal(originFrom(unix, lines, ANYBODY).remoteAddress, '192.0.2.1');
  assert.equal(originFrom({ remoteAddress: undefined }, lines, ANYBODY).remoteAddress, undefined);
});

describe('X-Forwarded-Proto and -Host', () => {
  const cases: [lines: Lines, config: object, isSecure: boolean, host: string][] = [
    [{ 'x-forwarded-proto': 'https', 'x-forwarded-host': 'a.example' }, ANYBODY, true, 'a.example'],
    [{ 'x-forwarded-proto': 'HTTPS', 'x-forwarded-host': 'a.example:8443' }, ANYBODY, true, 'a.example:8443'],
    [{ 'x-forwarded-proto': 'wss', 'x-forwarded-host': '[2001:db8::1]:1' }, ANYBODY, true, '[2001:db8::1]:1'],
    [{ 'x-forwarded-proto': 'gopher', 'x-forwarded-host': 'a/b' }, ANYBODY, false, 'inner'],
    [{ 'x-forwarded-proto': 'https, http', 'x-forwarded-host': 'evil, good' }, ANYBODY, false, 'good'],
    // One value for each of two hops: the client's own is the first.
    [
      {
        'x-forwarded-for': '192.0.2.1, 10.1.1.1',
        'x-forwarded-proto': 'https, http',
        'x-forwarded-host': 'outer, middle',
      },
      PRIVATE,
      true,
      'outer',
    ],
    [{ 'x-forwarded-for': '192.0.2.1, 10.1.1.1', 'x-forwarded-proto': 'https' }, PRIVATE, true, 'inner'],
    [{}, ANYBODY, false, 'inner'],
  ];
  for (const [lines, config, isSecure, host] of cases) {
    test(JSON.stringify(lines), () => {
      const origin = originFrom({}, lines, config);
      assert.deepEqual([origin.isSecure, origin.host], [isSecure, host]);
    });
  }

  test('a proxy that speaks TLS to us and plain HTTP to its client is not secure', () => {
    assert.equal(originFrom({ isSecure: true }, { 'x-forwarded-proto': 'http' }, ANYBODY).isSecure, false);
    assert.equal(originFrom({ isSecure: true }, {}, ANYBODY).isSecure, true);
  });
});

describe('Forwarded', () => {
  const cases: [header: string | string[], expected: Partial<Origin>][] = [
    ['for=192.0.2.1', { remoteAddress: '192.0.2.1' }],
    [
      'for=192.0.2.1;proto=https;host=a.example',
      { remoteAddress: '192.0.2.1', isSecure: true, host: 'a.example' },
    ],
    ['For="[2001:db8::1]:4711";Proto=https', { remoteAddress: '2001:db8::1', isSecure: true }],
    ['for=203.0.113.9, for=192.0.2.1;proto=https', { remoteAddress: '192.0.2.1', isSecure: true }],
    ['for=192.0.2.1;proto=https, for=10.1.1.1;proto=http', { remoteAddress: '192.0.2.1', isSecure: true }],
    [['for=192.0.2.1', 'for=10.1.1.1'], { remoteAddress: '192.0.2.1' }],
    ['for=_hidden;proto=https', { isSecure: true }],
    ['for=unknown', {}],
    ['host="a.example:8080"', { host: 'a.example:8080' }],
    ['host="a\\.example"', { host: 'a.example' }],
    [', ,for=192.0.2.1; ,', { remoteAddress: '192.0.2.1' }],
    ['for=192.0.2.1 ; proto=https', { remoteAddress: '192.0.2.1', isSecure: true }],
    // What a client may have broken hides its address and lends it no other.
    ['for=203.0.113.9, for=", for=192.0.2.1', {}],
    ['for=203.0.113.9;x=", for=192.0.2.1;host="a"', {}],
    ['for=203.0.113.9;for=192.0.2.1', {}],
    ['for=2001:db8::1', {}],
    ['for', {}],
    [['for=203.0.113.9;x="', 'for=10.1.1.1'], { remoteAddress: '10.1.1.1' }],
  ];
  for (const [header, expected] of cases) {
    test(JSON.stringify(header), () => {
      const config = { ...PRIVATE, proxyHeaders: 'forwarded' as const };
      assert.deepEqual(originFrom({}, { forwarded: header }, config), { ...INNER, ...expected });
    });
  }

  test('only one kind of headers is looked at, since a proxy that writes one lets the other pass', () => {
    const lines = { forwarded: 'for=192.0.2.1', 'x-forwarded-for': '203.0.113.9' };
    assert.equal(originFrom({}, lines, PRIVATE).remoteAddress, '203.0.113.9');
    const config = { ...PRIVATE, proxyHeaders: 'forwarded' as const };
    assert.equal(originFrom({}, lines, config).remoteAddress, '192.0.2.1');
  });
});
