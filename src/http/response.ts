// What an answer may be made of, and how one that comes in pieces gets on its way. Runs in workers.
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { binding } from '../binding/load.js';
import type { HeadersInit } from './header-lines.js';
import type { Live } from './live.js';
import { ResponseStream } from './response-stream.js';
import type { Wire } from './wire.js';

const FLAG = binding.contract.responseFlags;

type Piece = string | Uint8Array;

export type StreamedBody = Readable | ReadableStream<Piece> | Blob | AsyncIterable<Piece> | Iterable<Piece>;

export interface ResponseStart {
  /** Status code, 200 to 599. Default 200. */
  code?: number;
  /**
   * Date, Content-Length and Connection are the server's, unless given: a Date stands, `Connection: close` closes, and
   * a Content-Length stands where the server does not know it: in an answer to HEAD, in a 304, in a stream.
   */
  headers?: HeadersInit;
}

export interface ResponseInit extends ResponseStart {
  /** A string is sent as UTF-8. Left out of the answer to HEAD, and of 204 and 304 (RFC 9110 section 6.4.1). */
  body?: string | Uint8Array | StreamedBody | null;
}

/** The request that is answered, as far as an answer has to know it. */
export interface Answered {
  readonly method: string;
  readonly url: string;
  readonly wire: Wire;
  readonly connection: number;
  readonly sequence: number;
  live(): Live;
}

export function isStreamed(body: ResponseInit['body']): body is StreamedBody {
  return typeof body === 'object' && body !== null && !(body instanceof Uint8Array);
}

function promisedLength(text: string): number | undefined {
  const match = /(?:^|\r\n)content-length: (\d+)\r\n/i.exec(text);
  return match ? Number(match[1]) : undefined;
}

/** @throws ERR_PRONGHORN_HTTP_HEADER */
export function startStream(
  request: Answered,
  code: number,
  headers: HeadersInit | undefined,
): ResponseStream {
  const { wire, connection, sequence } = request;
  const { engine, headerTree } = wire;
  const lines = headers === undefined ? undefined : headerTree.lines(headers, true);
  const hasBody = request.method !== 'HEAD' && code !== 204 && code !== 304;
  const live = request.live();
  const stream = new ResponseStream({
    engine,
    connection,
    sequence,
    promised: lines !== undefined && hasBody ? promisedLength(lines.text) : undefined,
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
