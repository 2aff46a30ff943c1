// How responses of ours reach the engine. Methods of http.ServerResponse.prototype get a step before node's own: it tells
// ours by a symbol, so that it works whatever prototype a framework gives them, and leaves every other response alone. A
// whole answer goes to the engine in one piece; any other is written by node's own code to its socket.
import { ServerResponse } from 'node:http';
import { binding } from '../binding/load.js';
import type { ByteBuffer } from '../http/byte-buffer.js';
import { REQUEST_FLAG } from '../http/layout.js';
import { type Exchange, exchangeOf } from './exchange.js';
import { storeHead } from './head.js';
import { BUFFERED, HEADERS, node, type Response } from './internals.js';
import { type StoredHeaders, setHeader } from './set-header.js';
import { clampedStatus } from './status.js';

const CLOSE = binding.contract.responseFlags.close!;
/** A body larger than this may wait for its client. */
const LARGE = 16 * 1024;
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

function isUtf8(encoding: unknown): boolean {
  return encoding === undefined || encoding === null || encoding === 'utf8' || encoding === 'utf-8';
}

/** Whether an end with this chunk is a whole answer of the usual kind. */
function isWhole(res: Response, chunk: unknown, encoding: unknown, callback: unknown): boolean {
  if (res.finished || res._headerSent || res.destroyed) return false;
  if (callback || typeof encoding === 'function') return false;
  if (BUFFERED !== undefined && res[BUFFERED] !== 0) return false;
  if (res.strictContentLength || res._trailer !== '' || res.outputData.length > 0) return false;
  if (typeof chunk === 'string') return isUtf8(encoding);
  if (chunk === undefined || chunk === null) return true;
  return chunk instanceof Uint8Array && chunk.length <= LARGE;
}

/** node's own code writes it, and we hear when it has. */
function byNode(exchange: Exchange): void {
  if (exchange.isByNode) return;
  exchange.isByNode = true;
  exchange.res.prependListener('finish', onNodeFinish);
}

function onNodeFinish(this: Response): void {
  const exchange = exchangeOf(this)!;
  exchange.socket.endAnswer(exchange);
  exchange.conclude();
}

function end(this: Response, chunk?: unknown, encoding?: unknown, callback?: unknown): Response {
  const exchange = exchangeOf(this);
  if (exchange === undefined) return node.end.call(this, chunk, encoding, callback);
  if (isWhole(this, chunk, encoding, callback)) {
    const bytes = chunk ? Buffer.byteLength(chunk as string) : 0;
    if (!this._header) {
      this._contentLength = bytes;
      this._implicitHeader();
    }
    // Whoever has replaced writeHead() may have done more than write a head.
    if (this._header && isWhole(this, chunk, encoding, callback) && give(exchange, chunk, bytes)) return this;
  }
  byNode(exchange);
  return node.end.call(this, chunk, encoding, callback);
}

const ASCII = /^[\0-\x7f]*$/;

/**
 * As node does, a head is written in the encoding of the text that it leaves with, and in Latin-1 before chunks. V8 writes
 * Latin-1 in half the time, and what is in ASCII is the same in both.
 * @param bytes length of the chunk in UTF-8
 * @returns false, and nothing has happened, if it is none that can be given in one piece
 */
function give(exchange: Exchange, chunk: unknown, bytes: number): boolean {
  const { res } = exchange;
  const head = res._header!;
  if (!chunk) {
    hand(exchange, res._hasBody && res.chunkedEncoding ? `${head}0\r\n\r\n` : head, true);
    return true;
  }
  // Some want to hear that there must not be any: node knows.
  if (!res._hasBody) return false;
  if (typeof chunk === 'string') {
    const isAscii = bytes === chunk.length;
    if (!res.chunkedEncoding) {
      hand(exchange, head + chunk, isAscii && exchange.asciiHead === head);
      return true;
    }
    if (!isAscii && !ASCII.test(head)) return false;
    hand(exchange, `${head}${bytes.toString(16)}\r\n${chunk}\r\n0\r\n\r\n`, isAscii);
    return true;
  }
  if (res.chunkedEncoding) return false;
  const { buffer, byteOffset, byteLength } = chunk as Uint8Array;
  hand(exchange, head + (Buffer.from(buffer, byteOffset, byteLength) as ByteBuffer).latin1Slice(), true);
  return true;
}

/** The whole answer leaves. */
function hand(exchange: Exchange, text: string, isLatin1: boolean): void {
  const { native, res } = exchange;
  res._headerSent = true;
  if (text.length > LARGE) exchange.finishWhenSent();
  native.handOver();
  native.wire.answerRaw(
    native.connection,
    native.sequence,
    clampedStatus(res.statusCode),
    res._last ? CLOSE : 0,
    text,
    isLatin1,
  );
  res.finished = true;
  // One behind others has none yet; the engine keeps the order.
  res.socket ??= exchange.socket;
  res._finish();
  if (text.length <= LARGE) {
    exchange.finishSoon();
    exchange.socket.pass(res);
  }
}

function storeHeader(this: Response, firstLine: string, headers: unknown): void {
  const exchange = exchangeOf(this);
  if (exchange === undefined) {
    node._storeHeader.call(this, firstLine, headers);
    return;
  }
  const { native } = exchange;
  const { isDraining, keeping } = native.wire;
  if (isDraining || (keeping.requests > 0 && native.sequence + 1 >= keeping.requests)) {
    this.shouldKeepAlive = false;
  }
  if (HEADERS !== undefined) {
    const stored = this[HEADERS] as StoredHeaders | null;
    const isStored = stored !== null && headers === stored;
    const isAscii = storeHead(this, firstLine, isStored ? stored : undefined, headers);
    if (isAscii) exchange.asciiHead = this._header!;
    if (isAscii !== undefined) return;
  }
  node._storeHeader.call(this, firstLine, headers);
}

/** Before there is a head, it can only be an interim answer. */
function writeRaw(
  this: Response,
  data: string | Uint8Array,
  encoding?: unknown,
  callback?: unknown,
  size?: number,
): boolean {
  const native = exchangeOf(this)?.native;
  if (native === undefined || this._header || typeof data !== 'string') {
    return node._writeRaw.call(this, data, encoding, callback, size);
  }
  const { engine } = native.wire;
  const { connection, sequence, flags } = native;
  if (data === CONTINUE && (flags & REQUEST_FLAG.expectsContinue) !== 0) {
    engine.continueRequest(connection, sequence);
  } else {
    engine.inform(connection, sequence, data);
  }
  const done = typeof encoding === 'function' ? encoding : callback;
  if (typeof done === 'function') process.nextTick(done as () => void);
  return true;
}

const INSTALLED = Symbol.for('pronghorn.node-http');

/** Once in a process; before the first (req, res) listener is served. */
export function install(): void {
  const prototype = ServerResponse.prototype as unknown as Response & { [INSTALLED]?: true };
  if (prototype[INSTALLED]) return;
  const methods = { end, setHeader, _storeHeader: storeHeader, _writeRaw: writeRaw };
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: true });
  }
  Object.defineProperty(prototype, INSTALLED, { value: true });
}
