// Negotiation of codings, RFC 9110 section 12.5.3.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Coding } from '#dist/config/compression.js';
import { Chooser, choose } from '#dist/http/accept-encoding.js';

const OFFERED: Coding[] = ['br', 'zstd', 'gzip', 'deflate'];

describe('choose', () => {
  const cases: [header: string | undefined, coding: Coding | undefined, refusesIdentity?: boolean][] = [
    [undefined, undefined],
    ['', undefined],
    ['gzip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['GZip', 'gzip'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip;q=1, br;q=0.5', 'gzip'],
    ['gzip;q=0.5, br;q=0.501', 'br'],
    ['gzip;q=0', undefined],
    ['gzip ; q=0.1', 'gzip'],
    ['deflate;q=0.8,gzip;q=0.8', 'gzip'],
    ['*', 'br'],
    ['*;q=0.1, gzip;q=0.2', 'gzip'],
    ['br;q=0, *', 'zstd'],
    ['compress, lzma', undefined],
    ['identity', undefined],
    ['identity, gzip;q=0.5', undefined],
    ['identity;q=0.5, gzip', 'gzip'],
    ['gzip, identity', 'gzip'],
    ['identity;q=0', undefined, true],
    ['gzip, identity;q=0', 'gzip', true],
    ['*;q=0', undefined, true],
    ['gzip;q=0.1, *;q=0', 'gzip', true],
    ['identity;q=0.1, *;q=0', undefined],
    ['gzip;q=2', undefined],
    ['gzip;q=0.1234, deflate', 'deflate'],
    [';;,,gzip', 'gzip'],
  ];
  for (const [header, coding, refusesIdentity = false] of cases) {
    it(`takes ${coding} for ${JSON.stringify(header)}`, () => {
      assert.deepEqual(choose(header, OFFERED), { coding, refusesIdentity });
    });
  }

  it('likes what the server likes, where the client does not say', () => {
    assert.equal(choose('gzip, br', ['gzip', 'br']).coding, 'gzip');
  });
});

it('a chooser gives the same however many headers it has seen', () => {
  const chooser = new Chooser(OFFERED);
  for (let i = 0; i < 500; i++) assert.equal(chooser.choose(`gzip;q=0.5, x-${i}`).coding, 'gzip');
  assert.equal(chooser.choose('br'), chooser.choose('br'));
});
