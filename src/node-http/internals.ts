// What the facade uses of node's own messages beyond their documented interface, in one place: fields by their names, and
// symbols found on an object that node has made. Runs where (req, res) listeners do.
import { IncomingMessage, OutgoingMessage, type Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

/** Names by which node:http keeps what is set on a response. */
export interface Response extends ServerResponse<Request> {
  [field: symbol]: unknown;
  socket: Socket | null;
  destroyed: boolean;
  statusMessage: string;
  readonly outputData: readonly unknown[];
  readonly _eventsCount: number;
  _header: string | null;
  _headerSent: boolean;
  _contentLength: number | null;
  _hasBody: boolean;
  _trailer: string;
  _last: boolean;
  _closed: boolean;
  _sent100: boolean;
  _expect_continue: boolean;
  _removedConnection: boolean;
  _removedContLen: boolean;
  _removedTE: boolean;
  _defaultKeepAlive: boolean;
  _keepAliveTimeout: number;
  _maxRequestsPerSocket: number | null;
  maxRequestsOnConnectionReached: boolean;
  strictContentLength: boolean;
  _implicitHeader(): void;
  _flush(): void;
  _finish(): void;
  _storeHeader(firstLine: string, headers: unknown): void;
  _writeRaw(data: string | Uint8Array, encoding?: unknown, callback?: unknown, size?: number): boolean;
}

export interface Request extends IncomingMessage {
  joinDuplicateHeaders: boolean;
  upgrade: boolean;
  readonly _eventsCount: number;
  /** Before node 24. */
  readonly _consuming?: boolean;
  readonly _readableState: {
    ended: boolean;
    endEmitted: boolean;
    destroyed: boolean;
    closed: boolean;
    readonly resumeScheduled: boolean;
  };
  _addHeaderLines(lines: string[], count: number): void;
  _dump(): void;
}

type ResponseClass = new (request: Request, options: object) => Response;
type RequestClass = new (socket: Socket) => Request;

/** node's own methods, which do for every response that is not ours what they always did. */
export const node = OutgoingMessage.prototype as unknown as Pick<Response, '_storeHeader' | '_writeRaw'> & {
  end(chunk?: unknown, encoding?: unknown, callback?: unknown): Response;
  setHeader(name: string, value: unknown): Response;
};

function symbolOf(object: object, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(object).find((symbol) => symbol.description === description);
}

const sample = new ServerResponse(new IncomingMessage(new Socket()));

/** Under it, node keeps the headers that were set: lower-case name → [name, value]. Without it all is left to node. */
export const HEADERS = symbolOf(sample, 'kOutHeaders');
/** Newer versions have a field of its own for what was told by the socket. */
export const FINISHED = symbolOf(sample, 'kWritableFinished');
/** Newer versions hold pieces of a body back, without sending their head, and count their bytes here. */
export const BUFFERED = symbolOf(sample, 'kChunkedLength');
const UNIQUE_HEADERS = 'kUniqueHeaders';

/** What a server was told about its messages. */
export interface Making {
  readonly request: RequestClass;
  readonly response: ResponseClass;
  readonly uniqueHeaders: { readonly symbol: symbol; readonly names: unknown } | undefined;
}

export function makingOf(server: Server): Making {
  const of = server as unknown as Record<symbol, unknown>;
  const unique = symbolOf(server, UNIQUE_HEADERS);
  const names = unique && of[unique];
  return {
    request: of[symbolOf(server, 'IncomingMessage') ?? Symbol()] as RequestClass,
    response: of[symbolOf(server, 'ServerResponse') ?? Symbol()] as ResponseClass,
    uniqueHeaders: unique && names ? { symbol: unique, names } : undefined,
  };
}
