// The text form of a place to listen, cut into the object form: `http://host:port`, `unix:/path`, `fd://3`, each with
// options behind a question mark. Pure; knows what the parts are called, not which values make sense.
import { isIPv6 } from 'node:net';
import { LOCATION_KEYS, type Location, optionsOf } from '../config/location.js';
import { nearestName } from '../config/nearest.js';
import { isTlsParameter, type Refuse, type TlsOptions, tlsFromQuery } from '../config/tls.js';

const HTTP_PORT = 80;
const HTTPS_PORT = 443;
const URL_FORM =
  /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?<authority>[^/?#]*)(?<path>[^?#]*)(?:\?(?<query>[^#]*))?$/i;
const AUTHORITY_FORM = /^(?:\[(?<bracketed>[^\]]*)\]|(?<plain>[^:[\]@\s]*))(?::(?<port>[^:]*))?$/;
const YES = new Set(['', '1', 'true', 'yes', 'on']);
const NO = new Set(['0', 'false', 'no', 'off']);

function optionValue(name: keyof Location, text: string, refuse: Refuse): string | number | boolean {
  const [type] = LOCATION_KEYS[name].types;
  if (type === 'boolean') {
    if (YES.has(text)) return true;
    return NO.has(text) ? false : refuse(`expected 1 or 0 for ${name}, not ${text}`);
  }
  if (type === 'number') {
    return /^\d+$/.test(text) ? Number(text) : refuse(`expected a number for ${name}, not ${text}`);
  }
  return text;
}

function options(
  place: 'port' | 'path' | 'fd',
  query: string | undefined,
  refuse: Refuse,
): Partial<Location> {
  // TLS has parameters of its own.
  const known = optionsOf(place).filter((name) => name !== 'tls');
  const found: Record<string, string | number | boolean> = {};
  for (const [name, text] of new URLSearchParams(query)) {
    const key = known.find((candidate) => candidate === name);
    if (key === undefined) {
      const nearest = nearestName(name, known);
      refuse(`${name} has no meaning here${nearest ? `, did you mean ${nearest}?` : ''}`);
    }
    if (Object.hasOwn(found, name)) refuse(`${name} is given twice`);
    found[key] = optionValue(key, text, refuse);
  }
  return found;
}

function tcpLocation(authority: string, defaultPort: number, refuse: Refuse): Location {
  const parts = AUTHORITY_FORM.exec(authority)?.groups;
  if (parts === undefined) refuse('expected host:port, and brackets around an IPv6 address');
  const { bracketed, plain = '', port = String(defaultPort) } = parts;
  if (bracketed !== undefined && !isIPv6(bracketed)) refuse(`${bracketed} is no IPv6 address`);
  return { host: bracketed ?? plain, port: /^\d+$/.test(port) ? Number(port) : Number.NaN };
}

/** Takes what concerns TLS out of a query. */
function tlsAndRest(query: string | undefined, refuse: Refuse): { tls: TlsOptions; rest: string } {
  const parameters = [...new URLSearchParams(query)];
  const tls = tlsFromQuery(
    parameters.filter(([name]) => isTlsParameter(name)),
    refuse,
  );
  const rest = new URLSearchParams(parameters.filter(([name]) => !isTlsParameter(name)));
  return { tls, rest: rest.toString() };
}

function httpsLocation(authority: string, query: string | undefined, refuse: Refuse): Location {
  const place = tcpLocation(authority, HTTPS_PORT, refuse);
  const { tls, rest } = tlsAndRest(query, refuse);
  return { ...place, ...options('port', rest, refuse), tls };
}

/** What is probably meant, where the scheme alone is missing. */
function guess(text: string): string {
  if (/^:?\d+$/.test(text)) return `; did you mean http://*:${text.replace(':', '')}?`;
  if (/^[\w.*[\]:-]+:\d+$/.test(text)) return `; did you mean http://${text}?`;
  return text.startsWith('/') ? `; did you mean unix:${text}?` : '';
}

/** @param refuse is called with the reason where the text has another form */
export function locationFromText(text: string, refuse: Refuse): Location {
  if (/^unix:/i.test(text)) {
    const [, path = '', query] = /^[^:]*:([^?]*)(?:\?(.*))?$/s.exec(text)!;
    return { path, ...options('path', query, refuse) };
  }
  const { scheme = '', authority = '', path = '', query } = URL_FORM.exec(text)?.groups ?? {};
  if (scheme === '')
    refuse(`expected http://host:port, https://host:port, unix:/path or fd://number${guess(text)}`);
  if (path !== '' && path !== '/') refuse(`a path has no meaning here: ${path}`);
  switch (scheme.toLowerCase()) {
    case 'http':
      return { ...tcpLocation(authority, HTTP_PORT, refuse), ...options('port', query, refuse) };
    case 'fd':
      return {
        fd: /^\d+$/.test(authority) ? Number(authority) : authority,
        ...options('fd', query, refuse),
      };
    case 'https':
      return httpsLocation(authority, query, refuse);
    default:
      return refuse(`the scheme ${scheme} is not known, expected http, https, unix or fd`);
  }
}
