// The options `warmup` and `readinessCheck`: requests that the server makes to itself, and how they are written. Pure;
// src/worker/own-client.ts makes them.
import type { Option } from './kinds.js';

/** A request that the application is asked before its first client: docs/FORK_SAFETY.md. */
export interface WarmupRequest {
  /** Path and query, as a client would send them. */
  readonly url: string;
  /** Default GET. */
  readonly method?: string;
  /** Default none but Host. Connection, Content-Length and Transfer-Encoding are the server's. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as UTF-8. Default none. */
  readonly body?: string;
  /** How often, one after the other, from 1 to 100,000. Default 200. */
  readonly count?: number;
}

export type Warmup = string | WarmupRequest | readonly (string | WarmupRequest)[];

const COUNT_DEFAULT = 200;
const COUNT_MOST = 100_000;

const TARGET = /^\/[\x21-\x7e]*$/;
const METHOD = /^[A-Z]+$/;
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const HEADER_VALUE = /^[\x20-\x7e\t]*$/;
/** Said by the server itself. */
const OWN_HEADERS = /^(connection|content-length|transfer-encoding)$/i;
const LINE = /^(?:(?<method>[A-Z]+) )?(?<url>\/[\x21-\x7e]*)$/;

function isHeaders(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([name, text]) =>
      HEADER_NAME.test(name) &&
      !OWN_HEADERS.test(name) &&
      typeof text === 'string' &&
      HEADER_VALUE.test(text),
  );
}

const KEYS: Record<keyof WarmupRequest, (value: unknown) => boolean> = {
  url: (value) => typeof value === 'string' && TARGET.test(value),
  method: (value) => typeof value === 'string' && METHOD.test(value),
  headers: isHeaders,
  body: (value) => typeof value === 'string',
  count: (value) => Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= COUNT_MOST,
};

const REQUEST_SCHEMA = {
  anyOf: [
    { type: 'string', pattern: '^([A-Z]+ )?/' },
    {
      type: 'object',
      properties: {
        url: { type: 'string', pattern: '^/' },
        method: { type: 'string', pattern: '^[A-Z]+$' },
        headers: { type: 'object', additionalProperties: { type: 'string' } },
        body: { type: 'string' },
        count: { type: 'integer', minimum: 1, maximum: COUNT_MOST },
      },
      required: ['url'],
      additionalProperties: false,
    },
  ],
};

function isRequest(value: unknown): boolean {
  if (typeof value === 'string') return LINE.test(value);
  if (typeof value !== 'object' || value === null || !('url' in value)) return false;
  return Object.entries(value).every(
    ([key, part]) =>
      part === undefined || (Object.hasOwn(KEYS, key) && KEYS[key as keyof WarmupRequest](part)),
  );
}

export function warmup(range: { doc: string; defaultDoc: string }): Option<Warmup> {
  return {
    doc: range.doc,
    defaultDoc: range.defaultDoc,
    expected: "'/path', 'METHOD /path', { url, method, headers, body, count } or a list of these",
    placeholder: '<request>',
    schema: { anyOf: [REQUEST_SCHEMA, { type: 'array', items: REQUEST_SCHEMA }] },
    accepts: (value): value is Warmup => (Array.isArray(value) ? value.every(isRequest) : isRequest(value)),
    fromText: (text) => text.split(',').map((part) => part.trim()),
    repeatable: true,
  };
}

/** `/path`, or empty for none. */
export function target(range: { doc: string; defaultDoc: string }): Option<string> {
  return {
    doc: range.doc,
    defaultDoc: range.defaultDoc,
    expected: 'a path that begins with a slash',
    placeholder: '<path>',
    schema: { type: 'string', pattern: '^(/.*)?$' },
    accepts: (value): value is string => typeof value === 'string' && (value === '' || TARGET.test(value)),
    fromText: (text) => text,
  };
}

/** Every request with all that it has. */
export function fullRequest(request: string | WarmupRequest): Required<WarmupRequest> {
  const given =
    typeof request === 'string' ? (LINE.exec(request)!.groups as unknown as WarmupRequest) : request;
  const { url, method = 'GET', headers = {}, body = '', count = COUNT_DEFAULT } = given;
  return { url, method, headers, body, count };
}
