// What a place to listen may say besides where it is, in both forms, and what is refused.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Location } from '#dist/config/location.js';
import { validateConfig } from '#dist/config/validate.js';
import { announcedSockets } from '#dist/listener/activation.js';
import { parseAddress, printAddress } from '#dist/listener/address.js';

describe('options of a location', () => {
  const tcp = { kind: 'tcp', host: '127.0.0.1', port: 80 };
  const unix = { kind: 'unix', path: '/run/a.sock' };
  const understood: [string | Location, object][] = [
    ['http://127.0.0.1?backlog=5', { ...tcp, backlog: 5 }],
    ['http://127.0.0.1/?proxyProtocol', { ...tcp, proxyProtocol: true }],
    ['http://127.0.0.1?proxyProtocol=1&backlog=7', { ...tcp, proxyProtocol: true, backlog: 7 }],
    ['http://127.0.0.1?proxyProtocol=0', tcp],
    ['http://127.0.0.1?deferAccept=5&fastOpen=256', { ...tcp, deferAccept: 5, fastOpen: 256 }],
    ['http://127.0.0.1?deferAccept=0&fastOpen=0', tcp],
    [
      { host: '127.0.0.1', port: 80, backlog: 5, proxyProtocol: true },
      { ...tcp, backlog: 5, proxyProtocol: true },
    ],
    [{ host: '127.0.0.1', port: 80, proxyProtocol: false }, tcp],
    ['unix:/run/a.sock?mode=660', { ...unix, mode: 0o660 }],
    [
      'unix:/run/a.sock?mode=0600&user=www-data&group=33',
      { ...unix, mode: 0o600, user: 'www-data', group: 33 },
    ],
    [
      { path: '/run/a.sock', mode: 0o660, user: 0 },
      { ...unix, mode: 0o660, user: 0 },
    ],
    [
      { path: '/run/a.sock', mode: '777', group: 'adm' },
      { ...unix, mode: 0o777, group: 'adm' },
    ],
    [{ path: '/run/a?b' }, { kind: 'unix', path: '/run/a?b' }],
    ['fd://3', { kind: 'fd', fd: 3 }],
    ['fd://web?proxyProtocol=yes', { kind: 'fd', fd: 'web', proxyProtocol: true }],
    ['fd://http.socket', { kind: 'fd', fd: 'http.socket' }],
    [
      { fd: 4, backlog: 9 },
      { kind: 'fd', fd: 4, backlog: 9 },
    ],
  ];
  for (const [location, expected] of understood) {
    test(JSON.stringify(location), () => assert.deepEqual(parseAddress(location), expected));
  }

  const refused: [string | Location, RegExp][] = [
    ['http://127.0.0.1?baklog=5', /baklog has no meaning here, did you mean backlog\?/],
    ['http://127.0.0.1?mode=660', /mode has no meaning here/],
    ['http://127.0.0.1?toString=1', /toString has no meaning here$/],
    ['http://127.0.0.1?backlog=5&backlog=6', /backlog is given twice/],
    ['http://127.0.0.1?backlog=0', /backlog must be an integer from 1 to 65535/],
    ['http://127.0.0.1?backlog=many', /expected a number for backlog, not many/],
    ['http://127.0.0.1?proxyProtocol=2', /expected 1 or 0 for proxyProtocol/],
    ['http://127.0.0.1#x', /expected http/],
    ['unix:/run/a.sock?mode=999', /mode must be permissions in octal/],
    [{ path: '/run/a.sock', mode: 660 }, /mode must be permissions in octal/],
    ['unix:/run/a.sock?user=', /is no name of a user/],
    ['unix:/run/a.sock?deferAccept=1', /deferAccept has no meaning here/],
    [{ port: 80, deferAccept: 1.5 }, /deferAccept must be an integer/],
    ['fd://', /expected the number or the name/],
    ['fd://-1?x=', /x has no meaning/],
    [{ fd: -1 }, /the descriptor must be an integer/],
  ];
  for (const [location, message] of refused) {
    test(`${JSON.stringify(location)} is refused`, () => {
      assert.throws(() => parseAddress(location), { code: 'ERR_PRONGHORN_LISTEN_ADDRESS', message });
    });
  }

  const misshapen: object[] = [
    { port: 80, mode: 0o660 },
    { path: '/a', fastOpen: 1 },
    { fd: 3, port: 80 },
    { fd: 3, host: 'a' },
    { backlog: 5 },
    { port: 80, proxyProtocol: 1 },
    { port: 80, tlsx: {} },
  ];
  for (const location of misshapen) {
    test(`${JSON.stringify(location)} is no location`, () => {
      assert.throws(() => validateConfig({ listen: location }), { code: 'ERR_PRONGHORN_CONFIG_VALUE' });
    });
  }

  test('options are not printed', () => {
    assert.equal(printAddress(parseAddress('unix:/run/a.sock?mode=660')), 'unix:/run/a.sock');
    assert.equal(printAddress(parseAddress('fd://web?backlog=3')), 'fd://web');
  });
});

describe('sockets that a process was started with', () => {
  test('are those announced to its own pid', () => {
    const environment = { LISTEN_PID: '7', LISTEN_FDS: '2', LISTEN_FDNAMES: 'web:admin' };
    assert.deepEqual(announcedSockets(environment, 7), [
      { fd: 3, name: 'web' },
      { fd: 4, name: 'admin' },
    ]);
    assert.deepEqual(announcedSockets(environment, 8), []);
    assert.deepEqual(announcedSockets({ ...environment, LISTEN_FDNAMES: undefined }, 7)[1], {
      fd: 4,
      name: '',
    });
  });

  for (const count of ['', '0', '-1', '1x', '99999']) {
    test(`LISTEN_FDS=${count} announces none`, () => {
      assert.deepEqual(announcedSockets({ LISTEN_PID: '7', LISTEN_FDS: count }, 7), []);
    });
  }
});
