// The parser of PROXY protocol headers: what it makes of whole headers, of every part of them, and of what is none.
// Compiled for itself, with the sanitizers.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { root, temporaryFolder } from '../support/paths.js';
import {
  addressBlock,
  BINARY_START,
  binaryHeader,
  IPV4_BLOCK,
  IPV6_BLOCK,
  textHeader,
} from '../support/proxy-headers.js';

const program = join(temporaryFolder(), 'driver');

before(() => {
  const sources = ['test/native/proxy_protocol_driver.cc', 'native/proxy/proxy_protocol.cc'];
  const flags = ['-std=c++20', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-Inative'];
  const { status, stderr } = spawnSync('g++', [...flags, ...sources, '-o', program], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
});

/** The verdicts on several inputs. */
function verdicts(inputs: readonly Buffer[]): string[] {
  const input = inputs.map((bytes) => `${bytes.toString('hex')}\n`).join('');
  const { status, stdout, stderr } = spawnSync(program, { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split('\n');
}

const prefixes = (bytes: Buffer) => Array.from({ length: bytes.length }, (_, end) => bytes.subarray(0, end));

const RELAYED4 = '1 192.0.2.1 50000 198.51.100.7 80';
const RELAYED6 = '1 2001:db8::1 50000 2001:db8::2 80';
const OWN = '0 - 0 - 0';
const UNIX_BLOCK = Buffer.alloc(216, 'x');
const EXTENSIONS = Buffer.from('0400020000' + '03000412345678', 'hex');

describe('a whole header', () => {
  const complete: [name: string, header: Buffer, facts: string][] = [
    ['TCP4', textHeader('192.0.2.1', '198.51.100.7'), RELAYED4],
    ['TCP6', textHeader('2001:db8::1', '2001:db8::2'), RELAYED6],
    ['TCP6, mapped', textHeader('::ffff:192.0.2.1', '::ffff:198.51.100.7'), RELAYED4],
    ['port 0', textHeader('192.0.2.1', '198.51.100.7', [0, 65535]), '1 192.0.2.1 0 198.51.100.7 65535'],
    ['UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), OWN],
    ['UNKNOWN with more', Buffer.from(`PROXY UNKNOWN ${'f'.repeat(91)}\r\n`), OWN],
    ['version 2, TCP4', binaryHeader(0x21, 0x11, IPV4_BLOCK), RELAYED4],
    ['version 2, TCP6', binaryHeader(0x21, 0x21, IPV6_BLOCK), RELAYED6],
    ['version 2, extensions', binaryHeader(0x21, 0x11, Buffer.concat([IPV4_BLOCK, EXTENSIONS])), RELAYED4],
    [
      'version 2, mapped',
      binaryHeader(0x21, 0x21, addressBlock(`${'00'.repeat(10)}ffffc0000201${'00'.repeat(10)}ffffc6336407`)),
      RELAYED4,
    ],
    ['version 2, unix', binaryHeader(0x21, 0x31, UNIX_BLOCK), '1 - 0 - 0'],
    ['version 2, unspecified', binaryHeader(0x21, 0x00, Buffer.alloc(0)), OWN],
    ['version 2, LOCAL', binaryHeader(0x20, 0x00, Buffer.alloc(0)), OWN],
    ['version 2, LOCAL with anything', binaryHeader(0x20, 0xff, Buffer.from('junk')), OWN],
    ['version 2, as long as can be', binaryHeader(0x20, 0, Buffer.alloc(8192 - 16)), OWN],
  ];
  for (const [name, header, facts] of complete) {
    test(`${name}: each part of it is partial, the whole is understood, and nothing after it is`, () => {
      const followed = [
        header,
        ...['G', 'GET / HTTP/1.1\r\n', '\r\n', '\0'].map((rest) =>
          Buffer.concat([header, Buffer.from(rest)]),
        ),
      ];
      const said = verdicts([...prefixes(header), ...followed]);
      assert.deepEqual(new Set(said.slice(0, header.length)), new Set(['partial 0 0 - 0 - 0']));
      for (const verdict of said.slice(header.length)) {
        assert.equal(verdict, `complete ${header.length} ${facts}`);
      }
    });
  }
});

describe('what is no header', () => {
  const text = (line: string) => Buffer.from(`PROXY ${line}\r\n`);
  const invalid: [name: string, bytes: Buffer][] = [
    ['a request', Buffer.from('GET / HTTP/1.1\r\n')],
    ['a TLS record', Buffer.from('160301', 'hex')],
    ['lower case', Buffer.from('proxy TCP4 192.0.2.1 198.51.100.7 1 2\r\n')],
    ['another protocol', text('TCP5 192.0.2.1 198.51.100.7 1 2')],
    ['UDP', text('UDP4 192.0.2.1 198.51.100.7 1 2')],
    ['UNKNOWN and a half', text('UNKNOWNX')],
    ['nothing', text('')],
    ['two blanks', text('TCP4  192.0.2.1 198.51.100.7 1 2')],
    ['a tab', text('TCP4\t192.0.2.1 198.51.100.7 1 2')],
    ['a blank at the end', text('TCP4 192.0.2.1 198.51.100.7 1 2 ')],
    ['a word too many', text('TCP4 192.0.2.1 198.51.100.7 1 2 3')],
    ['a word too few', text('TCP4 192.0.2.1 198.51.100.7 1')],
    ['IPv6 as TCP4', text('TCP4 ::1 ::1 1 2')],
    ['IPv4 as TCP6', text('TCP6 192.0.2.1 198.51.100.7 1 2')],
    ['a leading zero', text('TCP4 192.0.2.01 198.51.100.7 1 2')],
    ['a name', text('TCP4 localhost localhost 1 2')],
    ['a port too large', text('TCP4 192.0.2.1 198.51.100.7 65536 2')],
    ['a port with a sign', text('TCP4 192.0.2.1 198.51.100.7 -0 2')],
    ['a port with a plus', text('TCP4 192.0.2.1 198.51.100.7 +1 2')],
    ['a port with a zero before it', text('TCP4 192.0.2.1 198.51.100.7 01 2')],
    ['a port in hexadecimal', text('TCP4 192.0.2.1 198.51.100.7 0x1 2')],
    ['LF alone', Buffer.from('PROXY UNKNOWN\n')],
    ['CR within', Buffer.from('PROXY UNKNOWN a\rb\r\n')],
    ['two CR', Buffer.from('PROXY UNKNOWN\r\r\n')],
    ['NUL', Buffer.from('PROXY UNKNOWN \0\r\n')],
    ['a line that is too long', Buffer.from(`PROXY UNKNOWN ${'f'.repeat(92)}\r\n`)],
    ['a line without an end', Buffer.from(`PROXY UNKNOWN ${'f'.repeat(200)}`)],
    ['version 1 in binary', binaryHeader(0x11, 0x11, IPV4_BLOCK)],
    ['version 3', binaryHeader(0x31, 0x11, IPV4_BLOCK)],
    ['another command', binaryHeader(0x22, 0x11, IPV4_BLOCK)],
    ['a datagram', binaryHeader(0x21, 0x12, IPV4_BLOCK)],
    ['another family', binaryHeader(0x21, 0x41, UNIX_BLOCK)],
    ['addresses that are too short', binaryHeader(0x21, 0x11, IPV4_BLOCK.subarray(1))],
    ['IPv6 addresses that are too short', binaryHeader(0x21, 0x21, IPV6_BLOCK.subarray(1))],
    ['unix names that are too short', binaryHeader(0x21, 0x31, UNIX_BLOCK.subarray(1))],
    ['a length beyond all use', binaryHeader(0x21, 0x11, IPV4_BLOCK, 8192 - 16 + 1)],
    ['a signature that is broken', Buffer.concat([BINARY_START.subarray(0, 11), Buffer.from('!')])],
  ];
  for (const [name, bytes] of invalid) {
    test(`${name}: no part of it is taken for a header, and it is refused`, () => {
      const said = verdicts([...prefixes(bytes), bytes]);
      assert.equal(said.at(-1), 'invalid 0 0 - 0 - 0');
      const refusedAt = said.findIndex((verdict) => verdict.startsWith('invalid'));
      said.forEach((verdict, at) => {
        const expected = at < refusedAt ? 'partial' : 'invalid';
        assert.equal(verdict, `${expected} 0 0 - 0 - 0`, `after ${at} bytes`);
      });
    });
  }

  test('any byte of a binary header that is changed gives another verdict or other facts, never a crash', () => {
    const header = binaryHeader(0x21, 0x11, Buffer.concat([IPV4_BLOCK, EXTENSIONS]));
    const inputs: Buffer[] = [];
    for (let at = 0; at < header.length; at++) {
      for (let value = 0; value < 256; value++) {
        const changed = Buffer.from(header);
        changed[at] = value;
        inputs.push(changed);
      }
    }
    const said = verdicts(inputs);
    assert.equal(said.length, inputs.length);
    assert.ok(said.every((verdict) => /^(partial|invalid) 0 |^complete (\d+) /.test(verdict)));
    inputs.forEach((bytes, at) => {
      const length = Number(/^complete (\d+)/.exec(said[at]!)?.[1] ?? 0);
      assert.ok(length <= bytes.length);
    });
  });
});
