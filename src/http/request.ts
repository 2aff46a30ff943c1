// One request of the native API, with its answer. Runs in workers. While its batch lasts it reads straight from
// the engine's memory, later from the block that the engine kept for it; it never shows another request's bytes.
import type { Writable } from 'node:stream';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { binding } from '../binding/load.js';
import { PronghornError } from '../errors.js';
import { Arrival } from './arrival.js';
import type { HeadersInit } from './header-lines.js';
import { IncomingBody } from './incoming-body.js';
import type { Ending, Live } from './live.js';
import { RequestHeaders } from './request-headers.js';
import { isStreamed, type ResponseInit, type ResponseStart, startStream, streamBody } from './response.js';
import { Retained } from './retained.js';
import { UpgradedSocket } from './upgraded-socket.js';
import { REQUEST, REQUEST_FLAG, type Wire } from './wire.js';

const METHODS = binding.methodNames;

export class Request extends Arrival {
  /** As the client wrote it: GET, POST, … */
  readonly method: string;
  /** Request target as the client wrote it, with its query. */
  readonly url: string;
  /** @internal */
  readonly sequence: number;
  private readonly batch: number;
  /** Place in the request ring, while the batch lasts. */
  private readonly base: number;
  private readonly flags: number;
  private answered = false;
  private retained: Retained | undefined;
  private readHeaders: RequestHeaders | undefined;
  /** Of a body that was not complete when the handler was called. */
  private incoming: IncomingBody | undefined;
  private aborter: AbortController | undefined;

