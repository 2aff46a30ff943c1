// Answers with files: what the request's conditions and range leave of one, by the kernel's hand where that can be, and
// else in pieces through a few buffers that are used again. Runs in workers.
import type { FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { binding } from '../binding/load.js';
import { PronghornError } from '../errors.js';
import { type Conditions, type Selection, select } from './conditional.js';
import type { FileBody } from './file-body.js';
import { type HeaderLines, valueIn, withLines } from './header-lines.js';
import { type Answered, mayHaveBody, type ResponseStart } from './response.js';
import { ResponseStream } from './response-stream.js';

const HAS_LENGTH = binding.contract.responseFlags.hasLength!;

const PIECE_BYTES = 64 * 1024;
const POOLED_MOST = 32;
const pool: Buffer[] = [];

export interface FileAnswered extends Answered {
  readonly headers: Conditions;
  checkedCode(code: number | undefined): number;
  linesOf(start: ResponseStart, keepsLength: boolean): HeaderLines | undefined;
  send(code: number, lines: HeaderLines | undefined, body: undefined): void;
  begin(code: number, lines: HeaderLines | undefined): Writable;
}

/** Headers of the application's own say what the file is known by. */
function selection(request: FileAnswered, body: FileBody, code: number, given: HeaderLines | undefined) {
  const etag = valueIn(given, 'etag');
  const lastModified = valueIn(given, 'last-modified');
  const lines =
    (etag === undefined ? `ETag: ${body.etag}\r\n` : '') +
    (lastModified === undefined ? `Last-Modified: ${body.lastModified.toUTCString()}\r\n` : '');
  // Conditions are for what would be answered with 200 (RFC 9110 section 13.2.1).
  if (code !== 200) return { lines, code, start: 0, end: body.size };
  const time = lastModified === undefined ? body.lastModified.getTime() : Date.parse(lastModified);
  const selected: Selection = select(request.method, request.headers, {
    etag: etag ?? body.etag,
    lastModified: Number.isNaN(time) ? undefined : time,
    size: body.size,
  });
  return { lines: `Accept-Ranges: bytes\r\n${lines}`, ...selected };
}

/** @throws what request.respond() throws, and ERR_PRONGHORN_HTTP_FILE; the file is closed then */
export function answerFile(request: FileAnswered, body: FileBody, response: ResponseStart): void {
  try {
    const { handle } = body;
    const asked = request.checkedCode(response.code);
    const given = request.linesOf(response, false);
    const { lines, code, start, end } = selection(request, body, asked, given);
    const length = end - start;
    const isRefused = code !== asked && code !== 206;
    if (isRefused || code === 204 || code === 304) {
      const size = code === 416 ? `Content-Range: bytes */${body.size}\r\n` : '';
      request.send(code, withLines(given, lines + size), undefined);
      void body.close();
      return;
    }
    const range = code === 206 ? `Content-Range: bytes ${start}-${end - 1}/${body.size}\r\n` : '';
    const all = withLines(given, `${lines}${range}Content-Length: ${length}\r\n`);
    const promising = { text: all.text, flags: all.flags | HAS_LENGTH, block: all.block };
    if (mayHaveBody(request.method, code)) {
      const stream = request.begin(code, promising);
      send(handle, stream, start, length)
        .catch((error) => fail(request, stream, error))
        .finally(() => body.close());
    } else {
      request.begin(code, promising).end();
      void body.close();
    }
  } catch (error) {
    void body.close();
    throw error;
  }
}

function fail(request: Answered, stream: Writable, error: NodeJS.ErrnoException): void {
  // A client that goes is no failure of the application's.
  const isGone = stream.destroyed;
  stream.destroy();
  if (!isGone) request.wire.fail(request, error);
}

async function send(handle: FileHandle, stream: Writable, start: number, length: number): Promise<void> {
  const ended = new Promise<void>((resolve) => stream.once('close', resolve));
  stream.on('error', () => {});
  if (length > 0) {
    const isTaken = stream instanceof ResponseStream && sendByKernel(handle, stream, start, length);
    if (isTaken) return ended;
    const buffer = pool.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES);
    try {
      await copy(handle, stream, buffer, start, length);
    } finally {
      if (pool.length < POOLED_MOST) pool.push(buffer);
    }
  }
  if (!stream.destroyed) stream.end();
  await ended;
}

function sendByKernel(handle: FileHandle, stream: ResponseStream, start: number, length: number): boolean {
  return stream.writeFile(handle.fd, start, length, () => stream.end());
}

async function copy(handle: FileHandle, stream: Writable, buffer: Buffer, start: number, length: number) {
  for (let done = 0; done < length && !stream.destroyed; ) {
    const most = Math.min(buffer.length, length - done);
    const { bytesRead } = await handle.read(buffer, 0, most, start + done);
    if (bytesRead === 0)
      throw new PronghornError('ERR_PRONGHORN_HTTP_FILE', { reason: 'it has become shorter' });
    done += bytesRead;
    await written(stream, buffer.subarray(0, bytesRead));
  }
}

/** Resolves when the stream has taken the piece, or will not take any more: the buffer is free then. */
function written(stream: Writable, piece: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('close', done);
      resolve();
    };
    stream.once('close', done);
    stream.write(piece, done);
  });
}
