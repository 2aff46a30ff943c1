// Compression of answers by negotiation, and of request bodies undone. Runs in workers. There is one for a server that
// compresses and none for one that does not, which then pays for it by one comparison an answer.
import { CODINGS, type CompressionOptions } from '../config/compression.js';
import { Chooser } from './accept-encoding.js';
import { encodeLater, encoderFor, encodeSync, flushOf, isAvailable } from './content-coding.js';
import { type Encodable, encodable } from './encodable.js';
import { EncodedStream } from './encoded-stream.js';
import type { HeaderLines } from './header-lines.js';
import { InflatedBody } from './inflated-body.js';
import type { RequestHeaders } from './request-headers.js';
import { type Answered, mayHaveBody, promisedLength, startStream } from './response.js';
import type { ResponseStream } from './response-stream.js';

export interface CompressedRequest extends Answered {
  readonly headers: RequestHeaders;
}

type Body = string | Uint8Array | undefined;

/** Below it, head and body fit into one packet anyway. */
const THRESHOLD = 1024;
/** Bodies up to this size take less time to compress than to hand to another thread and back. */
const SYNC_MOST = 8 * 1024;

function give(request: CompressedRequest, code: number, lines: HeaderLines | undefined, body: Body): void {
  request.wire.answer(request.connection, request.sequence, code, lines, body);
}

export class Compression {
  /** Whether compressed request bodies are inflated. */
  readonly inflates: boolean;
  private readonly chooser: Chooser;
  private readonly threshold: number;
  private readonly level: number | undefined;
  private readonly bodyMost: number;
  private readonly known = new WeakMap<HeaderLines, Encodable | false>();

  /** @param bodyMost the most bytes of an inflated request body */
  constructor(options: CompressionOptions, bodyMost: number) {
    const { encodings = CODINGS, threshold = THRESHOLD, level, requests = true } = options;
    this.chooser = new Chooser(encodings.filter(isAvailable));
    this.threshold = threshold;
    this.level = level;
    this.inflates = requests;
    this.bodyMost = bodyMost;
  }

  /** Gives a whole answer to the engine, now or when it is compressed. */
  answer(request: CompressedRequest, code: number, lines: HeaderLines | undefined, body: Body): void {
    const shape = lines === undefined || code === 204 ? undefined : this.shapeOf(lines);
    if (shape === undefined) {
      give(request, code, lines, body);
    } else if (body === undefined) {
      this.answerEmpty(request, code, shape, lines!);
    } else if (code === 206) {
      give(request, code, shape.plain, body);
    } else if (shape.hasType) {
      this.answerFull(request, code, shape, lines!, body);
    } else {
      give(request, code, lines, body);
    }
  }

  /** Begins an answer in pieces. */
  stream(
    request: CompressedRequest,
    code: number,
    lines: HeaderLines | undefined,
  ): EncodedStream | ResponseStream {
    const shape = lines && this.shapeOf(lines);
    if (!shape || code === 204) return startStream(request, code, lines);
    const { coding, refusesIdentity } = this.choice(request);
    if (code === 304) return startStream(request, code, coding === undefined ? shape.plain : shape.weak);
    if (!shape.hasType) return startStream(request, code, lines);
    const promised = promisedLength(lines);
    const isShort = promised !== undefined && promised < this.threshold && !refusesIdentity;
    if (isShort) return startStream(request, code, lines);
    if (coding === undefined || code === 206) return startStream(request, code, shape.plain);
    const target = startStream(request, code, shape.encoded(coding));
    if (!mayHaveBody(request.method, code)) return target;
    return new EncodedStream({
      encoder: encoderFor(coding, this.level),
      target,
      flush: flushOf(coding),
      flushesEachWrite: shape.isEventStream,
    });
  }

  /**
   * @returns undefined for a body without a coding
   * @throws ERR_PRONGHORN_BODY_CODING
   */
  inflated(headers: RequestHeaders, pieces: () => AsyncIterable<Uint8Array>): InflatedBody | undefined {
    const codings = headers.get('content-encoding');
    if (codings === undefined) return undefined;
    return InflatedBody.of(codings, pieces, this.bodyMost);
  }

  private answerFull(
    request: CompressedRequest,
    code: number,
    shape: Encodable,
    lines: HeaderLines,
    body: string | Uint8Array,
  ): void {
    const { coding, refusesIdentity } = this.choice(request);
    const size = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    if (size < this.threshold && !(refusesIdentity && coding)) {
      give(request, code, lines, body);
      return;
    }
    if (coding === undefined) {
      give(request, code, shape.plain, body);
      return;
    }
    // A copy: what the application does with its bytes from now on is not the answer's business.
    const bytes = Buffer.from(body as string);
    const giveShorter = (encoded: Buffer) => {
      if (encoded.length < size || refusesIdentity) give(request, code, shape.encoded(coding), encoded);
      else give(request, code, shape.plain, bytes);
    };
    if (size <= SYNC_MOST) {
      giveShorter(encodeSync(coding, bytes, this.level));
      return;
    }
    encodeLater(coding, bytes, this.level, (error, encoded) => {
      if (error) {
        request.wire.fail(request, error);
        give(request, code, shape.plain, bytes);
      } else {
        giveShorter(encoded);
      }
    });
  }

  /** An answer to HEAD, or 304: the headers are those of the answer with a body. */
  private answerEmpty(request: CompressedRequest, code: number, shape: Encodable, lines: HeaderLines): void {
    const { coding } = this.choice(request);
    const promised = promisedLength(lines);
    if (code === 304) {
      give(request, code, coding === undefined ? shape.plain : shape.weak, undefined);
    } else if (
      request.method === 'HEAD' &&
      shape.hasType &&
      promised !== undefined &&
      promised >= this.threshold
    ) {
      // Nobody has compressed it, so its length is not known.
      if (coding !== undefined && code !== 206) startStream(request, code, shape.encoded(coding)).end();
      else give(request, code, shape.plain, undefined);
    } else {
      give(request, code, lines, undefined);
    }
  }

  private choice(request: CompressedRequest) {
    let header: string | undefined;
    try {
      header = request.headers.get('accept-encoding');
    } catch {
      // The client has gone, and the answer goes nowhere.
    }
    return this.chooser.choose(header);
  }

  private shapeOf(lines: HeaderLines): Encodable | undefined {
    const known = this.known.get(lines);
    if (known !== undefined) return known || undefined;
    const shape = encodable(lines);
    // Lines with a number come again, as the same object.
    if (lines.block >= 0) this.known.set(lines, shape ?? false);
    return shape;
  }
}
