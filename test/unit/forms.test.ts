// Forms, from bodies that come in pieces of any size.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FormLimits, formParts, readForm } from '#dist/http/form.js';

const BOUNDARY = '----x';
const MULTIPART = `multipart/form-data; boundary=${BOUNDARY}`;

interface Piece {
  name: string;
  filename?: string;
  type?: string;
  body: string;
}

function multipart(parts: Piece[]): string {
  const texts = parts.map(({ name, filename, type, body }) => {
    const file = filename === undefined ? '' : `; filename="${filename}"`;
    const typeLine = type === undefined ? '' : `Content-Type: ${type}\r\n`;
    return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n${typeLine}\r\n${body}\r\n`;
  });
  return `${texts.join('')}--${BOUNDARY}--\r\n`;
}

function source(type: string | undefined, body: string, pieceLength = 7) {
  const bytes = Buffer.from(body);
  const state = { taken: 0, isLeft: false };
  return {
    state,
    headers: { get: (name: string) => (name === 'content-type' ? type : undefined) },
    text: async () => body,
    async *[Symbol.asyncIterator]() {
      try {
        for (; state.taken < bytes.length; state.taken += pieceLength) {
          yield bytes.subarray(state.taken, state.taken + pieceLength);
        }
      } finally {
        state.isLeft = true;
      }
    },
  };
}

const two = multipart([
  { name: 'title', body: 'žluť' },
  { name: 'file', filename: 'a/b/c.txt', type: 'text/plain', body: 'one\r\ntwo' },
  { name: 'title', body: '' },
]);

describe('readForm', () => {
  it('reads urlencoded forms', async () => {
    const form = await readForm(
      source('application/x-www-form-urlencoded; charset=utf-8', 'a=1&b=%C5%BE+x&a=2&c'),
    );
    assert.deepEqual(
      [...form],
      [
        ['a', '1'],
        ['b', 'ž x'],
        ['a', '2'],
        ['c', ''],
      ],
    );
    assert.equal(form.get('a'), '1');
    assert.deepEqual(form.getAll('a'), ['1', '2']);
    assert.deepEqual([form.has('c'), form.has('d'), form.get('d')], [true, false, undefined]);
  });

  it('reads multipart forms, whatever the pieces that they come in', async () => {
    for (const pieceLength of [1, 2, 3, 50, 10_000]) {
      const form = await readForm(source(MULTIPART, two, pieceLength));
      assert.deepEqual(form.getAll('title'), ['žluť', '']);
      const file = form.get('file');
      assert.ok(typeof file === 'object');
      assert.deepEqual([file.name, file.type, await file.text()], ['c.txt', 'text/plain', 'one\r\ntwo']);
    }
  });

  it('a form without parts is an empty one', async () => {
    assert.deepEqual([...(await readForm(source(MULTIPART, `--${BOUNDARY}--\r\n`)))], []);
    assert.deepEqual([...(await readForm(source('application/x-www-form-urlencoded', '')))], []);
  });

  const many = Array.from({ length: 5 }, (_, index) => ({ name: `n${index}`, body: 'value' }));
  const files = many.map((part) => ({ ...part, filename: 'f', type: 'image/png' }));
  const limited: [what: string, type: string, body: string, limits: FormLimits][] = [
    ['fields', MULTIPART, multipart(many), { fields: 4 }],
    ['fields', 'application/x-www-form-urlencoded', 'a=1&b=2', { fields: 1 }],
    ['bytes of a field', 'application/x-www-form-urlencoded', 'a=123', { fieldSize: 2 }],
    ['bytes of a field', MULTIPART, multipart(many), { fieldSize: 4 }],
    ['files', MULTIPART, multipart(files), { files: 4 }],
    ['bytes of a file', MULTIPART, multipart(files), { fileSize: 4 }],
  ];
  for (const [what, type, body, limits] of limited) {
    it(`refuses too many ${what} of ${type.slice(0, 20)}`, async () => {
      const from = source(type, body);
      const message = new RegExp(`more than \\d ${what}$`);
      await assert.rejects(readForm(from, limits), { code: 'ERR_PRONGHORN_FORM_LIMIT', message });
    });
    it(`takes as many ${what} as there may be of ${type.slice(0, 20)}`, async () => {
      const [[key, most]] = Object.entries(limits) as [[string, number]];
      await readForm(source(type, body), { [key]: most + 1 });
    });
  }

  const corrupt: [what: string, type: string, body: string][] = [
    ['no boundary', 'multipart/form-data; charset=x', two],
    ['an end too early', MULTIPART, two.slice(0, -20)],
    ['an end in a file', MULTIPART, two.slice(0, two.indexOf('two'))],
    ['nothing', MULTIPART, ''],
  ];
  for (const [what, type, body] of corrupt) {
    it(`refuses a multipart form with ${what}`, { timeout: 5000 }, async () => {
      await assert.rejects(readForm(source(type, body)), { code: 'ERR_PRONGHORN_FORM_CORRUPT' });
    });
  }

  it('refuses what is no form', async () => {
    for (const type of [undefined, 'application/json', 'multipart/mixed; boundary=x']) {
      await assert.rejects(readForm(source(type, '')), { code: 'ERR_PRONGHORN_FORM_TYPE' });
    }
  });

  it('fails as its source does', { timeout: 5000 }, async () => {
    const from = source(MULTIPART, two);
    const broken = {
      ...from,
      async *[Symbol.asyncIterator]() {
        yield Buffer.from(two.slice(0, two.indexOf('two')));
        throw new Error('the client went');
      },
    };
    await assert.rejects(readForm(broken), /the client went/);
  });
});

describe('formParts', () => {
  it('skips a file that nobody reads', { timeout: 5000 }, async () => {
    const body = multipart([
      { name: 'big', filename: 'a', type: 'image/png', body: 'x'.repeat(300_000) },
      { name: 'after', body: '1' },
    ]);
    const names: string[] = [];
    for await (const part of formParts(source(MULTIPART, body, 1000))) names.push(part.name);
    assert.deepEqual(names, ['big', 'after']);
  });

  it('takes no more of the source than a file that is not read has room for', async () => {
    const body = multipart([{ name: 'big', filename: 'a', type: 'image/png', body: 'x'.repeat(2_000_000) }]);
    const from = source(MULTIPART, body, 1000);
    const parts = formParts(from);
    const { value: part } = await parts.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(from.state.taken < 300_000, `${from.state.taken} bytes were taken`);
    assert.ok(part?.kind === 'file');
    assert.equal((await part.bytes()).length, 2_000_000);
    assert.ok((await parts.next()).done);
  });

  it('leaves the source when nobody wants the rest', { timeout: 5000 }, async () => {
    const from = source(
      MULTIPART,
      multipart([
        { name: 'a', body: '1' },
        { name: 'b', filename: 'b', body: 'x'.repeat(1e6) },
      ]),
    );
    for await (const part of formParts(from)) {
      assert.equal(part.name, 'a');
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(from.state.isLeft);
    assert.ok(from.state.taken < 500_000);
  });
});
