// multipart/form-data (RFC 7578) in parts, on @fastify/busboy. Runs in workers. Back-pressure goes all the way: a file
// that is not read stops the parser, and the parser the client.
import { type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { PronghornError } from '../errors.js';
import { FilePart, type FormLimits, type FormPart, fieldPart } from './form-part.js';

const NAME_BYTES_MOST = 1024;
const PART_HEADERS_MOST = 32;
const PART_HEADER_BYTES_MOST = 16 * 1024;

/** Parts that have come and were not asked for yet; fields can be several in a chunk. */
class Queue {
  private readonly parts: FormPart[] = [];
  private wake: (() => void) | undefined;
  private isOver = false;
  private failure: unknown;

  push(part: FormPart): void {
    this.parts.push(part);
    this.wake?.();
  }

  end(failure?: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.failure = failure;
    this.wake?.();
  }

  async next(): Promise<FormPart | undefined> {
    while (this.parts.length === 0 && !this.isOver) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    if (this.failure !== undefined) throw this.failure;
    return this.parts.shift();
  }
}

function limit(what: string, most: number): PronghornError {
  return new PronghornError('ERR_PRONGHORN_FORM_LIMIT', { what, most });
}

/** The parser does not say which of its errors are the client's; all are about what came. */
function corrupt(error: Error): Error {
  const isOurs = error instanceof PronghornError;
  return isOurs
    ? error
    : new PronghornError('ERR_PRONGHORN_FORM_CORRUPT', { reason: error.message, cause: error });
}

class Parsing {
  readonly queue = new Queue();
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #parser: BusboyInstance;
  #file: Readable | undefined;

  constructor(source: AsyncIterable<Uint8Array>, type: string, limits: Required<FormLimits>) {
    this.#source = source;
    this.#parser = this.#makeParser(type, limits);
  }

  run(): void {
    const { queue } = this;
    const parser = this.#parser;
    // The parser is a stream of an older make, which does not always say when it was destroyed.
    const inlet = new Writable({
      write: (chunk, _encoding, done) => void parser.write(chunk, (error) => done(error)),
      final: (done) => {
        parser.once('finish', () => done());
        parser.end();
      },
    });
    parser.on('error', (error: Error) => inlet.destroy(corrupt(error)));
    this.fail = (error) => inlet.destroy(error);
    pipeline(this.#source, inlet).then(
      () => queue.end(),
      (error: Error) => {
        queue.end(error);
        this.#file?.destroy(error);
      },
    );
  }

  /** Ends it, with the source. */
  fail: (error?: Error) => void = () => {};

  #makeParser(type: string, { fields, files, fieldSize, fileSize }: Required<FormLimits>): BusboyInstance {
    const { queue } = this;
    const parser = boundaryOf(type, {
      fieldNameSize: NAME_BYTES_MOST,
      headerPairs: PART_HEADERS_MOST,
      headerSize: PART_HEADER_BYTES_MOST,
      fields,
      files,
      fieldSize,
      fileSize,
    });
    parser.on('field', (name, value, isNameCut, isValueCut) => {
      if (isValueCut) this.fail(limit('bytes of a field', fieldSize));
      else if (isNameCut) this.fail(limit("bytes of a field's name", NAME_BYTES_MOST));
      else queue.push(fieldPart(name ?? '', value));
    });
    parser.on('file', (name, stream, filename, _encoding, mediaType) => {
      this.#file = stream;
      stream.on('error', () => {});
      stream.on('limit', () => this.fail(limit('bytes of a file', fileSize)));
      queue.push(new FilePart(name ?? '', filename ?? '', mediaType, stream));
    });
    parser.on('fieldsLimit', () => this.fail(limit('fields', fields)));
    parser.on('filesLimit', () => this.fail(limit('files', files)));
    return parser;
  }
}

function boundaryOf(type: string, limits: Record<string, number>): BusboyInstance {
  try {
    return new Busboy({ headers: { 'content-type': type }, limits });
  } catch (error) {
    throw corrupt(error as Error);
  }
}

/** @throws ERR_PRONGHORN_FORM_CORRUPT, ERR_PRONGHORN_FORM_LIMIT */
export async function* multipartParts(
  source: AsyncIterable<Uint8Array>,
  type: string,
  limits: Required<FormLimits>,
): AsyncGenerator<FormPart, void> {
  const parsing = new Parsing(source, type, limits);
  parsing.run();
  try {
    for (;;) {
      const part = await parsing.queue.next();
      if (part === undefined) return;
      yield part;
      if (part.kind === 'file') part.skip();
    }
  } finally {
    parsing.fail();
  }
}
