// The four forms of a request target, RFC 9112 section 3.2.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { targetOf } from '#dist/http/request-target.js';

const cases: [method: string, url: string, path: string, query: string, host: string | undefined][] = [
  ['GET', '/', '/', '', undefined],
  ['GET', '/a%20b/c?d=e&f', '/a%20b/c', 'd=e&f', undefined],
  ['GET', '/a?b?c', '/a', 'b?c', undefined],
  ['GET', '/?', '/', '', undefined],
  ['GET', '//host/path', '//host/path', '', undefined],
  ['GET', '/http://other/?q', '/http://other/', 'q', undefined],
  ['GET', '/a#b?c', '/a', '', undefined],
  ['GET', 'http://example.com', '/', '', 'example.com'],
  ['GET', 'http://example.com?q', '/', 'q', 'example.com'],
  ['GET', 'http://example.com:8080/a?b', '/a', 'b', 'example.com:8080'],
  ['GET', 'HTTPS://user:secret@[::1]:443/a', '/a', '', '[::1]:443'],
  ['OPTIONS', '*', '*', '', undefined],
  ['OPTIONS', 'http://example.com:80', '*', '', 'example.com:80'],
  ['OPTIONS', 'http://example.com/', '/', '', 'example.com'],
  ['CONNECT', 'example.com:443', '', '', 'example.com:443'],
];

describe('targetOf', () => {
  for (const [method, url, path, query, host] of cases) {
    it(`reads ${method} ${url}`, () => assert.deepEqual(targetOf(method, url), { path, query, host }));
  }
});
