// Conditional requests and ranges, RFC 9110 sections 13 and 14.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { select } from '#dist/http/conditional.js';

const MODIFIED = 'Sun, 06 Nov 1994 08:49:37 GMT';
const BEFORE = 'Sun, 06 Nov 1994 08:49:36 GMT';
const AFTER = 'Sun, 06 Nov 1994 08:49:38 GMT';
const FILE = { etag: '"a,b"', lastModified: Date.parse(MODIFIED), size: 100 };

type Headers = Record<string, string>;

function selected(headers: Headers, method = 'GET', file: Partial<typeof FILE> = {}): string {
  const { code, start, end } = select(method, { get: (name) => headers[name] }, { ...FILE, ...file });
  return code === 206 ? `206 ${start}-${end}` : String(code);
}

describe('select', () => {
  const cases: [headers: Headers, expected: string, method?: string][] = [
    [{}, '200'],
    [{ 'if-none-match': '"a,b"' }, '304'],
    [{ 'if-none-match': '"a,b"' }, '304', 'HEAD'],
    [{ 'if-none-match': '"a,b"' }, '412', 'POST'],
    [{ 'if-none-match': 'W/"a,b"' }, '304'],
    [{ 'if-none-match': '"x", W/"y",W/"a,b"' }, '304'],
    [{ 'if-none-match': '"a", "b"' }, '200'],
    [{ 'if-none-match': '*' }, '304'],
    [{ 'if-none-match': 'nonsense' }, '200'],
    [{ 'if-none-match': '"x"', 'if-modified-since': MODIFIED }, '200'],
    [{ 'if-modified-since': MODIFIED }, '304'],
    [{ 'if-modified-since': AFTER }, '304'],
    [{ 'if-modified-since': BEFORE }, '200'],
    [{ 'if-modified-since': 'yesterday' }, '200'],
    [{ 'if-modified-since': MODIFIED }, '200', 'POST'],
    [{ 'if-match': '"a,b"' }, '200'],
    [{ 'if-match': 'W/"a,b"' }, '412'],
    [{ 'if-match': '"x"' }, '412'],
    [{ 'if-match': '*' }, '200'],
    [{ 'if-match': '"a,b"', 'if-unmodified-since': BEFORE }, '200'],
    [{ 'if-unmodified-since': BEFORE }, '412'],
    [{ 'if-unmodified-since': MODIFIED }, '200'],
    [{ range: 'bytes=0-0' }, '206 0-1'],
    [{ range: 'bytes=10-19' }, '206 10-20'],
    [{ range: 'bytes=90-' }, '206 90-100'],
    [{ range: 'bytes=90-1000' }, '206 90-100'],
    [{ range: 'bytes=-10' }, '206 90-100'],
    [{ range: 'bytes=-1000' }, '206 0-100'],
    [{ range: 'bytes=-0' }, '416'],
    [{ range: 'bytes=100-' }, '416'],
    [{ range: 'bytes=99999999999999999999-' }, '416'],
    [{ range: 'bytes=20-10' }, '200'],
    [{ range: 'bytes=-' }, '200'],
    [{ range: 'bytes=0-1,5-6' }, '200'],
    [{ range: 'items=0-1' }, '200'],
    [{ range: 'bytes=0-1' }, '200', 'HEAD'],
    [{ range: 'bytes=0-1' }, '200', 'POST'],
    [{ range: 'bytes=0-1', 'if-range': '"a,b"' }, '206 0-2'],
    [{ range: 'bytes=0-1', 'if-range': 'W/"a,b"' }, '200'],
    [{ range: 'bytes=0-1', 'if-range': '"x"' }, '200'],
    [{ range: 'bytes=0-1', 'if-range': MODIFIED }, '206 0-2'],
    [{ range: 'bytes=0-1', 'if-range': AFTER }, '200'],
    [{ range: 'bytes=0-1', 'if-none-match': '"a,b"' }, '304'],
  ];
  for (const [headers, expected, method] of cases) {
    it(`gives ${expected} for ${method ?? 'GET'} ${JSON.stringify(headers)}`, () => {
      assert.equal(selected(headers, method), expected);
    });
  }

  it('an empty file has no range', () => {
    assert.equal(selected({ range: 'bytes=0-' }, 'GET', { size: 0 }), '416');
    assert.equal(selected({}, 'GET', { size: 0 }), '200');
  });
});
