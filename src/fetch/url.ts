// The absolute url of a request, as the URL standard writes it. Pure, runs in workers. Most are written so already, which
// is seen without parsing them.
import type { RequestTarget } from '../http/request-target.js';

/** Neither upper case nor anything that has to be escaped; names that end in a number may be addresses. */
const PLAIN_HOST = /^(?!.*xn--)(?:[a-z0-9_-]+\.)*[a-z_-][a-z0-9_-]*(?::\d{1,4})?$/;
const PLAIN_IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!:|$)|(?=:|$))){4}(?::\d{1,4})?$/;
/** What a parser leaves as it is: no dot segments, nothing that it would escape. */
const PLAIN_PATH = /^(?!.*(?:\/\.|%2e))\/[\w!$%&'()*+,\-./:;=@~[\]]*(?:\?[\w!$%&()*+,\-./:;=?@~[\]]*)?$/i;
/** Leading zeros and the port that the scheme has by itself are not written. */
const ODD_PORT = /:(?:0\d*|80|443)$/;

function isPlainHost(host: string): boolean {
  return (PLAIN_HOST.test(host) || PLAIN_IPV4.test(host)) && !ODD_PORT.test(host);
}

/** Urls by request target, for one authority at a time: most servers have one. */
let known = new Map<string, string>();
let knownAuthority: string | undefined;
let knownIsSecure = false;
const KNOWN_MOST = 1024;

function parsed(origin: string, target: string): string | undefined {
  try {
    return new URL(origin + target).href;
  } catch {
    return undefined;
  }
}

function withoutHash(target: string): string {
  const hash = target.indexOf('#');
  return hash < 0 ? target : target.slice(0, hash);
}

function originForm({ path, query }: RequestTarget): string {
  // The asterisk stands for the server as a whole.
  const rest = path === '*' || path === '' ? '/' : path;
  return query === '' ? rest : `${rest}?${query}`;
}

/**
 * @param authority the host, with its port
 * @param target as the client wrote it, in whatever form
 * @param split the same, taken apart
 * @returns undefined where authority and target make no url
 */
export function absoluteUrl(
  isSecure: boolean,
  authority: string,
  target: string,
  split: () => RequestTarget,
): string | undefined {
  if (authority !== knownAuthority || isSecure !== knownIsSecure || known.size === KNOWN_MOST) {
    known = new Map();
    knownAuthority = authority;
    knownIsSecure = isSecure;
  }
  let url = known.get(target);
  if (url !== undefined) return url;
  const origin = isSecure ? `https://${authority}` : `http://${authority}`;
  if (target.startsWith('/') && isPlainHost(authority) && PLAIN_PATH.test(target)) {
    url = origin + target;
  } else {
    url = parsed(origin, target.startsWith('/') ? withoutHash(target) : originForm(split()));
    if (url === undefined) return undefined;
  }
  known.set(target, url);
  return url;
}
