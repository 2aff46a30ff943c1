// The body of a request, in every form in which an application may want it. Runs in workers. A body that was complete
// when its handler was called is read from the engine's memory, one that was not as it comes.
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { Exchange } from './exchange.js';
import { type Form, type FormLimits, type FormPart, formParts, readForm } from './form.js';
import { IncomingBody } from './incoming-body.js';
import type { InflatedBody } from './inflated-body.js';
import { REQUEST, REQUEST_FLAG } from './layout.js';
import { RequestHeaders } from './request-headers.js';
import type { Wire } from './wire.js';

export abstract class IncomingRequest extends Exchange {
  /** Of a body that was not complete when the handler was called. */
  private incoming: IncomingBody | undefined = undefined;
  private inflated: InflatedBody | undefined = undefined;
  private readTrailers: RequestHeaders | undefined = undefined;

  /** @internal */
  constructor(wire: Wire, base: number) {
    super(wire, base);
    if ((this.flags & REQUEST_FLAG.bodyFollows) !== 0) this.expectBody();
  }

  /**
   * The body, as bytes of your own; empty if there is none. At most maxBodySize: the engine refuses what is larger with 413.
   * @throws ERR_PRONGHORN_REQUEST_GONE, ERR_PRONGHORN_CLIENT_GONE, ERR_PRONGHORN_BODY_USED; of a compressed one ERR_PRONGHORN_BODY_CODING,
   * ERR_PRONGHORN_BODY_CORRUPT, ERR_PRONGHORN_BODY_SIZE
   */
  bytes(): Promise<Uint8Array> {
    return this.wire.compression === undefined ? this.rawBytes() : this.inflatedBytes();
  }

  /**
   * The body as text, from UTF-8; bytes that are none become U+FFFD.
   * @throws what bytes() throws
   */
  async text(): Promise<string> {
    const inflated = this.inflating();
    if (inflated !== undefined) return (await inflated.all()).toString();
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
   * @throws what bytes() throws, and SyntaxError if it is none
   */
  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  /**
   * Header lines that the client has sent behind a chunked body: none before the body has been read to its end. Whatever
   * they say, nothing but the application goes by it.
   * @throws of a request whose body was complete when its handler was called, what `headers` does
   */
  get trailers(): RequestHeaders {
    if (this.readTrailers === undefined) {
      const lines = this.trailerLines();
      if (lines === undefined) return RequestHeaders.of('');
      this.readTrailers = RequestHeaders.of(lines);
    }
    return this.readTrailers;
  }

  /**
   * The body as a form, urlencoded or multipart, with its files in memory.
   * @param limits defaults are those of FormLimits
   * @throws ERR_PRONGHORN_FORM_TYPE, ERR_PRONGHORN_FORM_CORRUPT, ERR_PRONGHORN_FORM_LIMIT, and what bytes() throws
   */
  form(limits?: FormLimits): Promise<Form> {
    return readForm(this, limits);
  }

  /**
   * The parts of a form as they come: fields with their values, files as streams. A file that was not read when the
   * next part is asked for is skipped.
   * @param limits defaults are those of FormLimits
   * @throws what form() throws
   */
  parts(limits?: FormLimits): AsyncGenerator<FormPart, void> {
    return formParts(this, limits);
  }

  /**
   * The body in pieces, as they come. The client is read from no faster than they are taken.
   * @throws what bytes() throws
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    const inflated = this.inflating();
    yield* inflated ?? this.pieces();
  }

  /** The body as a Node stream. Ask for it once, and before the handler returns. */
  readable(): Readable {
    return Readable.from(this, { objectMode: false });
  }

  /** The body as a Web stream. Ask for it once, and before the handler returns. */
  get body(): ReadableStream<Uint8Array> {
    return Readable.toWeb(this.readable()) as ReadableStream<Uint8Array>;
  }

  /** Whether wholeBody() has any, while its batch lasts. @internal */
  hasWholeBody(): boolean {
    if (this.incoming !== undefined || !this.isInBatch()) return false;
    return this.wire.requests[this.base + REQUEST.bodyLength]! > 0;
  }

  /** The body, if it was complete when the request was handed over. @internal */
  wholeBody(): Uint8Array | undefined {
    if (this.incoming !== undefined) return undefined;
    return this.isInBatch() ? this.wire.copyBody(this.base) : this.keep('body').body;
  }

  /** The body, if it was not. @internal */
  get bodyInPieces(): IncomingBody | undefined {
    return this.incoming;
  }

  /** Lets a client that waits for `100 Continue` send its body. Reading the body does it too. Not behind the answer. */
  continue(): void {
    // The answer may not have left yet: nothing may overtake it.
    if (!this.answered) this.wire.engine.continueRequest(this.connection, this.sequence);
  }

  /** A body that nobody has asked for by the time of the answer is let pass. */
  protected leaveBody(): void {
    if (this.incoming !== undefined && !this.incoming.isWanted) this.incoming.leave();
  }

  private async inflatedBytes(): Promise<Uint8Array> {
    return this.inflating()?.all() ?? this.rawBytes();
  }

  /** The body without its content codings, if it has any and the server is to take them off. */
  private inflating(): InflatedBody | undefined {
    const { compression } = this.wire;
    if (compression === undefined || !compression.inflates) return undefined;
    this.inflated ??= compression.inflated(this.headers, () => this.pieces());
    return this.inflated;
  }

  private trailerLines(): string | undefined {
    if (this.incoming !== undefined) return this.incoming.trailers;
    return this.isInBatch() ? this.wire.trailersOf(this.base) : this.keep('trailers').trailers;
  }

  /** Not async, which would cost another promise for each small body. */
  private rawBytes(): Promise<Uint8Array> {
    if (this.incoming !== undefined) return this.incoming.all();
    return this.isInBatch() ? Promise.resolve(this.wire.copyBody(this.base)) : this.keptBody();
  }

  private async keptBody(): Promise<Uint8Array> {
    return this.keep('body').body;
  }

  /** As it was sent. */
  private async *pieces(): AsyncGenerator<Uint8Array, void> {
    if (this.incoming !== undefined) {
      yield* this.incoming;
      return;
    }
    const bytes = await this.rawBytes();
    if (bytes.length > 0) yield bytes;
  }

  /** The rest of the body comes in entries of its own. */
  private expectBody(): void {
    const { engine } = this.wire;
    const { connection, sequence } = this;
    this.incoming = new IncomingBody({
      start: () => this.continue(),
      take: (bytes) => engine.takeBody(connection, sequence, bytes),
      leave: () => {
        engine.discardBody(connection, sequence);
        const live = this.live();
        live.body = undefined;
        live.release();
      },
    });
    this.incoming.push(this.wire.copyBody(this.base), this.wire.trailersOf(this.base));
    this.live().body = this.incoming;
  }
}