  /** @internal */
  constructor(wire: Wire, base: number) {
    const { requests } = wire;
    super(wire, requests[base + REQUEST.connection]!);
    this.base = base;
    this.batch = wire.batch;
    this.sequence = requests[base + REQUEST.sequence]!;
    this.flags = requests[base + REQUEST.flags]!;
    this.method = METHODS[requests[base + REQUEST.method]!]!;
    this.url = wire.urlOf(base);
    if ((this.flags & REQUEST_FLAG.bodyFollows) !== 0) this.expectBody();
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

  /** Whether an answer was given, begun, or given up by upgrade() or drop(). */
  get isAnswered(): boolean {
    return this.answered;
  }

  /** Aborted when the client goes before its answer is complete. */
  get signal(): AbortSignal {
    if (this.aborter === undefined) {
      const aborter = new AbortController();
      this.aborter = aborter;
      this.onEnding((ending) => {
        if (ending === 'gone')
          aborter.abort(new PronghornError('ERR_PRONGHORN_REQUEST_GONE', { property: 'client' }));
      });
    }
    return this.aborter.signal;
  }

  /**
   * Calls back once: with 'finish' when the last byte of the answer has been handed to the kernel, or with 'gone' when
   * the client ended the connection, or its side of it, before that. An answer may still be tried.
   */
  onEnding(observer: (ending: Ending) => void): void {
    this.wire.engine.observe(this.connection, this.sequence);
    this.live().observe(observer);
  }

  /**
   * The body, as bytes of your own.
   * @throws ERR_PRONGHORN_REQUEST_GONE, ERR_PRONGHORN_BODY_USED
   */
  async bytes(): Promise<Uint8Array> {
    if (this.incoming !== undefined) return this.incoming.all();
    return this.isInBatch() ? this.wire.copyBody(this.base) : this.keep('body').body;
  }

  /**
   * The body as text, from UTF-8.
   * @throws ERR_PRONGHORN_REQUEST_GONE, ERR_PRONGHORN_BODY_USED
   */
  async text(): Promise<string> {
    if (this.incoming !== undefined) return (await this.incoming.all()).toString();
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
   * @throws ERR_PRONGHORN_REQUEST_GONE, ERR_PRONGHORN_BODY_USED, and SyntaxError if it is none
   */
  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  /**
   * The body in pieces, as they come. The client is read from no faster than they are taken.
   * @throws ERR_PRONGHORN_REQUEST_GONE, ERR_PRONGHORN_BODY_USED
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    if (this.incoming !== undefined) {
      yield* this.incoming;
      return;
    }
    const bytes = await this.bytes();
    if (bytes.length > 0) yield bytes;
  }

  /** The body as a Node stream. Ask for it once, and before the handler returns. */
  readable(): Readable {
    return Readable.from(this, { objectMode: false });
  }

  /** The body as a Web stream. Ask for it once, and before the handler returns. */
  get body(): ReadableStream<Uint8Array> {
    return Readable.toWeb(this.readable()) as ReadableStream<Uint8Array>;
  }

  /** Lets a client that waits for `100 Continue` send its body. Reading the body does it too. */
  continue(): void {
    this.wire.engine.continueRequest(this.connection, this.sequence);
  }

  /**
   * `103 Early Hints` before the answer (RFC 8297). An HTTP/1.0 client is not sent any.
   * @throws ERR_PRONGHORN_HTTP_HEADER
   */
  earlyHints(headers: HeadersInit): void {
    const { text } = this.wire.headerTree.lines(headers, false);
    this.wire.engine.inform(this.connection, this.sequence, `HTTP/1.1 103 Early Hints\r\n${text}\r\n`);
  }

  /**
   * Answers the request. Without effect if the client has gone meanwhile. A stream or an iterable is sent as it comes;
   * if it fails, the connection is broken off.
   * @throws ERR_PRONGHORN_HTTP_ALREADY_ANSWERED, ERR_PRONGHORN_HTTP_STATUS, ERR_PRONGHORN_HTTP_HEADER,
   * ERR_PRONGHORN_HTTP_BODY; the request can still be answered after the last three
   */
  respond(response: ResponseInit = {}): void {
    const { body } = response;
    if (isStreamed(body)) {
      streamBody(this, body, this.stream(response));
      return;
    }
    const code = this.checkedCode(response.code);
    if (body !== undefined && body !== null && typeof body !== 'string' && !(body instanceof Uint8Array)) {
      throw new PronghornError('ERR_PRONGHORN_HTTP_BODY', { type: typeof body });
    }
    const hasBody = body !== undefined && body !== null && body.length > 0;
    const keepsLength = !hasBody && ((this.flags & REQUEST_FLAG.head) !== 0 || code === 304);
    const lines =
      response.headers === undefined ? undefined : this.wire.headerTree.lines(response.headers, keepsLength);
    this.answered = true;
    this.wire.answer(this.connection, this.sequence, code, lines, hasBody ? body : undefined);
    this.leaveBody();
  }

  /**
   * Begins an answer that is written in pieces: `request.stream({ code: 200 }).end('…')`. With a Content-Length header
   * the body must have that length; else it is sent in chunks, or, to an HTTP/1.0 client, until the connection ends.
   * @throws ERR_PRONGHORN_HTTP_ALREADY_ANSWERED, ERR_PRONGHORN_HTTP_STATUS, ERR_PRONGHORN_HTTP_HEADER
   */
  stream(start: ResponseStart = {}): Writable {
    const code = this.checkedCode(start.code);
    const stream = startStream(this, code, start.headers);
    this.answered = true;
    stream.once('close', () => this.leaveBody());
    return stream;
  }

  /** Sends the client elsewhere. @param code default 302 */
  redirect(location: string, code = 302): void {
    this.respond({ code, headers: { Location: location } });
  }

  /**
   * Takes the connection over, for another protocol: everything that comes and goes from now on is the stream's, also
   * the answer with code 101. Only for a request that offers it, by Upgrade or CONNECT, and the last of its connection.
   * @throws ERR_PRONGHORN_HTTP_ALREADY_ANSWERED, ERR_PRONGHORN_HTTP_UPGRADE
   */
  upgrade(): UpgradedSocket {
    if (this.answered) throw new PronghornError('ERR_PRONGHORN_HTTP_ALREADY_ANSWERED');
    if ((this.flags & REQUEST_FLAG.upgrade) === 0) {
      throw new PronghornError('ERR_PRONGHORN_HTTP_UPGRADE', { reason: 'the client did not ask for it' });
    }
    if (this.isInBatch()) this.readHeaders ??= this.headersInBatch();
    if (!this.wire.engine.upgrade(this.connection, this.sequence)) {
      throw new PronghornError('ERR_PRONGHORN_HTTP_UPGRADE', {
        reason: 'it is gone, or earlier answers are missing',
      });
    }
    this.answered = true;
    const socket = new UpgradedSocket(this.wire.engine, this.connection, this.sequence);
    this.live().raw = socket;
    return socket;
  }

  /** Ends the connection at once, without an answer. */
  drop(): void {
    this.answered = true;
    this.wire.engine.drop(this.connection, this.sequence);
  }

  /** @internal */
  live(): Live {
    return this.wire.live(this.connection, this.sequence);
  }

  private checkedCode(code = 200): number {
    if (this.answered) throw new PronghornError('ERR_PRONGHORN_HTTP_ALREADY_ANSWERED');
    if (!Number.isInteger(code) || code < 200 || code > 599) {
      throw new PronghornError('ERR_PRONGHORN_HTTP_STATUS', { status: code });
    }
    return code;
  }

  /** The rest of the body comes in entries of its own. */
  private expectBody(): void {
    const { engine } = this.wire;
    const { connection, sequence } = this;
    this.incoming = new IncomingBody({
      start: () => engine.continueRequest(connection, sequence),
      take: (bytes) => engine.takeBody(connection, sequence, bytes),
      leave: () => {
        engine.discardBody(connection, sequence);
        const live = this.live();
        live.body = undefined;
        live.release();
      },
    });
    const first = this.wire.copyBody(this.base);
    if (first.length > 0) this.incoming.push(first);
    this.live().body = this.incoming;
  }

  /** A body that nobody has asked for by the time of the answer is let pass. */
  private leaveBody(): void {
    if (this.incoming !== undefined && !this.incoming.isWanted) this.incoming.leave();
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
    if (this.retained === undefined) {
      const block = this.wire.engine.retained(this.connection, this.sequence);
      if (block === undefined) throw new PronghornError('ERR_PRONGHORN_REQUEST_GONE', { property });
      this.retained = new Retained(block);
    }
    return this.retained;
  }
}
