// The content codings of HTTP as node:zlib has them: how to apply and to undo each. Runs in workers. Loaded for servers
// that compress only.
import * as zlib from 'node:zlib';
import type { Coding } from '../config/compression.js';

export type Encoder = zlib.BrotliCompress | zlib.Gzip | zlib.Deflate;
export type Decoder = zlib.BrotliDecompress | zlib.Gunzip | zlib.Inflate | zlib.InflateRaw;

type Options = zlib.ZlibOptions & zlib.BrotliOptions;
type Done = (error: Error | null, bytes: Buffer) => void;

interface Method {
  options(level: number | undefined, size: number | undefined): Options;
  stream(options: Options): Encoder;
  sync(bytes: Uint8Array, options: Options): Buffer;
  later(bytes: Uint8Array, options: Options, done: Done): void;
  decoder(options: Options): Decoder;
  unsync?(bytes: Uint8Array): Buffer;
  /** Makes everything that was written readable. */
  readonly flush: number;
}

/** zlib's own default; above it, time grows faster than bytes shrink. */
const GZIP_LEVEL = 6;
/** Brotli's own default of 11 is for files that are compressed once. */
const BROTLI_LEVEL = 4;
const ZSTD_LEVEL = 3;

const { constants } = zlib;

function deflateOptions(level = GZIP_LEVEL): Options {
  return { level: Math.min(level, constants.Z_BEST_COMPRESSION) };
}

const brotli: Method = {
  options: (level = BROTLI_LEVEL, size) => ({
    params: {
      [constants.BROTLI_PARAM_QUALITY]: Math.min(level, constants.BROTLI_MAX_QUALITY),
      ...(size === undefined ? {} : { [constants.BROTLI_PARAM_SIZE_HINT]: size }),
    },
  }),
  stream: zlib.createBrotliCompress,
  sync: zlib.brotliCompressSync,
  later: zlib.brotliCompress,
  decoder: zlib.createBrotliDecompress,
  flush: constants.BROTLI_OPERATION_FLUSH,
};

const gzip: Method = {
  options: deflateOptions,
  stream: zlib.createGzip,
  sync: zlib.gzipSync,
  later: zlib.gzip,
  decoder: zlib.createGunzip,
  flush: constants.Z_SYNC_FLUSH,
};

/** By the standard that of zlib, with a header and a checksum (RFC 9110 section 8.4.1.2). */
const deflate: Method = {
  options: deflateOptions,
  stream: zlib.createDeflate,
  sync: zlib.deflateSync,
  later: zlib.deflate,
  decoder: zlib.createInflate,
  flush: constants.Z_SYNC_FLUSH,
};

/** What Node has from 22.15 on, and the types of Node 20 do not know. */
interface Zstd {
  createZstdCompress?: Method['stream'];
  zstdCompressSync: Method['sync'];
  zstdCompress: Method['later'];
  createZstdDecompress: Method['decoder'];
  zstdDecompressSync: NonNullable<Method['unsync']>;
  constants: Record<string, number>;
}

function zstd(): Method | undefined {
  const own = zlib as unknown as Zstd;
  if (own.createZstdCompress === undefined) return undefined;
  const { ZSTD_c_compressionLevel, ZSTD_e_flush } = own.constants;
  return {
    options: (level = ZSTD_LEVEL) => ({ params: { [ZSTD_c_compressionLevel!]: level } }),
    stream: own.createZstdCompress,
    sync: own.zstdCompressSync,
    later: own.zstdCompress,
    decoder: own.createZstdDecompress,
    unsync: own.zstdDecompressSync,
    flush: ZSTD_e_flush!,
  };
}

const METHODS: Record<Coding, Method | undefined> = { br: brotli, zstd: zstd(), gzip, deflate };

/** Whether this Node has it. */
export function isAvailable(coding: Coding): boolean {
  return METHODS[coding] !== undefined;
}

let noticesEnd: boolean | undefined;

/** Node 22 takes half a zstd frame for a whole one, and a body that was cut off must not pass for another. */
function noticesEndOfZstd({ sync, unsync }: Method): boolean {
  const frame = sync(Buffer.alloc(1), {});
  try {
    unsync!(frame.subarray(0, -1));
    return false;
  } catch {
    return true;
  }
}

/** Whether request bodies in this coding can be read. */
export function isReadable(coding: Coding): boolean {
  const method = METHODS[coding];
  if (method === undefined || coding !== 'zstd') return method !== undefined;
  noticesEnd ??= noticesEndOfZstd(method);
  return noticesEnd;
}

export function encoderFor(coding: Coding, level: number | undefined): Encoder {
  const { stream, options } = METHODS[coding]!;
  return stream(options(level, undefined));
}

export function flushOf(coding: Coding): number {
  return METHODS[coding]!.flush;
}

export function encodeSync(coding: Coding, bytes: Uint8Array, level: number | undefined): Buffer {
  const { sync, options } = METHODS[coding]!;
  return sync(bytes, options(level, bytes.length));
}

/** In the thread pool. */
export function encodeLater(coding: Coding, bytes: Uint8Array, level: number | undefined, done: Done): void {
  const { later, options } = METHODS[coding]!;
  later(bytes, options(level, bytes.length), done);
}

/** In a zlib header, the low half of the first byte says deflate; no encoder begins without one like this. */
const ZLIB_METHOD = 8;

/** @param first the first byte that it will get */
export function decoderFor(coding: Coding, first: number): Decoder {
  // Some clients send what deflate gives, without the header that the standard asks for.
  if (coding === 'deflate' && (first & 0x0f) !== ZLIB_METHOD) return zlib.createInflateRaw();
  return METHODS[coding]!.decoder({});
}
