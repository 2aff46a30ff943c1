// One request of the native API, with its answer. Runs in workers. What was asked is in the classes that it is made of:
// exchange.ts (head), incoming-request.ts (body); this file is about answering.
import type { Writable } from 'node:stream';
import { PronghornError } from '../errors.js';
import { answerFile } from './file-answer.js';
import { FileBody } from './file-body.js';
import { type HeaderLines, type HeadersInit, withLines } from './header-lines.js';
import { IncomingRequest } from './incoming-request.js';
import { REQUEST_FLAG } from './layout.js';
import type { RawInlet } from './live.js';
import { cookiesIn } from './request-cookies.js';
import { type RequestTarget, targetOf } from './request-target.js';
import {
  isStreamed,
  mayTellLength,
  type ResponseInit,
  type ResponseStart,
  startStream,
  streamBody,
} from './response.js';
import { cookieLines } from './set-cookie.js';
import { UpgradedSocket } from './upgraded-socket.js';

/**
 * One request, with its answer: in workers, the argument of `request` and `route` listeners. It stays valid however late it is
 * answered.
 */
export class Request extends IncomingRequest {
  private target: RequestTarget | undefined = undefined;
  private readQuery: URLSearchParams | undefined = undefined;
  private readCookies: ReadonlyMap<string, string> | undefined = undefined;

  /**
   * The url's path, still percent-encoded: `/a%20b` of `/a%20b?c`, also where the client named the host with it.
   * `*` of `OPTIONS *`, empty of CONNECT.
   */
  get path(): string {
    this.target ??= targetOf(this.method, this.url);
    return this.target.path;
  }

  /** The url's query, decoded. The same object each time. */
  get query(): URLSearchParams {
    this.target ??= targetOf(this.method, this.url);
    this.readQuery ??= new URLSearchParams(this.target.query);
    return this.readQuery;
  }

  /**
   * The cookies that the client sent, in its order, values as sent. Of several with one name the first counts: clients
   * put the one with the longest path there.
   * @throws ERR_PRONGHORN_REQUEST_GONE, ERR_PRONGHORN_CLIENT_GONE
   */
  get cookies(): ReadonlyMap<string, string> {
    this.readCookies ??= cookiesIn(this.headers.getAll('cookie'));
    return this.readCookies;
  }

  /**
   * Sends `103 Early Hints` before the answer (RFC 8297). An HTTP/1.0 client is not sent any; nor is anybody behind the answer.
   * @throws ERR_PRONGHORN_HTTP_HEADER
   */
  earlyHints(headers: HeadersInit): void {
    const { text } = this.wire.headerTree.lines(headers, false);
    if (this.answered) return;
    this.wire.engine.inform(this.connection, this.sequence, `HTTP/1.1 103 Early Hints\r\n${text}\r\n`);
  }

  /**
   * Answers the request. Without effect if the client has gone meanwhile. A stream or an iterable is sent as it comes;
   * if it fails, the connection is broken off.
   * @throws ERR_PRONGHORN_HTTP_ALREADY_ANSWERED, ERR_PRONGHORN_HTTP_STATUS, ERR_PRONGHORN_HTTP_HEADER,
   * ERR_PRONGHORN_HTTP_COOKIE, ERR_PRONGHORN_HTTP_BODY; the request can still be answered after the last four
   */
  respond(response: ResponseInit = {}): void {
    const { body } = response;
    if (body instanceof FileBody) {
      answerFile(this, body, response);
      return;
    }
    if (isStreamed(body)) {
      streamBody(this, body, this.stream(response));
      return;
    }
    const code = this.checkedCode(response.code);
    if (body !== undefined && body !== null && typeof body !== 'string' && !(body instanceof Uint8Array)) {
      throw new PronghornError('ERR_PRONGHORN_HTTP_BODY', { type: typeof body });
    }
    const hasBody = body !== undefined && body !== null && body.length > 0;
    const keepsLength =
      !hasBody && mayTellLength(code) && ((this.flags & REQUEST_FLAG.head) !== 0 || code === 304);
    this.send(code, this.linesOf(response, keepsLength), hasBody ? body : undefined);
  }

  /**
   * Begins an answer that is written in pieces: `request.stream({ code: 200 }).end('…')`. With a Content-Length header
   * the body must have that length; else it is sent in chunks, or, to an HTTP/1.0 client, until the connection ends.
   * @throws ERR_PRONGHORN_HTTP_ALREADY_ANSWERED, ERR_PRONGHORN_HTTP_STATUS, ERR_PRONGHORN_HTTP_HEADER,
   * ERR_PRONGHORN_HTTP_COOKIE
   */
  stream(start: ResponseStart = {}): Writable {
    const code = this.checkedCode(start.code);
    return this.begin(code, this.linesOf(start, mayTellLength(code)));
  }

  /**
   * Sends the client elsewhere, without a body.
   * @param location url, absolute or relative, as it is to be sent
   * @param code default 302
   * @throws what respond() throws
   */
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
    if (!this.canUpgrade) {
      throw new PronghornError('ERR_PRONGHORN_HTTP_UPGRADE', { reason: 'the client did not ask for it' });
    }
    this.holdHeaders();
    const socket = new UpgradedSocket(this.wire.engine, this.connection, this.sequence, this.remoteAddress);
    if (!this.leaveHttp(socket)) {
      throw new PronghornError('ERR_PRONGHORN_HTTP_UPGRADE', {
        reason: 'it is gone, or earlier answers are missing',
      });
    }
    return socket;
  }

  /** @returns false where the connection cannot be taken over @internal */
  leaveHttp(inlet: RawInlet): boolean {
    if (!this.wire.engine.upgrade(this.connection, this.sequence)) return false;
    this.answered = true;
    this.live().raw = inlet;
    return true;
  }

  /** In the url it wins over the Host header (RFC 9112 section 3.2.2). */
  protected override requestedHost(): string | undefined {
    // A path names none.
    if (this.url.startsWith('/')) return this.headers.get('host');
    this.target ??= targetOf(this.method, this.url);
    return this.target.host ?? this.headers.get('host');
  }

  /** @internal */
  checkedCode(code = 200): number {
    if (this.answered) throw new PronghornError('ERR_PRONGHORN_HTTP_ALREADY_ANSWERED');
    if (!Number.isInteger(code) || code < 200 || code > 599) {
      throw new PronghornError('ERR_PRONGHORN_HTTP_STATUS', { status: code });
    }
    return code;
  }

  /** @internal */
  linesOf({ headers, cookies }: ResponseStart, keepsLength: boolean): HeaderLines | undefined {
    const lines = headers === undefined ? undefined : this.wire.headerTree.lines(headers, keepsLength);
    return cookies === undefined ? lines : withLines(lines, cookieLines(cookies));
  }

  /** The whole answer. @internal */
  send(code: number, lines: HeaderLines | undefined, body: string | Uint8Array | undefined): void {
    this.answered = true;
    const { wire } = this;
    if (wire.compression === undefined) wire.answer(this.connection, this.sequence, code, lines, body);
    else wire.compression.answer(this, code, lines, body);
    this.leaveBody();
  }

  /** The head of an answer, and a stream for the rest. @internal */
  begin(code: number, lines: HeaderLines | undefined): Writable {
    const { compression } = this.wire;
    const stream =
      compression === undefined ? startStream(this, code, lines) : compression.stream(this, code, lines);
    this.answered = true;
    stream.once('close', () => this.leaveBody());
    return stream;
  }
}
