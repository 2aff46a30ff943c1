// What an answer may be made of, and how one that comes in pieces gets on its way. Runs in workers.
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { NativeEngine } from '../binding/contract.js';
import { binding } from '../binding/load.js';
import type { FileBody } from './file-body.js';
import { type HeaderLines, type HeadersInit, type HeaderTree, valueIn } from './header-lines.js';
import type { Live } from './live.js';
import { ResponseStream } from './response-stream.js';
import type { Cookie } from './set-cookie.js';

const FLAG = binding.contract.responseFlags;

/** Of a streamed body. A string is sent as UTF-8. */
export type Piece = string | Uint8Array;

/** A body that is sent as it comes, no faster than the client reads. */
export type StreamedBody = Readable | ReadableStream<Piece> | Blob | AsyncIterable<Piece> | Iterable<Piece>;

/** The head of an answer. */
export interface ResponseStart {
  /** Status code, an integer from 200 to 599. Default 200. */
  code?: number;
  /**
   * Date, Content-Length and Connection are the server's, unless given: a Date stands, `Connection: close` closes, and
   * a Content-Length stands where the server does not know it: in an answer to HEAD, in a 304, in a stream. No
   * Content-Type is added.
   */
  headers?: HeadersInit;
  /** One Set-Cookie line each. */
  cookies?: readonly Cookie[];
}

/** A whole answer. */
export interface ResponseInit extends ResponseStart {
  /**
   * A string is sent as UTF-8; a file, from file(), with what makes clients ask for it again only when they need to.
   * Left out of the answer to HEAD, and of 204, 205 and 304 (RFC 9110 sections 6.4.1 and 15.3.6).
   */
  body?: string | Uint8Array | StreamedBody | FileBody | null;
}

/** Where answers go: a Wire, which is not named here because it knows who compresses them. */
export interface AnswerWire {
  readonly engine: NativeEngine;
  readonly headerTree: HeaderTree;
  /** Reports what went wrong on the application's side. */
  readonly fail: (request: { readonly method: string; readonly url: string }, error: unknown) => void;
  answer(
    connection: number,
    sequence: number,
    status: number,
    lines: HeaderLines | undefined,
    body: string | Uint8Array | undefined,
  ): void;
}

/** The request that is answered, as far as an answer has to know it. */
export interface Answered {
  readonly method: string;
  readonly url: string;
  readonly wire: AnswerWire;
  readonly connection: number;
  readonly sequence: number;
  live(): Live;
}

/** Asked before anything is sent: what is no body at all must leave the request unanswered. */
export function isStreamed(body: unknown): body is StreamedBody {
  if (typeof body !== 'object' || body === null || ArrayBuffer.isView(body)) return false;
  return body instanceof Blob || Symbol.asyncIterator in body || Symbol.iterator in body;
}

/** Bytes that a Content-Length promises. */
export function promisedLength(lines: HeaderLines | undefined): number | undefined {
  const value = valueIn(lines, 'content-length');
  return value === undefined ? undefined : Number(value);
}

/** Whether a body may follow the head of this answer. */
export function mayHaveBody(method: string, code: number): boolean {
  return method !== 'HEAD' && mayTellLength(code) && code !== 304;
}

/** Whether an answer may have a length of the application's (RFC 9110 sections 8.6 and 15.3.6). */
export function mayTellLength(code: number): boolean {
  return code !== 204 && code !== 205;
}

export function startStream(request: Answered, code: number, lines: HeaderLines | undefined): ResponseStream {
  const { wire, connection, sequence } = request;
  const { engine, headerTree } = wire;
  const live = request.live();
  const stream = new ResponseStream({
    engine,
    connection,
    sequence,
    promised: mayHaveBody(request.method, code) ? promisedLength(lines) : undefined,
    trailerLines: (trailers) => headerTree.lines(trailers, false).text,
    release: () => live.closeOutlet(),
  });
  live.outlet = stream;
  engine.beginResponse(connection, sequence, code, (lines?.flags ?? 0) | FLAG.stream!, lines?.text ?? '');
  return stream;
}

function readable(body: StreamedBody): Readable {
  if (body instanceof Readable) return body;
  if (body instanceof Blob) return Readable.from(body.stream(), { objectMode: false });
  return Readable.from(body as AsyncIterable<Piece>, { objectMode: false });
}

/** Sends a body as it comes. If it fails, both ends do: the client sees a broken answer, not a short one. */
export function streamBody(request: Answered, body: StreamedBody, stream: Writable): void {
  const source = readable(body);
  if (request.method === 'HEAD') {
    source.destroy();
    stream.end();
    return;
  }
  pipeline(source, stream).catch((error: NodeJS.ErrnoException) => {
    // A client that goes is no failure of the application's.
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') request.wire.fail(request, error);
  });
}
