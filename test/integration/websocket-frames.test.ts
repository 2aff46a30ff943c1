// What comes back for which WebSocket frames, against a server that echoes: RFC 6455 and RFC 7692 as tables. Each case
// whole, and byte by byte. Where a table says no close, the connection must go on.
import assert from 'node:assert/strict';
import { fixture } from '../support/paths.js';
import { requestHead } from '../support/raw-client.js';
import { type ServerProcess, startApp } from '../support/server.js';
import { describeServer, type ServerTest } from '../support/shared-server.js';
import { waitFor } from '../support/wait.js';
import {
  bytes,
  close,
  deflated,
  frame,
  framesIn,
  more,
  ping,
  pong,
  text,
  told,
} from '../support/websocket-frames.js';

type Case = [title: string, sent: Buffer[], received: string[]];

const UPGRADE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
const DEFLATE = {
  'Sec-WebSocket-Extensions': 'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
};
const open = { isOpen: true };
/** Longer inputs are cut into as many pieces. */
const PIECES_MOST = 200;

const start = (...args: string[]) =>
  startApp(fixture('events-server.mjs'), { args: ['--workers', '1', ...args], env: { DEFLATE: '1' } });

async function check(
  server: ServerProcess,
  [, sent, received]: Case,
  headers: Record<string, string>,
  isCut: boolean,
): Promise<void> {
  const client = await server.connect();
  client.send(requestHead('GET', '/echo', { ...UPGRADE, ...headers }));
  assert.equal((await client.read()).status, 101);
  const isClosed = received.at(-1)?.startsWith('close') === true;
  const input = Buffer.concat(isClosed ? sent : [...sent, close(4321)]);
  const expected = isClosed ? received : [...received, 'close 4321'];
  const length = isCut ? Math.ceil(input.length / PIECES_MOST) : input.length;
  for (let at = 0; at < input.length; at += length) {
    client.send(input.subarray(at, at + length));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const seen = () => framesIn(Buffer.from(client.pending, 'latin1'));
  await waitFor('the goodbye', () => seen().at(-1)?.startsWith('close') === true, { everyMs: 2 });
  assert.deepEqual(seen(), expected);
  client.finish();
  await waitFor('the end', () => client.socket.readableEnded, { everyMs: 2 });
  client.destroy();
}

function define(serverTest: ServerTest, cases: Case[], headers: Record<string, string> = {}): void {
  for (const item of cases) {
    serverTest(item[0], async (server) => {
      await Promise.all([check(server, item, headers, false), check(server, item, headers, true)]);
    });
  }
}

const hex = (digits: string) => Buffer.from(digits, 'hex');
const SIZES = [0, 1, 125, 126, 127, 65_535, 65_536];
const sizes = SIZES.flatMap((size): Case[] => [
  [`text of ${size} bytes`, [text('x'.repeat(size))], [told('text', 'x'.repeat(size))]],
  [`${size} bytes`, [bytes(Buffer.alloc(size, 254))], [told('bytes', Buffer.alloc(size, 254))]],
]);

const controls: Case[] = [
  ['a ping without payload', [ping()], ['pong ']],
  ['a ping of 125 bytes', [ping(Buffer.alloc(125, 7))], ['pong of 125']],
  ['a ping of 126 bytes', [ping(Buffer.alloc(126))], ['close 1002']],
  ['a pong that nobody asked for', [pong('?'), text('a')], ['text a']],
  ['a pong of 126 bytes', [pong(Buffer.alloc(126))], ['close 1002']],
  [
    'ten pings',
    Array.from({ length: 10 }, (_, n) => ping(hex(`0${n}`))),
    [...'0123456789'].map((n) => `pong 0${n}`),
  ],
  ['a ping in fragments', [ping('a', open), more('b')], ['close 1002']],
  ['a close in fragments', [frame(8, hex('03e8'), open)], ['close 1002']],
  ...[1, 2, 3, 4, 5, 6, 7].map((rsv): Case => [`RSV ${rsv} of a ping`, [ping('', { rsv })], ['close 1002']]),
];

const reserved: Case[] = [
  ...[1, 2, 3, 4, 5, 6, 7].map(
    (rsv): Case => [
      `RSV ${rsv} that nothing was agreed on for`,
      [text('a'), text('b', { rsv })],
      ['text a', 'close 1002'],
    ],
  ),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode): Case[] => [
    [`reserved opcode ${opcode}`, [frame(opcode), text('a')], ['close 1002']],
    [`reserved opcode ${opcode} behind a message`, [text('a'), frame(opcode, 'b')], ['text a', 'close 1002']],
  ]),
  ['text without a mask', [text('a', { mask: null })], ['close 1002']],
  ['a ping without a mask', [ping('a', { mask: null })], ['close 1002']],
  ['a mask of zeros', [text('abc', { mask: 0 })], ['text abc']],
  ['a mask of ones', [text('abcde', { mask: 0xffffffff })], ['text abcde']],
];

