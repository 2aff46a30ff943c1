// Cookies: read leniently, written strictly.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cookiesIn } from '#dist/http/request-cookies.js';
import { type Cookie, cookieLines, setCookie } from '#dist/http/set-cookie.js';

describe('cookiesIn', () => {
  const cases: [lines: string[], expected: [string, string][]][] = [
    [[], []],
    [[''], []],
    [['a=1'], [['a', '1']]],
    [
      ['a=1; b=2'],
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      ['a=1;b=2;'],
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      [' a = 1 ;\tb=2\t'],
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      ['2=x; 1=y'],
      [
        ['2', 'x'],
        ['1', 'y'],
      ],
    ],
    [
      ['a=1; a=2', 'a=3; b=4'],
      [
        ['a', '1'],
        ['b', '4'],
      ],
    ],
    [
      ['a="1 2"; b="'],
      [
        ['a', '1 2'],
        ['b', '"'],
      ],
    ],
    [
      ['a=b=c; d='],
      [
        ['a', 'b=c'],
        ['d', ''],
      ],
    ],
    [['nothing; =none; a=1'], [['a', '1']]],
    [['a=%41, x'], [['a', '%41, x']]],
    [['__proto__=1'], [['__proto__', '1']]],
  ];
  for (const [lines, expected] of cases) {
    it(`reads ${JSON.stringify(lines)}`, () => assert.deepEqual([...cookiesIn(lines)], expected));
  }
});

describe('setCookie', () => {
  const cases: [cookie: Cookie, line: string][] = [
    [{ name: 'a', value: '' }, 'a='],
    [{ name: 'a', value: 'b=c', path: '/', secure: false }, 'a=b=c; Path=/'],
    [
      {
        name: '__Secure-sid',
        value: '"x"',
        domain: 'example.com',
        path: '/a b',
        maxAge: -1,
        expires: new Date(0),
        secure: true,
        httpOnly: true,
        sameSite: 'none',
        partitioned: true,
      },
      '__Secure-sid="x"; Domain=example.com; Path=/a b; Max-Age=-1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; ' +
        'Secure; HttpOnly; SameSite=None; Partitioned',
    ],
    [
      { name: '__Host-a', value: '1', path: '/', secure: true, sameSite: 'Lax' },
      '__Host-a=1; Path=/; Secure; SameSite=Lax',
    ],
  ];
  for (const [cookie, line] of cases) {
    it(`writes ${line}`, () => assert.equal(setCookie(cookie), line));
  }

  const wrong: [cookie: object, reason: RegExp][] = [
    [{ name: '', value: '' }, /name is not a token/],
    [{ name: 'a b', value: '' }, /name is not a token/],
    [{ value: '' }, /name is not a token/],
    [{ name: 'a', value: 'b;c' }, /forbidden character/],
    [{ name: 'a', value: 'b\r\nSet-Cookie: c=d' }, /forbidden character/],
    [{ name: 'a', value: 'ž' }, /forbidden character/],
    [{ name: 'a', value: 'b c' }, /forbidden character/],
    [{ name: 'a', value: 1 }, /forbidden character/],
    [{ name: 'a', value: 'x'.repeat(4096) }, /longer than 4096/],
    [{ name: 'a', value: '', domain: 'a b' }, /Domain/],
    [{ name: 'a', value: '', domain: '' }, /Domain/],
    [{ name: 'a', value: '', path: 'a' }, /Path/],
    [{ name: 'a', value: '', path: '/;x' }, /Path/],
    [{ name: 'a', value: '', maxAge: 1.5 }, /maxAge/],
    [{ name: 'a', value: '', expires: 'tomorrow' }, /expires/],
    [{ name: 'a', value: '', expires: new Date(Number.NaN) }, /expires/],
    [{ name: 'a', value: '', secure: 'yes' }, /Secure/],
    [{ name: 'a', value: '', sameSite: 'any' }, /sameSite/],
    [{ name: 'a', value: '', sameSite: 'None' }, /needs secure/],
    [{ name: 'a', value: '', partitioned: true }, /needs secure/],
    [{ name: '__Secure-a', value: '' }, /needs secure/],
    [{ name: '__host-a', value: '', secure: true }, /needs path/],
    [{ name: '__Host-a', value: '', secure: true, path: '/', domain: 'a.b' }, /no domain/],
    [{ name: 'a', value: '', expiry: 1 }, /no attribute expiry/],
  ];
  for (const [cookie, reason] of wrong) {
    it(`refuses ${JSON.stringify(cookie).slice(0, 60)}`, () => {
      assert.throws(() => setCookie(cookie as Cookie), {
        code: 'ERR_PRONGHORN_HTTP_COOKIE',
        message: reason,
      });
    });
  }
});

it('every cookie gets a line', () => {
  const cookies = [
    { name: 'a', value: '1' },
    { name: 'b', value: '2' },
  ];
  assert.equal(cookieLines(cookies), 'Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n');
});
