// The short way to an absolute url gives what parsing it would.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { absoluteUrl } from '#dist/fetch/url.js';
import { targetOf } from '#dist/http/request-target.js';

const HOSTS = [
  'a.example',
  'A.example',
  'a.example:80',
  'a.example:8080',
  'a.example:08080',
  'a.example:443',
  '127.0.0.1:3000',
];
const MORE = [
  '127.1',
  '0x7f.1',
  '1.2.3',
  '256.1.1.1',
  '[::1]:80',
  'xn--a',
  'a_b',
  'a..b',
  '',
  'a:',
  'a:99999',
  'a.1',
  'ä',
];
const PARTS = [
  '/',
  'a',
  '.',
  '..',
  '/./',
  '/../',
  '%2e',
  '%2E%2e',
  '%41',
  '%zz',
  '"',
  "'",
  '<',
  '>',
  '`',
  '{',
  '}',
  '|',
];
const OTHERS = [
  '\\',
  '^',
  '~',
  '[',
  ']',
  '?',
  '=',
  '&',
  '+',
  ';',
  ',',
  '@',
  '!',
  '$',
  '(',
  ')',
  '*',
  ':',
  '%',
  'Z9_-',
  ' ',
];

function parsed(text: string): string | undefined {
  try {
    return new URL(text).href;
  } catch {
    return undefined;
  }
}

test('urls are written as a parser writes them', () => {
  const parts = [...PARTS, ...OTHERS];
  const targets = ['/', '/?', '/a?b=c', '//', '//a', '/.', '/..', '/a/.', '/.a', '/a.b', '/?/../'];
  for (const one of parts)
    for (const two of parts) targets.push(`/${one}${two}`, `/a?${one}${two}`, `/${one}/${two}?x`);
  for (const host of [...HOSTS, ...MORE]) {
    for (const isSecure of [false, true]) {
      const origin = `${isSecure ? 'https' : 'http'}://${host}`;
      for (const target of host === 'a.example' ? targets : targets.slice(0, 60)) {
        const expected = parsed(origin + target);
        const actual = absoluteUrl(isSecure, host, target, () => targetOf('GET', target));
        assert.equal(actual, expected, `${origin} ${target}`);
      }
    }
  }
});

test('other forms of the request target', () => {
  const url = (method: string, target: string, host = 'h') =>
    absoluteUrl(false, host, target, () => targetOf(method, target));
  assert.equal(url('OPTIONS', '*'), 'http://h/');
  assert.equal(url('GET', 'http://other/path?q', 'other'), 'http://other/path?q');
});
