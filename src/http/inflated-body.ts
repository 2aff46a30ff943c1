// A request's body without its content codings, never larger than a body may be. Runs in workers. What a client did
// wrong is an error with a code, for which the server has a status.
import { pipeline } from 'node:stream';
import { CODINGS, type Coding } from '../config/compression.js';
import { PronghornError } from '../errors.js';
import { type Decoder, decoderFor, isReadable } from './content-coding.js';

type Pieces = AsyncIterable<Uint8Array>;

/** One is what clients send; each more is another lever for making much out of little. */
const CODINGS_MOST = 2;

function codingsOf(header: string): Coding[] {
  const names = header.split(',').map((name) =>
    name
      .trim()
      .toLowerCase()
      .replace(/^x-(?=gzip$)/, ''),
  );
  const codings = names.filter((name) => name !== '' && name !== 'identity');
  const isKnown = (name: string) =>
    (CODINGS as readonly string[]).includes(name) && isReadable(name as Coding);
  if (codings.length > CODINGS_MOST || !codings.every(isKnown)) {
    throw new PronghornError('ERR_PRONGHORN_BODY_CODING', { coding: header });
  }
  return codings as Coding[];
}

export class InflatedBody {
  private readonly codings: readonly Coding[];
  private readonly pieces: () => Pieces;
  private readonly most: number;
  private whole: Promise<Buffer> | undefined = undefined;

  private constructor(codings: readonly Coding[], pieces: () => Pieces, most: number) {
    this.codings = codings;
    this.pieces = pieces;
    this.most = most;
  }

  /**
   * @param header the value of Content-Encoding
   * @param most bytes of the body, inflated
   * @returns undefined if there is nothing to undo
   * @throws ERR_PRONGHORN_BODY_CODING
   */
  static of(header: string, pieces: () => Pieces, most: number): InflatedBody | undefined {
    const codings = codingsOf(header);
    return codings.length === 0 ? undefined : new InflatedBody(codings, pieces, most);
  }

  /** All of it; asked again, the same again. @throws ERR_PRONGHORN_BODY_CORRUPT, ERR_PRONGHORN_BODY_SIZE */
  all(): Promise<Buffer> {
    this.whole ??= this.collect();
    return this.whole;
  }

  /** In chunks. @throws ERR_PRONGHORN_BODY_CORRUPT, ERR_PRONGHORN_BODY_SIZE */
  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    let pieces = this.pieces();
    // The last one was applied last.
    for (const coding of this.codings.toReversed()) pieces = inflate(pieces, coding, this.most);
    return pieces as AsyncGenerator<Uint8Array, void>;
  }

  private async collect(): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
}

async function* inflate(pieces: Pieces, coding: Coding, most: number): AsyncGenerator<Uint8Array, void> {
  const source = pieces[Symbol.asyncIterator]();
  const first = await source.next();
  // No body at all is what it is.
  if (first.done) return;
  const decoder = decoderFor(coding, first.value[0]!);
  let failure: Error | undefined;
  pipeline(rejoined(first.value, source), decoder, (error) => {
    failure ??= error ?? undefined;
  });
  let bytes = 0;
  try {
    for await (const chunk of decoder as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > most) throw new PronghornError('ERR_PRONGHORN_BODY_SIZE', { most });
      yield chunk;
    }
  } catch (error) {
    throw nameable(failure ?? (error as Error), coding);
  } finally {
    (decoder as Decoder).destroy();
  }
}

/** Ends the source too, when nobody wants the rest. */
async function* rejoined(
  first: Uint8Array,
  source: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield first;
    for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
  } finally {
    await source.return?.();
  }
}

/** What the decoder says of bytes that it cannot read. */
function nameable(error: NodeJS.ErrnoException, coding: Coding): Error {
  if (error instanceof PronghornError || !/^(?:Z_|ERR_|ZSTD_)/.test(error.code ?? '')) return error;
  return new PronghornError('ERR_PRONGHORN_BODY_CORRUPT', {
    reason: `${coding}: ${error.message}`,
    cause: error,
  });
}
