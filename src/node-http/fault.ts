// What a server's 'clientError' is told of bytes that are no request, and what node answers them with where nobody listens
// for it. Pure. Runs where (req, res) listeners do.
import { STATUS_CODES } from 'node:http';

export interface ClientFault extends Error {
  /** node's code where the fault has one there; else HPE_INVALID_REQUEST. */
  readonly code: string;
  /** That Pronghorn's workers answer with where nobody listens. */
  readonly statusCode: number;
}

const KNOWN: Readonly<Record<number, readonly [code: string, message: string]>> = {
  408: ['ERR_HTTP_REQUEST_TIMEOUT', 'Request timeout'],
  413: ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 'Parse Error: Chunk extensions overflow'],
  414: ['HPE_HEADER_OVERFLOW', 'Parse Error: Header overflow'],
  431: ['HPE_HEADER_OVERFLOW', 'Parse Error: Header overflow'],
};
const OTHER = ['HPE_INVALID_REQUEST', 'Parse Error: Invalid request'] as const;

/** @param status that the engine would have answered with */
export function faultOf(status: number): ClientFault {
  const [code, message] = KNOWN[status] ?? OTHER;
  return Object.assign(new Error(message), { code, statusCode: status });
}

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};

export function answerTo({ code }: ClientFault): string {
  const status = STATUS_BY_CODE[code] ?? 400;
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`;
}
