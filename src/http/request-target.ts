// What a request is about, from its request line: the four forms of RFC 9112 section 3.2. Pure, runs in workers. The
// engine has let only well-formed targets pass.

export interface RequestTarget {
  /** As sent; `*` of the asterisk-form, empty of the authority-form. */
  readonly path: string;
  /** What follows the first question mark. */
  readonly query: string;
  /** Where the target names one; it wins over the Host header. */
  readonly host: string | undefined;
}

/** Scheme and authority of the absolute-form; user information has no business in one and is left out. */
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?([^/?#]*)/i;

function split(pathAndQuery: string, host: string | undefined): RequestTarget {
  const hash = pathAndQuery.indexOf('#');
  const target = hash < 0 ? pathAndQuery : pathAndQuery.slice(0, hash);
  const mark = target.indexOf('?');
  if (mark < 0) return { path: target, query: '', host };
  return { path: target.slice(0, mark), query: target.slice(mark + 1), host };
}

export function targetOf(method: string, url: string): RequestTarget {
  if (url.startsWith('/')) return split(url, undefined);
  if (method === 'CONNECT') return { path: '', query: '', host: url };
  const absolute = ABSOLUTE.exec(url);
  if (absolute === null) return split(url, undefined);
  const rest = url.slice(absolute[0].length);
  const host = absolute[1] || undefined;
  // The last proxy on the way to us would have made `OPTIONS *` of it (section 3.2.4).
  if (rest === '' && method === 'OPTIONS') return { path: '*', query: '', host };
  return split(rest.startsWith('/') ? rest : `/${rest}`, host);
}
