// One request of the native API, with its answer. Runs in workers. While its batch lasts it reads straight from
// the engine's memory, later from the block that the engine kept for it; it never shows another request's bytes.
import { binding } from '../binding/load.js';
import { PronghornError } from '../errors.js';
import type { HeadersInit } from './header-lines.js';
import { RequestHeaders } from './request-headers.js';
import { Retained } from './retained.js';
import { REQUEST, REQUEST_FLAG, type Wire } from './wire.js';

const METHODS = binding.methodNames;
const HEAD_FLAG = binding.contract.requestFlags.head!;

export interface ResponseInit {
  /** Status code, 200 to 599. Default 200. */
  code?: number;
  /**
   * Date, Content-Length and Connection are the server's, unless given: a Date stands, `Connection: close` closes, and
   * a Content-Length stands in an answer without a body of its own (to HEAD, or 304).
   */
  headers?: HeadersInit;
  /** A string is sent as UTF-8. Left out of the answer to HEAD, and of 204 and 304 (RFC 9110 section 6.4.1). */
  body?: string | Uint8Array | null;
}

export class Request {
  /** As the client wrote it: GET, POST, … */
  readonly method: string;
  /** Request target as the client wrote it, with its query. */
  readonly url: string;
  private readonly wire: Wire;
  private readonly connection: number;
  private readonly sequence: number;
  private readonly batch: number;
  /** Place in the request ring, while the batch lasts. */
  private readonly base: number;
  private readonly flags: number;
  private answered = false;
  private retained: Retained | undefined;
  private readHeaders: RequestHeaders | undefined;

  /** @internal */
  constructor(wire: Wire, base: number) {
    const { requests } = wire;
    this.wire = wire;
    this.base = base;
    this.batch = wire.batch;
    this.connection = requests[base + REQUEST.connection]!;
    this.sequence = requests[base + REQUEST.sequence]!;
    this.flags = requests[base + REQUEST.flags]!;
    this.method = METHODS[requests[base + REQUEST.method]!]!;
    if ((this.flags & REQUEST_FLAG.retained) === 0) {
      this.url = wire.urlOf(base);
    } else {
      this.retained = this.load();
      this.url = this.retained?.url ?? '';
    }
  }

  /**
   * The request's headers. Of a request that was answered before they were ever read, they can be read only until
   * its handler returns.
   * @throws ERR_PRONGHORN_REQUEST_GONE
   */
  get headers(): RequestHeaders {
    this.readHeaders ??= this.isInBatch() ? this.headersInBatch() : this.keep('headers').headers;
    return this.readHeaders;
  }

  /** The client's IP address, undefined when it has gone; empty on a unix socket. */
  get remoteAddress(): string | undefined {
    return this.wire.engine.remoteAddress(this.connection);
  }

  /** Whether respond() was called. */
  get isAnswered(): boolean {
    return this.answered;
  }

  /**
   * The body, as bytes of your own.
   * @throws ERR_PRONGHORN_REQUEST_GONE
   */
  async bytes(): Promise<Uint8Array> {
    if (!this.isInBatch()) return this.keep('body').body;
    const { input, requests } = this.wire;
    const start = requests[this.base + REQUEST.bodyOffset]!;
    const length = requests[this.base + REQUEST.bodyLength]!;
    const bytes = Buffer.allocUnsafe(length);
    input.copy(bytes, 0, start, start + length);
    return bytes;
  }

  /**
   * The body as text, from UTF-8.
   * @throws ERR_PRONGHORN_REQUEST_GONE
   */
  async text(): Promise<string> {
    if (!this.isInBatch()) {
      const { body } = this.keep('body');
      return body.utf8Slice(0, body.length);
    }
    const { input, requests } = this.wire;
    const start = requests[this.base + REQUEST.bodyOffset]!;
    return input.utf8Slice(start, start + requests[this.base + REQUEST.bodyLength]!);
  }

  /**
   * The body as JSON.
   * @throws ERR_PRONGHORN_REQUEST_GONE, and SyntaxError if it is none
   */
  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  /**
   * Answers the request. Without effect if the client has gone meanwhile.
   * @throws ERR_PRONGHORN_HTTP_ALREADY_ANSWERED, ERR_PRONGHORN_HTTP_STATUS, ERR_PRONGHORN_HTTP_HEADER,
   * ERR_PRONGHORN_HTTP_BODY; the request can still be answered after the last three
   */
  respond(response: ResponseInit = {}): void {
    if (this.answered) throw new PronghornError('ERR_PRONGHORN_HTTP_ALREADY_ANSWERED');
    const { code = 200, body } = response;
    if (!Number.isInteger(code) || code < 200 || code > 599) {
      throw new PronghornError('ERR_PRONGHORN_HTTP_STATUS', { status: code });
    }
    if (body !== undefined && body !== null && typeof body !== 'string' && !(body instanceof Uint8Array)) {
      throw new PronghornError('ERR_PRONGHORN_HTTP_BODY', { type: typeof body });
    }
    const hasBody = body !== undefined && body !== null && body.length > 0;
    const keepsLength = !hasBody && ((this.flags & HEAD_FLAG) !== 0 || code === 304);
    const lines =
      response.headers === undefined ? undefined : this.wire.headerTree.lines(response.headers, keepsLength);
    this.answered = true;
    this.wire.answer(this.connection, this.sequence, code, lines, hasBody ? body : undefined);
  }

  private isInBatch(): boolean {
    return this.retained === undefined && this.batch === this.wire.batch;
  }

  private headersInBatch(): RequestHeaders {
    const { requests, input, headers } = this.wire;
    const start = requests[this.base + REQUEST.headOffset]!;
    const head = input.latin1Slice(start, start + requests[this.base + REQUEST.headLength]!);
    const first = requests[this.base + REQUEST.headersStart]!;
    return new RequestHeaders(head, headers, first, requests[this.base + REQUEST.headerCount]!);
  }

  private keep(property: string): Retained {
    this.retained ??= this.load();
    if (this.retained === undefined) throw new PronghornError('ERR_PRONGHORN_REQUEST_GONE', { property });
    return this.retained;
  }

  private load(): Retained | undefined {
    const block = this.wire.engine.retained(this.connection, this.sequence);
    return block === undefined ? undefined : new Retained(block);
  }
}
