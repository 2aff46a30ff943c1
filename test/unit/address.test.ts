// Places to listen, as text and as objects.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Location } from '#dist/config/location.js';
import { PronghornError } from '#dist/errors.js';
import { parseAddress, printAddress } from '#dist/listener/address.js';

describe('an address', () => {
  const understood: [string | Location, string][] = [
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080'],
    ['HTTP://Localhost:1', 'http://Localhost:1'],
    ['http://*:80', 'http://*:80'],
    ['http://example.org', 'http://example.org:80'],
    ['http://[::1]:0', 'http://[::1]:0'],
    ['http://[::]:65535', 'http://[::]:65535'],
    ['unix:/run/app.sock', 'unix:/run/app.sock'],
    ['unix:relative.sock', 'unix:relative.sock'],
    [{ port: 8080 }, 'http://*:8080'],
    [{ host: '::1', port: 8080 }, 'http://[::1]:8080'],
    [{ host: '[::1]', port: 8080 }, 'http://[::1]:8080'],
    [{ path: '/run/app.sock' }, 'unix:/run/app.sock'],
  ];
  for (const [location, printed] of understood) {
    test(`${JSON.stringify(location)} is ${printed}`, () => {
      const address = parseAddress(location);
      assert.equal(printAddress(address), printed);
      assert.deepEqual(parseAddress(printed), address, 'printing and reading again changes nothing');
    });
  }

  const refused: (string | Location)[] = [
    '8080',
    'localhost:8080',
    'https://127.0.0.1:8443',
    'ftp://127.0.0.1',
    'http://',
    'http://:8080',
    'http://::1:8080',
    'http://[127.0.0.1]:80',
    'http://127.0.0.1:65536',
    'http://127.0.0.1:-1',
    'http://127.0.0.1:http',
    'http://127.0.0.1:80/path',
    'http://user@127.0.0.1:80',
    'http://a b:80',
    'unix:',
    `unix:/${'x'.repeat(107)}`,
    { port: 70_000 },
    { path: '/with\0nul' },
  ];
  for (const location of refused) {
    test(`${JSON.stringify(location)} is refused`, () => {
      assert.throws(
        () => parseAddress(location),
        (error) => error instanceof PronghornError && error.code === 'ERR_PRONGHORN_LISTEN_ADDRESS',
      );
    });
  }
});
