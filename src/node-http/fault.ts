// What a server's 'clientError' is told of bytes that are no request, and what they are answered with where nobody
// listens for it. Pure. Runs where (req, res) listeners do.
import { STATUS_CODES } from 'node:http';

export interface ClientFault extends Error {
  /** node's code where the fault has one there; else HPE_INVALID_REQUEST. */
  readonly code: string;
  /** That Pronghorn answers with where nobody listens. */
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

export function answerTo({ statusCode }: ClientFault): string {
  return `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
}
