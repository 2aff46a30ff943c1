// The light Headers against Node's own: the same calls, made up at random, give the same results and the same errors.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Random } from '../support/differential.js';

// Node's are named before anything can stand in for them.
const NodeHeaders = globalThis.Headers;
const { FetchHeaders } = await import('#dist/fetch/headers.js');

type AnyHeaders = Headers;

const NAMES = [
  'a',
  'A',
  'b',
  'X-Y',
  'x-y',
  'Cookie',
  'Set-Cookie',
  'set-cookie',
  'content-type',
  '',
  'no good',
  'ü',
  '\u0100',
];
const VALUES = [
  '1',
  ' 2 ',
  '\t3\r\n',
  '',
  'a, b',
  'ü',
  '\u0100',
  'no\0good',
  'no\ngood',
  4,
  null,
  undefined,
  true,
];

function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return (error as Error).name;
  }
}

const OPERATIONS: ((headers: AnyHeaders, name: string, value: string) => unknown)[] = [
  (headers, name, value) => headers.append(name, value),
  (headers, name, value) => headers.append(name, value),
  (headers, name, value) => headers.set(name, value),
  (headers, name) => headers.delete(name),
  (headers, name) => headers.get(name),
  (headers, name) => headers.has(name),
  (headers) => headers.getSetCookie(),
  (headers) => [...headers],
  (headers) => [...headers.keys()],
  (headers) => [...headers.values()],
  (headers) => {
    const all: string[] = [];
    headers.forEach((value, name) => {
      all.push(`${name}=${value}`);
    });
    return all;
  },
];

const INITS: unknown[] = [
  undefined,
  null,
  1,
  'a: b',
  {},
  { a: '1', B: ' 2 ' },
  { a: ['1', '2'] },
  { 'no good': '1' },
  { [Symbol('s')]: '1' },
  [],
  [
    ['a', '1'],
    ['A', '2'],
  ],
  [['a']],
  [['a', 'b', 'c']],
  [1],
  new Map([['a', '1']]),
  new NodeHeaders([
    ['set-cookie', '1'],
    ['set-cookie', '2'],
  ]),
  new FetchHeaders([
    ['set-cookie', '1'],
    ['Set-Cookie', '2'],
  ]),
];

describe('light Headers', () => {
  test('are made of what Node makes them of, and refuse what Node refuses', () => {
    for (const init of INITS) {
      const light = outcome(() => [...new FetchHeaders(init)]);
      assert.deepEqual(
        light,
        outcome(() => [...new NodeHeaders(init as never)]),
        String(init),
      );
    }
  });

  test('behave like Node’s in any order of calls', () => {
    const seed = Date.now() % 2 ** 31;
    const random = new Random(seed);
    for (let round = 0; round < 300; round++) {
      const light = new FetchHeaders() as unknown as AnyHeaders;
      const native = new NodeHeaders();
      for (let call = 0; call < 20; call++) {
        const run = random.of(OPERATIONS);
        const name = random.of(NAMES);
        const value = random.of(VALUES) as string;
        const actual = outcome(() => run(light, name, value));
        const expected = outcome(() => run(native, name, value));
        assert.deepEqual(actual, expected, `seed ${seed}, ${run} with ${name} and ${value}`);
      }
    }
  });

  test('are walked as they are at each step', () => {
    const walk = (headers: AnyHeaders) => {
      const names: string[] = [];
      for (const [name] of headers) {
        names.push(name);
        if (name === 'b') headers.append('c', '3');
        if (name === 'c') headers.delete('a');
      }
      return names;
    };
    const init = { a: '1', b: '2', d: '4' };
    assert.deepEqual(walk(new FetchHeaders(init) as unknown as AnyHeaders), walk(new NodeHeaders(init)));
  });

  test('need their arguments', () => {
    const light = new FetchHeaders() as unknown as Record<string, (...args: unknown[]) => unknown>;
    for (const method of ['append', 'set', 'get', 'has', 'delete', 'forEach']) {
      assert.throws(() => light[method]!.call(light), TypeError, method);
    }
  });

  test('are Headers to instanceof, and Node can read them', () => {
    const light = new FetchHeaders({ b: '2', a: '1' });
    assert.ok(light instanceof NodeHeaders);
    assert.deepEqual([...new NodeHeaders(light as never)], [...light]);
  });

  test('of a request are read where they are, until they are changed', () => {
    const lines: [string, string][] = [
      ['Host', 'h'],
      ['X-A', '1'],
      ['x-a', '2'],
      ['Set-Cookie', 'a'],
      ['Set-Cookie', 'b'],
    ];
    const source = {
      get: (name: string) => {
        const values = lines.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);
        return values.length === 0 ? undefined : values.join(', ');
      },
      getAll: (name: string) =>
        lines.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value),
      has: (name: string) => lines.some(([other]) => other.toLowerCase() === name),
      entries: () => lines,
    };
    const light = FetchHeaders.from(source);
    assert.equal(light.get('X-A'), '1, 2');
    assert.equal(light.has('host'), true);
    assert.equal(light.get('none'), null);
    assert.deepEqual(light.getSetCookie(), ['a', 'b']);
    const copy = FetchHeaders.copy(light);
    light.set('x-a', '3');
    assert.equal(light.get('x-a'), '3');
    assert.equal(copy.get('x-a'), '1, 2');
    assert.deepEqual([...copy], [...new NodeHeaders(lines)]);
  });
});
