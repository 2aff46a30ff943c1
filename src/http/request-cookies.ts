// The Cookie header, read as servers do (RFC 6265 section 5.4 says what clients write): whatever has a name is taken,
// the rest is skipped, nothing is an error. Pure, runs in workers.

/** The blanks that may stand around names and values. */
const BLANKS = /^[ \t]+|[ \t]+$/g;

/** @param lines values of the Cookie headers, in order */
export function cookiesIn(lines: readonly string[]): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const line of lines) {
    for (const pair of line.split(';')) {
      const equals = pair.indexOf('=');
      if (equals < 0) continue;
      const name = pair.slice(0, equals).replace(BLANKS, '');
      if (name === '' || cookies.has(name)) continue;
      cookies.set(name, unquoted(pair.slice(equals + 1).replace(BLANKS, '')));
    }
  }
  return cookies;
}

/** The quotes are the server's own, sent back. */
function unquoted(value: string): string {
  const isQuoted = value.length >= 2 && value.startsWith('"') && value.endsWith('"');
  return isQuoted ? value.slice(1, -1) : value;
}
