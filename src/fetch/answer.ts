// From a Response to an answer of the native API. Runs in workers. A body whose length is known goes out as a whole; a
// stream is read no faster than the client reads, and cancelled when the client goes.
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { binding } from '../binding/load.js';
import { PronghornError } from '../errors.js';
import type { HeaderValue } from '../http/header-lines.js';
import type { Request } from '../http/request.js';
import { FetchBody } from './body.js';
import { FetchHeaders } from './headers.js';
import { NativeResponse } from './natives.js';
import { FetchResponse } from './response.js';

type Pairs = Iterable<readonly [string, HeaderValue]>;
type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Piece = { done: boolean; value?: Uint8Array };

const HAS_LENGTH = binding.contract.responseFlags.hasLength!;
/** How long a stream may take for what is there already: steps of the microtask queue. */
const STEPS = 16;
/** Bytes of a stream that are waited for, so that they can go out as a whole. */
const WHOLE_MOST = 64 * 1024;

function described(value: unknown): string {
  return inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY });
}

/** Also of another realm or library: it has the shape, and says what it is. */
function isResponse(value: unknown): value is globalThis.Response {
  if (value instanceof NativeResponse) return true;
  return Object.prototype.toString.call(value) === '[object Response]';
}

/**
 * @throws ERR_PRONGHORN_FETCH_RESPONSE for what is no Response, TypeError for one whose body was read, and what
 * request.respond() throws
 */
export function answer(request: Request, response: unknown): void | Promise<void> {
  if (FetchResponse.isOne(response)) return answerLight(request, response);
  // By info.request.
  if (response === undefined && request.isAnswered) return;
  if (!isResponse(response)) {
    throw new PronghornError('ERR_PRONGHORN_FETCH_RESPONSE', { received: described(response) });
  }
  if (response.status === 0) {
    throw new PronghornError('ERR_PRONGHORN_FETCH_RESPONSE', { received: 'Response.error()' });
  }
  const { status, headers, body } = response;
  if (body === null) return answerEmpty(request, status, headers);
  return answerStream(request, status, headers, new FetchBody(body as ReadableStream<Uint8Array>));
}

function answerLight(request: Request, response: FetchResponse): void | Promise<void> {
  const { status } = response;
  const body = FetchResponse.bodyOf(response);
  const type = FetchResponse.onlyTypeOf(response);
  const source = body?.take();
  if (type !== undefined && (typeof source === 'string' || source instanceof Uint8Array)) {
    const code = request.checkedCode(status);
    if (source.length > 0) request.send(code, request.wire.headerTree.linesOfType(type), source);
    else request.respond({ code, headers: { 'content-type': type } });
    return;
  }
  const headers = FetchHeaders.pairsOf(response.headers);
  if (source === undefined) return answerEmpty(request, status, headers);
  if (typeof source === 'string' || source instanceof Uint8Array) {
    request.respond({ code: status, headers, body: source });
    return;
  }
  if (source instanceof Blob) return answerBlob(request, status, headers, source);
  return answerStream(request, status, headers, new FetchBody(source));
}

/** To HEAD, an answer without a body says nothing of the length that one to GET would have. */
function answerEmpty(request: Request, code: number, headers: Pairs): void {
  if (request.method !== 'HEAD') {
    request.respond({ code, headers });
    return;
  }
  const lines = request.linesOf({ headers }, true);
  request.send(code, { text: '', block: -1, ...lines, flags: (lines?.flags ?? 0) | HAS_LENGTH }, undefined);
}

/** Its length is known; its bytes may be in a file, and come as they are read. */
function answerBlob(request: Request, code: number, headers: Pairs, blob: Blob): Promise<void> {
  const others = [...headers].filter(([name]) => name !== 'content-length');
  const out = request.stream({ code, headers: [...others, ['content-length', blob.size]] });
  const reader = (blob.stream() as ReadableStream<Uint8Array>).getReader();
  return request.method === 'HEAD' ? leave(reader, out) : pump(request, reader, out, []);
}

/** A body that is not wanted. */
async function leave(reader: Reader, out: Writable): Promise<void> {
  out.end();
  await reader.cancel();
}

/** What the stream gives at once; undefined if it makes its reader wait. */
async function soon(piece: Promise<Piece>): Promise<Piece | undefined> {
  let settled: Piece | undefined;
  let isOver = false;
  piece.then(
    (value) => {
      settled = value;
      isOver = true;
    },
    () => {
      isOver = true;
    },
  );
  for (let step = 0; step < STEPS && !isOver; step++) await undefined;
  return settled;
}

async function answerStream(request: Request, code: number, headers: Pairs, body: FetchBody): Promise<void> {
  // Throws here when somebody else reads it.
  const reader = (body.take() as ReadableStream<Uint8Array>).getReader();
  if (request.method === 'HEAD') return leave(reader, request.stream({ code, headers }));
  // Many streams end with what is there: with its length known, the answer goes out as a whole.
  const begun: Promise<Piece>[] = [];
  const chunks: Uint8Array[] = [];
  for (let size = 0; size < WHOLE_MOST; ) {
    const piece = reader.read();
    begun.push(piece);
    const settled = await soon(piece);
    if (settled?.done) return request.respond({ code, headers, body: joined(chunks) });
    if (!(settled?.value instanceof Uint8Array) || settled.value.length === 0) break;
    chunks.push(settled.value);
    size += settled.value.length;
  }
  return pump(request, reader, request.stream({ code, headers }), begun);
}

function joined(chunks: Uint8Array[]): Uint8Array | undefined {
  return chunks.length > 1 ? Buffer.concat(chunks) : chunks[0];
}

/** @param begun pieces that were asked for already */
async function pump(request: Request, reader: Reader, out: Writable, begun: Promise<Piece>[]): Promise<void> {
  out.once('close', () => {
    if (!out.writableFinished) {
      reader.cancel(new PronghornError('ERR_PRONGHORN_CLIENT_GONE')).catch(() => {});
    }
  });
  out.on('error', () => {});
  // The client goes: nobody wants the rest, also of a stream that gives nothing just now.
  request.onEnding((ending) => {
    if (ending === 'gone') out.destroy();
  });
  try {
    for (let at = 0; !out.destroyed; at++) {
      const { done, value } = await (begun[at] ?? reader.read());
      if (out.destroyed) return;
      if (done) {
        out.end();
        return;
      }
      if (!(value instanceof Uint8Array)) throw new TypeError('a stream of a body gives Uint8Arrays');
      if (!out.write(value)) await roomIn(out);
    }
  } catch (error) {
    // Half an answer cannot be taken back: the client sees that it breaks off.
    const isGone = out.destroyed;
    out.destroy();
    void reader.cancel(error).catch(() => {});
    if (!isGone) request.wire.fail(request, error);
  }
}

async function roomIn(out: Writable): Promise<void> {
  const over = new AbortController();
  const close = () => over.abort();
  out.once('close', close);
  await once(out, 'drain', { signal: over.signal }).catch(() => {});
  out.off('close', close);
}
