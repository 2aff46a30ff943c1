// The body of a light Request or Response: what it was made of, for as long as nobody asks for a stream. Runs in
// workers. Reads as the Fetch standard says: once, and a locked or disturbed stream not at all. What is rare (forms,
// blobs, streams) is left to Node's own Response.
import { Readable } from 'node:stream';
import type { ReadableByteStreamController } from 'node:stream/web';
import { toUSVString } from 'node:util';
import { NativeResponse } from './natives.js';

/** A request's body, as the native Request has it. */
export interface IncomingSource {
  bytes(): Promise<Uint8Array>;
  text(): Promise<string>;
  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void>;
}

/** Bytes are nobody else's; a string is meant as UTF-8. */
export type BodySource = string | Uint8Array | Blob | ReadableStream<Uint8Array> | IncomingSource;

const decoder = new TextDecoder();
const BYTE_ORDER_MARK = '\ufeff';

function unusable(): TypeError {
  return new TypeError('Body is unusable: it has been read, or its stream is locked');
}

function withoutMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

/** As the standard makes the streams of bodies; nothing is asked for before somebody reads. */
function byteStream(source: {
  start?(controller: ReadableByteStreamController): void;
  pull?(controller: ReadableByteStreamController): Promise<void>;
  cancel?(): Promise<void>;
}): ReadableStream<Uint8Array> {
  return new ReadableStream({ ...source, type: 'bytes' }, { highWaterMark: 0 });
}

/** A byte stream of what is there already. */
function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return byteStream({
    start(controller) {
      if (bytes.length > 0) controller.enqueue(new Uint8Array(bytes));
      controller.close();
    },
  });
}

/** The client is read from no faster than the stream is. */
function streamOfIncoming(source: IncomingSource): ReadableStream<Uint8Array> {
  const pieces = source[Symbol.asyncIterator]();
  return byteStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (!done) return controller.enqueue(new Uint8Array(value));
      controller.close();
      controller.byobRequest?.respond(0);
    },
    async cancel() {
      await pieces.return();
    },
  });
}

/** One that has been read to its end by somebody else. */
function spentStream(): ReadableStream<Uint8Array> {
  const stream = byteStream({});
  void stream.getReader().cancel();
  return stream;
}

export class FetchBody {
  readonly #source: BodySource;
  #stream: ReadableStream<Uint8Array> | undefined;
  #isTaken = false;

  constructor(source: BodySource) {
    this.#source = source;
    if (source instanceof ReadableStream) this.#stream = source;
  }

  get stream(): ReadableStream<Uint8Array> {
    this.#stream ??= this.#isTaken ? spentStream() : this.#makeStream();
    return this.#stream;
  }

  get isUsed(): boolean {
    return this.#stream === undefined ? this.#isTaken : Readable.isDisturbed(this.#stream as never);
  }

  get isUsable(): boolean {
    return !this.isUsed && this.#stream?.locked !== true;
  }

  /**
   * What it is made of, for its only reader: the stream, where there is one.
   * @throws TypeError when it has been read
   */
  take(): BodySource {
    if (!this.isUsable) throw unusable();
    this.#isTaken = true;
    return this.#stream ?? this.#source;
  }

  /** Another one with the same bytes. @throws TypeError when it has been read */
  clone(): FetchBody {
    if (!this.isUsable) throw unusable();
    const source = this.#source;
    if (typeof source === 'string' || source instanceof Uint8Array || source instanceof Blob) {
      if (this.#stream === undefined) return new FetchBody(source);
    }
    const [mine, others] = this.stream.tee();
    this.#stream = mine;
    return new FetchBody(others);
  }

  async text(): Promise<string> {
    const source = this.take();
    if (typeof source === 'string') return withoutMark(toUSVString(source));
    if (source instanceof Uint8Array) return decoder.decode(source);
    if (source instanceof ReadableStream) return new NativeResponse(source).text();
    return withoutMark(await source.text());
  }

  /** Bytes of the caller's own. */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const source = this.take();
    if (typeof source === 'string') return new Uint8Array(Buffer.from(source));
    if (source instanceof Uint8Array) return new Uint8Array(source);
    if (source instanceof ReadableStream)
      return new Uint8Array(await new NativeResponse(source).arrayBuffer());
    if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
    return new Uint8Array(await source.bytes());
  }

  #makeStream(): ReadableStream<Uint8Array> {
    const source = this.#source;
    if (typeof source === 'string') return streamOf(Buffer.from(source));
    if (source instanceof Uint8Array) return streamOf(source);
    if (source instanceof Blob) return source.stream() as ReadableStream<Uint8Array>;
    return streamOfIncoming(source as IncomingSource);
  }
}

/** A body for reading by one of Node's methods: a form, a blob. */
export async function nativeBody(
  body: FetchBody | undefined,
  type: string | null,
): Promise<globalThis.Response> {
  const headers: [string, string][] = type === null ? [] : [['content-type', type]];
  return new NativeResponse(body === undefined ? null : await body.bytes(), { headers });
}
