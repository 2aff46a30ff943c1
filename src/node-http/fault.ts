// What a server's 'clientError' is told of bytes that are no request, and what node answers them with where nobody listens
// for it. The words are node's own: its parser is shown the bytes that the engine has refused, by itself, never a
// connection. Runs where (req, res) listeners do.
import { STATUS_CODES } from 'node:http';
import process from 'node:process';

export interface ClientFault extends Error {
  /** node's; HPE_INVALID_REQUEST where node would have let it pass. */
  readonly code: string;
  /** That Pronghorn's workers answer with where nobody listens. */
  readonly statusCode: number;
  readonly reason?: string;
  /** Of rawPacket, up to what is wrong. */
  readonly bytesParsed?: number;
  /** From the first byte of the request on, or of its body those that have come last. Not of what is late. */
  readonly rawPacket?: Buffer;
}

export interface Refused {
  /** That the engine would have answered with. */
  readonly status: number;
  readonly packet: Buffer | undefined;
  /** Whether it is part of a body, whose head was none of it. */
  readonly isInBody: boolean;
  /** The server's maxHeaderSize, where it has one. */
  readonly headBytes: number | undefined;
}

interface Verdict {
  readonly code: string;
  readonly reason: string;
  readonly bytesParsed: number;
}

/** node's binding of llhttp, as its http module has it. */
interface Parser {
  initialize(type: number, resource: object, headBytes: number, leniency: number): void;
  execute(bytes: Buffer): number | (Error & Partial<Verdict>);
}

const LATE = 408;
/** What is a limit of the engine's, whatever else is wrong. */
const LIMITS: Readonly<Record<number, readonly [code: string, reason: string]>> = {
  413: ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 'Chunk extensions overflow'],
  414: ['HPE_HEADER_OVERFLOW', 'Header overflow'],
  431: ['HPE_HEADER_OVERFLOW', 'Header overflow'],
};
const OTHER = ['HPE_INVALID_REQUEST', 'Invalid request'] as const;
const UNLIMITED = 2 ** 31 - 1;

/** So that node's parser expects a chunk. */
const HEAD_BEFORE_BODY = Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');

let parser: Parser | undefined;
let requestType = 0;

/** Made for the first fault. Undefined in a node that does not give it away. */
function ownParser(): Parser | undefined {
  if (parser === undefined) {
    const HTTPParser = (
      process.getBuiltinModule('_http_common' as 'http') as { HTTPParser?: unknown } | undefined
    )?.HTTPParser as ((new () => Parser) & { REQUEST: number }) | undefined;
    if (HTTPParser === undefined) return undefined;
    requestType = HTTPParser.REQUEST;
    parser = new HTTPParser();
  }
  return parser;
}

/** What node would say of these bytes; undefined if it finds nothing wrong with them. */
function verdictOf(packet: Buffer, isInBody: boolean, headBytes: number): Verdict | undefined {
  const own = ownParser();
  if (own === undefined) return undefined;
  own.initialize(requestType, {}, headBytes, 0);
  if (isInBody) own.execute(HEAD_BEFORE_BODY);
  const { code, reason, bytesParsed } = own.execute(packet) as Partial<Verdict>;
  return code === undefined ? undefined : { code, reason: reason ?? '', bytesParsed: bytesParsed ?? 0 };
}

export function faultOf({ status, packet, isInBody, headBytes = 0 }: Refused): ClientFault {
  if (status === LATE) {
    const error = new Error('Request timeout');
    return Object.assign(error, { code: 'ERR_HTTP_REQUEST_TIMEOUT', statusCode: status });
  }
  const limit = LIMITS[status];
  // Its length is no fault of a head that was refused for something else.
  const most = limit === undefined ? UNLIMITED : headBytes;
  const found = packet && verdictOf(packet, isInBody, most);
  const isSame = found !== undefined && (limit === undefined || limit[0] === found.code);
  const [code, reason] = limit ?? OTHER;
  const verdict = isSame ? found : { code, reason, bytesParsed: packet?.length ?? 0 };
  const error = new Error(`Parse Error: ${verdict.reason}`);
  return Object.assign(error, { ...verdict, statusCode: status, ...(packet && { rawPacket: packet }) });
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
