// Whether an answer may be compressed, from its header lines, and the lines that it has then. Pure, runs in workers.
// Lines that are used again are looked at once.
import { binding } from '../binding/load.js';
import type { Coding } from '../config/compression.js';
import { type HeaderLines, valueIn } from './header-lines.js';

const HAS_LENGTH = binding.contract.responseFlags.hasLength!;

/** What is text under another name. Anything that is not here may be compressed already. */
const TEXT =
  /^(?:text\/|application\/(?:json|javascript|ecmascript|xml|wasm|x-ndjson|x-javascript|manifest\+json|graphql|rtf|sql|toml|yaml|x-yaml|x-www-form-urlencoded|x-protobuf|vnd\.ms-fontobject)\b|image\/(?:bmp|x-icon|vnd\.microsoft\.icon)\b|font\/(?:ttf|otf|collection)\b|model\/obj\b|[^/;]+\/[^;]+\+(?:json|xml|text|yaml)\b)/i;
const EVENT_STREAM = /^text\/event-stream\b/i;
const NO_TRANSFORM = /(?:^|,)[ \t]*no-transform[ \t]*(?:,|$)/i;
/** Of the bytes as they are sent: they would be wrong. */
const DIGESTS = ['content-digest', 'repr-digest', 'digest', 'content-md5'];

const VARY = /(?:^|,)[ \t]*(?:\*|accept-encoding)[ \t]*(?:,|$)/i;
const STRONG_ETAG = /^(etag:[ \t]*)(?=")/im;
const LENGTH = /^content-length:.*\r\n/im;

export interface Encodable {
  /** What a client should get as it is written. */
  readonly isEventStream: boolean;
  /** Undefined: an answer without a body, whose headers alone do not tell. */
  readonly hasType: boolean;
  /** The lines of the answer as it is. */
  readonly plain: HeaderLines;
  /** The lines of the encoded answer; a Content-Length is gone. */
  encoded(coding: Coding): HeaderLines;
  /** The lines of a 304 to a client that has the encoded answer. */
  readonly weak: HeaderLines;
}

function variant(lines: HeaderLines, text: string): HeaderLines {
  return { text, flags: lines.flags, block: -1 };
}

/** @returns undefined for an answer that is never encoded */
export function encodable(lines: HeaderLines): Encodable | undefined {
  const type = valueIn(lines, 'content-type');
  if (type !== undefined && !TEXT.test(type)) return undefined;
  if (valueIn(lines, 'content-encoding') !== undefined) return undefined;
  if (NO_TRANSFORM.test(valueIn(lines, 'cache-control') ?? '')) return undefined;
  if (DIGESTS.some((name) => valueIn(lines, name) !== undefined)) return undefined;
  const vary = VARY.test(valueIn(lines, 'vary') ?? '') ? '' : 'Vary: Accept-Encoding\r\n';
  const plain = variant(lines, lines.text + vary);
  const weakText = plain.text.replace(STRONG_ETAG, '$1W/');
  const encodedText = weakText.replace(LENGTH, '');
  const encodedLines = new Map<Coding, HeaderLines>();
  return {
    isEventStream: type !== undefined && EVENT_STREAM.test(type),
    hasType: type !== undefined,
    plain,
    weak: variant(lines, weakText),
    encoded(coding) {
      let made = encodedLines.get(coding);
      if (made === undefined) {
        const text = `${encodedText}Content-Encoding: ${coding}\r\n`;
        made = { text, flags: lines.flags & ~HAS_LENGTH, block: -1 };
        encodedLines.set(coding, made);
      }
      return made;
    },
  };
}