const fragments: Case[] = [
  ['two fragments', [text('a', open), more('b')], ['text ab']],
  ['bytes in three', [bytes(hex('00'), open), more(hex('01'), open), more(hex('02'))], ['bytes 000102']],
  ['empty fragments', [text('', open), more('', open), more('')], ['text ']],
  ['an empty one between', [text('a', open), more('', open), more('b')], ['text ab']],
  ['a ping between', [text('a', open), ping('p'), more('b')], ['pong 70', 'text ab']],
  ['a pong between', [text('a', open), pong('p'), more('b')], ['text ab']],
  [
    'two messages in a row',
    [text('a', open), more('b'), bytes(hex('01'), open), more(hex('02'))],
    ['text ab', 'bytes 0102'],
  ],
  ['a continuation of nothing', [more('a')], ['close 1002']],
  ['an open continuation of nothing', [more('a', open), text('b')], ['close 1002']],
  ['a continuation of a message that is complete', [text('a'), more('b')], ['text a', 'close 1002']],
  ['a message within a message', [text('a', open), text('b')], ['close 1002']],
  ['bytes within text', [text('a', open), bytes('b', open), more('c')], ['close 1002']],
  ['a close between', [text('a', open), close(1000), more('b')], ['close 1000']],
  ['a continuation with RSV1', [text('a', open), more('b', { rsv: 4 })], ['close 1002']],
];

const VALID = [
  'ceba',
  'f09f9880',
  'f48fbfbf',
  'efbbbf',
  '00',
  'efbfbf',
  'ed9fbf',
  'ee8080',
  'c280',
  'e0a080',
  'f0908080',
];
const INVALID = [
  '80',
  'c080',
  'c1bf',
  'e08080',
  'e09fbf',
  'f0808080',
  'f08fbfbf',
  'eda080',
  'edbfbf',
  'f4908080',
  'f8888080',
  'ce',
  'e282',
  'f09f98',
  'ff',
  '61fe62',
];
const utf8: Case[] = [
  ...VALID.flatMap((digits): Case[] => [
    [`UTF-8 ${digits}`, [text(hex(digits))], [told('text', hex(digits))]],
    [
      `UTF-8 ${digits} in frames of a byte`,
      [text('', open), ...[...hex(digits)].map((byte) => more(Buffer.from([byte]), open)), more('')],
      [told('text', hex(digits))],
    ],
  ]),
  ...INVALID.flatMap((digits): Case[] => [
    [`no UTF-8: ${digits}`, [text(hex(digits))], ['close 1007']],
    [`no UTF-8 in fragments: ${digits}`, [text(hex(digits), open), more('a')], ['close 1007']],
    [`no UTF-8 among bytes: ${digits}`, [bytes(hex(digits))], [`bytes ${digits}`]],
  ]),
];

