// Set-Cookie lines from cookies (RFC 6265 section 4.1 and its successor's SameSite, Partitioned and name prefixes).
// Pure, runs in workers. What a client would silently throw away is an error here.
import { PronghornError } from '../errors.js';

/**
 * What a Set-Cookie line says (RFC 6265). A cookie that clients would silently throw away is
 * ERR_PRONGHORN_HTTP_COOKIE: one over 4096 bytes, `SameSite=None`, `Partitioned` or a `__Secure-` or `__Host-` name without
 * `secure`.
 */
export interface Cookie {
  /** A token; name and value together have at most 4096 bytes. */
  name: string;
  /** Visible ASCII without `"`, `,`, `;` and `\`; encode anything else, with encodeURIComponent() for instance. */
  value: string;
  /** Default: this host alone. */
  domain?: string;
  /** Begins with `/`. Default: the folder of the request's path. */
  path?: string;
  /** Whole seconds; 0 or less deletes the cookie. */
  maxAge?: number;
  /** Without this and maxAge the cookie ends with the client's session. */
  expires?: Date;
  /** Sent over TLS only. Default false, as the next one. */
  secure?: boolean;
  /** Kept from scripts. */
  httpOnly?: boolean;
  /** On requests that other sites cause. Left out, clients take it for Lax. */
  sameSite?: 'Strict' | 'Lax' | 'None' | 'strict' | 'lax' | 'none';
  /** Kept apart for each site that embeds this one. */
  partitioned?: boolean;
}

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE =
  /^(?:[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*|"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")$/;
const DOMAIN = /^\.?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i;
const PATH = /^\/[\x20-\x3a\x3c-\x7e]*$/;
const SAME_SITE = new Map([
  ['strict', 'Strict'],
  ['lax', 'Lax'],
  ['none', 'None'],
]);
/** Clients ignore a cookie whose name and value are longer together. */
const LENGTH_MOST = 4096;

type Wrong = (reason: string) => PronghornError;
type Attribute = (value: unknown, wrong: Wrong) => string;

function textAttribute(label: string, pattern: RegExp): Attribute {
  return (value, wrong) => {
    if (typeof value !== 'string' || !pattern.test(value)) throw wrong(`${label} is not valid`);
    return `; ${label}=${value}`;
  };
}

function flagAttribute(label: string): Attribute {
  return (value, wrong) => {
    if (typeof value !== 'boolean') throw wrong(`${label} is neither true nor false`);
    return value ? `; ${label}` : '';
  };
}

const ATTRIBUTES: Record<Exclude<keyof Cookie, 'name' | 'value'>, Attribute> = {
  domain: textAttribute('Domain', DOMAIN),
  path: textAttribute('Path', PATH),
  maxAge: (value, wrong) => {
    if (!Number.isSafeInteger(value)) throw wrong('maxAge is not a whole number of seconds');
    return `; Max-Age=${value}`;
  },
  expires: (value, wrong) => {
    if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw wrong('expires is not a valid Date');
    return `; Expires=${value.toUTCString()}`;
  },
  secure: flagAttribute('Secure'),
  httpOnly: flagAttribute('HttpOnly'),
  sameSite: (value, wrong) => {
    const name = SAME_SITE.get(String(value).toLowerCase());
    if (name === undefined) throw wrong('sameSite is not Strict, Lax or None');
    return `; SameSite=${name}`;
  },
  partitioned: flagAttribute('Partitioned'),
};

/** What clients ask of cookies that claim to be safe. */
function checkClaims(cookie: Cookie, wrong: Wrong): void {
  const { name, secure, domain, path, sameSite, partitioned } = cookie;
  const prefix = /^__(?:Secure|Host)-/i.exec(name)?.[0].toLowerCase();
  if (!secure) {
    if (prefix !== undefined) throw wrong(`the prefix ${prefix} needs secure`);
    if (sameSite?.toLowerCase() === 'none') throw wrong('sameSite None needs secure');
    if (partitioned) throw wrong('partitioned needs secure');
  }
  if (prefix === '__host-' && (path !== '/' || domain !== undefined)) {
    throw wrong('the prefix __Host- needs path / and no domain');
  }
}

/** @throws ERR_PRONGHORN_HTTP_COOKIE */
export function setCookie(cookie: Cookie): string {
  const { name, value } = cookie;
  const wrong: Wrong = (reason) =>
    new PronghornError('ERR_PRONGHORN_HTTP_COOKIE', { name: String(name), reason });
  if (typeof name !== 'string' || !NAME.test(name)) throw wrong('the name is not a token');
  if (typeof value !== 'string' || !VALUE.test(value)) throw wrong('the value has a forbidden character');
  if (name.length + value.length > LENGTH_MOST) throw wrong(`it is longer than ${LENGTH_MOST} bytes`);
  checkClaims(cookie, wrong);
  let text = `${name}=${value}`;
  for (const [key, given] of Object.entries(cookie)) {
    if (key === 'name' || key === 'value' || given === undefined) continue;
    if (!Object.hasOwn(ATTRIBUTES, key)) throw wrong(`there is no attribute ${key}`);
    text += ATTRIBUTES[key as keyof typeof ATTRIBUTES](given, wrong);
  }
  return text;
}

/** One header line for each. @throws ERR_PRONGHORN_HTTP_COOKIE */
export function cookieLines(cookies: readonly Cookie[]): string {
  return cookies.map((cookie) => `Set-Cookie: ${setCookie(cookie)}\r\n`).join('');
}
