// Where a request really comes from, when it came through proxies: X-Forwarded-* and Forwarded (RFC 7239). Pure. A header
// is a claim: what counts is read from the right, where the nearest proxy writes, up to the first that nobody vouches for.
import { isIP, SocketAddress } from 'node:net';
import type { TrustedProxies } from './trusted-proxies.js';

export interface Origin {
  /** '' where the client came through a unix socket; undefined when it has gone. */
  readonly remoteAddress: string | undefined;
  readonly isSecure: boolean;
  /** As a client writes it in Host. */
  readonly host: string | undefined;
}

/** The part of a request's headers that is needed here. */
export interface HeaderLines {
  getAll(name: string): string[];
}

/** What one proxy says about who has connected to it. */
interface Hop {
  readonly address: string | undefined;
  readonly scheme: string | undefined;
  readonly host: string | undefined;
}

const NODE_FORM = /^(?:\[(?<bracketed>[^\]]+)\](?::\w+)?|(?<ipv4>[\d.]+)(?::\w+)?|(?<bare>[0-9a-f:.]+))$/i;
const HOST_FORM = /^(?:\[[0-9a-f:.]+\]|[\w.~!$&'()*+;=%-]+)(?::\d{1,5})?$/i;
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
/** One `name=value` of a Forwarded element, with a separator or nothing behind it. */
const PAIR = new RegExp(`(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)")(?=\\s*(?:[;,]|$))`, 'y');
const SEPARATOR = /\s*([;,])\s*|\s+/y;
const SCHEMES = new Map([
  ['https', true],
  ['wss', true],
  ['http', false],
  ['ws', false],
]);

/** The IP address of a node as proxies write it, with or without port; undefined for `unknown` and secrets. */
function addressOf(node: string): string | undefined {
  const { bracketed, ipv4, bare } = NODE_FORM.exec(node)?.groups ?? {};
  const address = bracketed ?? ipv4 ?? bare ?? '';
  const version = address.includes('%') ? 0 : isIP(address);
  if (version === 4) return address;
  if (version === 0) return undefined;
  const plain = new SocketAddress({ address, family: 'ipv6' }).address;
  return /^::ffff:([\d.]+)$/.exec(plain)?.[1] ?? plain;
}

function listOf(headers: HeaderLines, name: string): string[] {
  const values = headers.getAll(name).flatMap((line) => line.split(','));
  return values.map((value) => value.trim()).filter((value) => value !== '');
}

/** The value that belongs to a hop, where each proxy has added one; else that of the nearest proxy. */
function valueFor(values: readonly string[], hop: number, hops: number): string | undefined {
  return values.length === hops ? values[hop] : values.at(-1);
}

function xForwardedHops(headers: HeaderLines): Hop[] {
  const nodes = listOf(headers, 'x-forwarded-for');
  const schemes = listOf(headers, 'x-forwarded-proto');
  const hosts = listOf(headers, 'x-forwarded-host');
  // A proxy may tell the scheme and not the client.
  if (nodes.length === 0) nodes.push('');
  return nodes.map((node, at) => ({
    address: addressOf(node),
    scheme: valueFor(schemes, at, nodes.length),
    host: valueFor(hosts, at, nodes.length),
  }));
}

function hopOf(element: ReadonlyMap<string, string>): Hop {
  return {
    address: addressOf(element.get('for') ?? ''),
    scheme: element.get('proto'),
    host: element.get('host'),
  };
}

/** The elements of one header line; undefined if it is malformed anywhere. */
function forwardedElements(line: string): Hop[] | undefined {
  const elements: Map<string, string>[] = [new Map()];
  let at = 0;
  while (at < line.length) {
    SEPARATOR.lastIndex = PAIR.lastIndex = at;
    const separator = SEPARATOR.exec(line);
    if (separator) {
      if (separator[1] === ',') elements.push(new Map());
      at = SEPARATOR.lastIndex;
      continue;
    }
    const [, name, token, quoted] = PAIR.exec(line) ?? [];
    const key = name?.toLowerCase();
    const element = elements.at(-1)!;
    if (key === undefined || element.has(key)) return undefined;
    element.set(key, token ?? quoted!.replace(/\\(.)/g, '$1'));
    at = PAIR.lastIndex;
  }
  return elements.filter(({ size }) => size > 0).map(hopOf);
}

function forwardedHops(headers: HeaderLines): Hop[] {
  let hops: Hop[] = [];
  for (const line of headers.getAll('forwarded')) {
    const elements = forwardedElements(line);
    // Nobody knows who has broken it, so nothing up to here can be believed.
    hops = elements ? [...hops, ...elements] : [];
  }
  return hops;
}

/**
 * @param peer what the connection itself says, and the Host header
 * @returns the same for the client, as far as trusted proxies tell
 */
export function originOf(headers: HeaderLines, peer: Origin, proxies: TrustedProxies): Origin {
  if (peer.remoteAddress === undefined || !proxies.trustsPeer(peer.remoteAddress)) return peer;
  const hops = proxies.headers === 'forwarded' ? forwardedHops(headers) : xForwardedHops(headers);
  let origin = peer;
  for (const { address, scheme = '', host = '' } of hops.reverse()) {
    origin = {
      // An unknown client: the last that is known is the proxy that has it from there.
      remoteAddress: address ?? origin.remoteAddress,
      isSecure: SCHEMES.get(scheme.toLowerCase()) ?? peer.isSecure,
      host: HOST_FORM.test(host) ? host : peer.host,
    };
    if (address === undefined || !proxies.trusts(address)) break;
  }
  return origin;
}