const CODES = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
];
const NO_CODES = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];
const closes: Case[] = [
  ['a close without a code', [close()], ['close']],
  ['a close of one byte', [frame(8, 'a')], ['close 1002']],
  ...CODES.map((code): Case => [`a close with ${code}`, [close(code)], [`close ${code}`]]),
  ...NO_CODES.map((code): Case => [`a close with ${code}, which is none`, [close(code)], ['close 1002']]),
  ['a reason', [close(1000, 'enough')], ['close 1000']],
  ['the longest reason', [close(1000, 'x'.repeat(123))], ['close 1000']],
  ['a reason that is too long', [close(1000, 'x'.repeat(124))], ['close 1002']],
  ['a reason that is no UTF-8', [close(1000, hex('ff'))], ['close 1007']],
  ['what comes behind a close is nothing', [close(1000), text('a'), ping('b'), close(1001)], ['close 1000']],
  ['a message before a close', [text('a'), close(1000)], ['text a', 'close 1000']],
];

const LIMIT = 1000;
const limits: Case[] = [
  ['a message of the largest size', [bytes(Buffer.alloc(LIMIT))], [`bytes of ${LIMIT}`]],
  ['one byte more', [bytes(Buffer.alloc(LIMIT + 1))], ['close 1009']],
  ['one byte more in fragments', [bytes(Buffer.alloc(LIMIT), open), more('a')], ['close 1009']],
  ['a frame that claims a terabyte', [bytes('a', { claims: 2n ** 40n })], ['close 1009']],
  ['a frame that claims 2^63 bytes', [bytes('a', { claims: 2n ** 63n })], ['close 1009']],
  [
    'a ping counts for itself',
    [bytes(Buffer.alloc(LIMIT), open), ping('p'), more('')],
    ['pong 70', `bytes of ${LIMIT}`],
  ],
];

const packed = deflated('Hello');
const large = 'deflate '.repeat(1000);
const deflates: Case[] = [
  ['a compressed message', [text(packed, { rsv: 4 })], ['text Hello']],
  ['the example of RFC 7692 section 7.2.3.1', [text(hex('f248cdc9c90700'), { rsv: 4 })], ['text Hello']],
  [
    'one in fragments',
    [text(packed.subarray(0, 3), { rsv: 4, ...open }), more(packed.subarray(3))],
    ['text Hello'],
  ],
  [
    'one with a ping between',
    [text(packed.subarray(0, 3), { rsv: 4, ...open }), ping(), more(packed.subarray(3))],
    ['pong ', 'text Hello'],
  ],
  ['one that is not, for once', [text('plain'), text(packed, { rsv: 4 })], ['text plain', 'text Hello']],
  ['an empty one', [text(deflated(''), { rsv: 4 })], ['text ']],
  [
    'an echo that is worth it is compressed',
    [text(deflated(large), { rsv: 4 })],
    [told('deflated text', large)],
  ],
  ['RSV1 on a continuation', [text(packed, { rsv: 4, ...open }), more('', { rsv: 4 })], ['close 1002']],
  ['RSV1 on a ping', [ping('', { rsv: 4 })], ['close 1002']],
  ['RSV2 beside RSV1', [text(packed, { rsv: 6 })], ['close 1002']],
  ['what cannot be inflated', [text(hex('ffffffff'), { rsv: 4 })], ['close 1007']],
  ['compressed text that is no UTF-8', [text(deflated(hex('ce')), { rsv: 4 })], ['close 1007']],
  ['compressed bytes', [bytes(deflated(hex('00ff')), { rsv: 4 })], ['bytes 00ff']],
];
const bombs: Case[] = [
  [
    'a small frame that inflates to the limit',
    [bytes(deflated(Buffer.alloc(LIMIT)), { rsv: 4 })],
    [`bytes of ${LIMIT}`],
  ],
  [
    'a small frame that inflates beyond it',
    [bytes(deflated(Buffer.alloc(10_000_000)), { rsv: 4 })],
    ['close 1009'],
  ],
];

describeServer('WebSocket frames', start, (serverTest) => {
  define(serverTest, [...sizes, ...controls, ...reserved, ...fragments, ...utf8, ...closes]);
});
describeServer('WebSocket frames, compressed', start, (serverTest) => {
  define(serverTest, deflates, DEFLATE);
});
describeServer(
  'WebSocket frames, maxMessageSize',
  () => start('--max-message-size', String(LIMIT)),
  (serverTest) => {
    define(serverTest, limits);
    define(serverTest, bombs, DEFLATE);
  },
);
