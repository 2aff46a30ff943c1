// The head of a response, as node:http would write it: the same lines in the same order. Runs where (req, res) listeners
// do. What is out of the ordinary it leaves to node's own code.
import { STATUS_CODES, validateHeaderValue } from 'node:http';
import type { Response } from './internals.js';
import { checkedName, isPlainValue, type StoredHeaders } from './set-header.js';

/** Headers that decide about the rest of the head. */
const KINDS = { connection: 1, length: 2, coding: 4, date: 8, keepAlive: 16, odd: 32 } as const;
const KIND_BY_NAME = new Map<string, number>([
  ['connection', KINDS.connection],
  ['content-length', KINDS.length],
  ['transfer-encoding', KINDS.coding],
  ['date', KINDS.date],
  ['keep-alive', KINDS.keepAlive],
  // Encodings, joined values and checks of their own.
  ['content-disposition', KINDS.odd],
  ['cookie', KINDS.odd],
  ['expect', KINDS.odd],
  ['trailer', KINDS.odd],
]);

const CLOSE = /(?:^|\W)close(?:$|\W)/i;
const CHUNKED = /(?:^|\W)chunked(?:$|\W)/i;

let date = '';

function dateLine(): string {
  if (date === '') {
    const now = new Date();
    date = `Date: ${now.toUTCString()}\r\n`;
    setTimeout(() => {
      date = '';
    }, 1000 - now.getMilliseconds()).unref();
  }
  return date;
}

/** Lines of one head as they are collected. */
interface Lines {
  text: string;
  isAscii: boolean;
  seen: number;
  closes: boolean;
  isChunked: boolean;
  length: number;
}

function add(lines: Lines, lower: string, name: string, value: unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) add(lines, lower, name, item);
    return;
  }
  lines.text += `${name}: ${value}\r\n`;
  const { length } = lower;
  if (length < 4 || length > 19) return;
  const kind = KIND_BY_NAME.get(lower);
  if (kind === undefined) return;
  lines.seen |= kind;
  if (kind === KINDS.connection) lines.closes ||= CLOSE.test(value as string);
  else if (kind === KINDS.coding) lines.isChunked ||= CHUNKED.test(value as string);
  else if (kind === KINDS.length) lines.length = +(value as string);
}

function addChecked(lines: Lines, name: string, value: unknown): void {
  const lower = checkedName(name);
  if (!isPlainValue(value)) {
    lines.isAscii = false;
    for (const item of Array.isArray(value) ? value : [value]) validateHeaderValue(name, item);
  }
  add(lines, lower, name, value);
}

function addGiven(lines: Lines, headers: unknown): boolean {
  if (!Array.isArray(headers)) {
    const given = headers as Record<string, unknown>;
    for (const name of Object.keys(given)) addChecked(lines, name, given[name]);
    return true;
  }
  // Pairs in an array each, and mistakes, are node's.
  if (headers.length % 2 !== 0 || Array.isArray(headers[0])) return false;
  for (let i = 0; i < headers.length; i += 2) addChecked(lines, headers[i], headers[i + 1]);
  return true;
}

function addStored(lines: Lines, stored: StoredHeaders): void {
  for (const lower in stored) {
    const [name, value, isPlain] = stored[lower]!;
    // Values that were added to it later are in an array.
    if (isPlain !== true || Array.isArray(value)) lines.isAscii = false;
    add(lines, lower, name, value);
  }
}

/**
 * Gives the response its head. @param stored headers set one by one, or undefined where `given` has all
 * @returns whether the head is known to be in ASCII; undefined, and nothing is changed, where node's own code must do it
 */
export function storeHead(
  res: Response,
  firstLine: string,
  stored: StoredHeaders | undefined,
  given: unknown,
): boolean | undefined {
  const { statusCode, statusMessage } = res;
  const isAscii = STATUS_CODES[statusCode] === statusMessage || isPlainValue(statusMessage);
  const lines: Lines = { text: firstLine, isAscii, seen: 0, closes: false, isChunked: false, length: 0 };
  if (stored !== undefined) addStored(lines, stored);
  else if (given && !addGiven(lines, given)) return undefined;
  if ((lines.seen & KINDS.odd) !== 0) return undefined;
  note(res, lines);
  complete(res, lines);
  return lines.isAscii;
}

/** What the headers say to the rest of the response. */
function note(res: Response, { seen, closes, isChunked, length }: Lines): void {
  if (seen === 0) return;
  if ((seen & KINDS.connection) !== 0) {
    res._removedConnection = false;
    if (closes) res._last = true;
    else res.shouldKeepAlive = true;
  }
  if ((seen & KINDS.coding) !== 0) {
    res._removedTE = false;
    if (isChunked) res.chunkedEncoding = true;
  }
  if ((seen & KINDS.length) !== 0) {
    res._contentLength = length;
    res._removedContLen = false;
  }
  if ((seen & KINDS.keepAlive) !== 0) res._defaultKeepAlive = false;
}

function complete(res: Response, lines: Lines): void {
  const { seen } = lines;
  let { text } = lines;
  if (res.sendDate && (seen & KINDS.date) === 0) text += dateLine();
  // Clients took the last chunk of such an answer, which must have none, for the next answer.
  if (res.chunkedEncoding && (res.statusCode === 204 || res.statusCode === 304)) {
    res.chunkedEncoding = false;
    res.shouldKeepAlive = false;
  }
  const hasLength = (seen & KINDS.length) !== 0;
  if (res._removedConnection) res._last = !res.shouldKeepAlive;
  else if ((seen & KINDS.connection) === 0) text += connectionLines(res, hasLength);
  if (!hasLength && (seen & KINDS.coding) === 0) text += framingLine(res);
  res._header = `${text}\r\n`;
  res._headerSent = false;
}

function connectionLines(res: Response, hasLength: boolean): string {
  const stays = res.shouldKeepAlive && (hasLength || res.useChunkedEncodingByDefault);
  if (!stays) {
    res._last = true;
    return 'Connection: close\r\n';
  }
  if (res.maxRequestsOnConnectionReached) return 'Connection: close\r\n';
  if (!res._keepAliveTimeout || !res._defaultKeepAlive) return 'Connection: keep-alive\r\n';
  const most = res._maxRequestsPerSocket;
  const max = most !== null && most > 0 ? `, max=${most}` : '';
  return `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(res._keepAliveTimeout / 1000)}${max}\r\n`;
}

function framingLine(res: Response): string {
  if (!res._hasBody) {
    res.chunkedEncoding = false;
  } else if (!res.useChunkedEncodingByDefault) {
    res._last = true;
  } else if (!res._removedContLen && typeof res._contentLength === 'number') {
    return `Content-Length: ${res._contentLength}\r\n`;
  } else if (!res._removedTE) {
    res.chunkedEncoding = true;
    return 'Transfer-Encoding: chunked\r\n';
  } else {
    res._last = true;
  }
  return '';
}
