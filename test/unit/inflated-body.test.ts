// Request bodies in every coding that this Node has, whole, broken and too large.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as zlib from 'node:zlib';
import { isReadable } from '#dist/http/content-coding.js';
import { InflatedBody } from '#dist/http/inflated-body.js';

const MOST = 200_000;
const TEXT = Buffer.from('the quick brown fox '.repeat(5000));

const zstd = (zlib as unknown as { zstdCompressSync?: (bytes: Uint8Array) => Buffer }).zstdCompressSync;
const readsZstd = zstd !== undefined && isReadable('zstd');
const CODINGS: [name: string, encode: (bytes: Uint8Array) => Buffer][] = [
  ['gzip', zlib.gzipSync],
  ['x-gzip', zlib.gzipSync],
  ['deflate', zlib.deflateSync],
  ['deflate', zlib.deflateRawSync],
  ['br', zlib.brotliCompressSync],
  ...(readsZstd ? [['zstd', zstd] as [string, (bytes: Uint8Array) => Buffer]] : []),
];

function inflated(header: string, bytes: Uint8Array, pieceLength = 100): InflatedBody | undefined {
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceLength) yield bytes.subarray(at, at + pieceLength);
  }
  return InflatedBody.of(header, pieces, MOST);
}

for (const [name, encode] of CODINGS) {
  describe(encode === zlib.deflateRawSync ? 'deflate without a header' : name, () => {
    it('comes back as it was, whatever the pieces', async () => {
      for (const length of [1, 7, 100_000]) {
        const body = inflated(name, encode(TEXT), length)!;
        assert.equal(Buffer.compare(await body.all(), TEXT), 0);
        assert.equal(body.all(), body.all());
      }
    });

    it('an empty body is an empty body', async () => {
      assert.equal((await inflated(name, encode(Buffer.alloc(0)))!.all()).length, 0);
      assert.equal((await inflated(name, Buffer.alloc(0))!.all()).length, 0);
    });

    it('never gets larger than it may', async () => {
      assert.equal((await inflated(name, encode(Buffer.alloc(MOST)))!.all()).length, MOST);
      const code = 'ERR_PRONGHORN_BODY_SIZE';
      await assert.rejects(inflated(name, encode(Buffer.alloc(MOST + 1)))!.all(), { code });
      await assert.rejects(inflated(name, encode(Buffer.alloc(5_000_000)))!.all(), { code });
    });

    it('is refused when it is cut off or broken', { timeout: 5000 }, async () => {
      const code = 'ERR_PRONGHORN_BODY_CORRUPT';
      const bytes = encode(TEXT);
      await assert.rejects(inflated(name, bytes.subarray(0, bytes.length / 2))!.all(), { code });
      await assert.rejects(inflated(name, Buffer.alloc(100, 0xfb))!.all(), { code });
    });
  });
}

it('undoes two codings, the last one first', async () => {
  const bytes = zlib.brotliCompressSync(zlib.gzipSync(TEXT));
  assert.equal(Buffer.compare(await inflated('gzip, br', bytes)!.all(), TEXT), 0);
});

it('leaves a body without a coding alone', () => {
  assert.equal(inflated('identity', TEXT), undefined);
  assert.equal(inflated('', TEXT), undefined);
});

it('refuses what it does not know, and too much of it', () => {
  for (const header of ['compress', 'gzip, lzma', 'gzip, gzip, gzip']) {
    assert.throws(() => inflated(header, TEXT), { code: 'ERR_PRONGHORN_BODY_CODING' });
  }
});

it('fails as its source does', { timeout: 5000 }, async () => {
  async function* broken() {
    yield zlib.gzipSync(TEXT).subarray(0, 20);
    throw new Error('the client went');
  }
  await assert.rejects(InflatedBody.of('gzip', broken, MOST)!.all(), /the client went/);
});
