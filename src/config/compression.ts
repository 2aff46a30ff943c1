// The option `compression`: off, on, or how. Pure; what a Node can do is for src/http/content-coding.ts to know.
import type { Option } from './kinds.js';

/** In the order in which they are preferred where a client likes several the same. */
export const CODINGS = ['br', 'zstd', 'gzip', 'deflate'] as const;
export type Coding = (typeof CODINGS)[number];

/** How bodies are compressed; `true` stands for all of the defaults. */
export interface CompressionOptions {
  /** Of answers, the one that is preferred first. Default br, zstd, gzip, deflate; those that this Node has not are left out. */
  readonly encodings?: readonly Coding[];
  /** Bytes, 0 or more, below which an answer is left as it is. Default 1024. */
  readonly threshold?: number;
  /** An integer from 1, fast, to 9, small. Default 6 for gzip and deflate, 4 for br, 3 for zstd. */
  readonly level?: number;
  /** Whether compressed request bodies are inflated. Default true. */
  readonly requests?: boolean;
}

export type CompressionSetting = boolean | CompressionOptions;

const LEVEL_MOST = 9;

function isCoding(value: unknown): value is Coding {
  return (CODINGS as readonly unknown[]).includes(value);
}

const KEYS: Record<keyof CompressionOptions, (value: unknown) => boolean> = {
  encodings: (value) => Array.isArray(value) && value.length > 0 && value.every(isCoding),
  threshold: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  level: (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= LEVEL_MOST,
  requests: (value) => typeof value === 'boolean',
};

function isSetting(value: unknown): value is CompressionSetting {
  if (typeof value === 'boolean') return true;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([key, part]) =>
      part === undefined || (Object.hasOwn(KEYS, key) && KEYS[key as keyof CompressionOptions](part)),
  );
}

const WORDS = new Map<string, boolean>([
  ['true', true],
  ['on', true],
  ['false', false],
  ['off', false],
]);

/** `on`, `off`, or codings: `gzip,br`. */
function settingFromText(text: string): unknown {
  return WORDS.get(text) ?? { encodings: text.split(',').map((part) => part.trim()) };
}

const SCHEMA = {
  anyOf: [
    { type: 'boolean' },
    {
      type: 'object',
      properties: {
        encodings: { type: 'array', minItems: 1, items: { enum: CODINGS } },
        threshold: { type: 'integer', minimum: 0 },
        level: { type: 'integer', minimum: 1, maximum: LEVEL_MOST },
        requests: { type: 'boolean' },
      },
      additionalProperties: false,
    },
  ],
};

export function compression(range: { doc: string; default: boolean }): Option<CompressionSetting> {
  return {
    doc: range.doc,
    default: range.default,
    expected: `true, false, or { encodings, threshold, level, requests } with encodings of ${CODINGS.join(', ')}`,
    placeholder: '<codings>',
    schema: SCHEMA,
    accepts: isSetting,
    fromText: settingFromText,
  };
}
