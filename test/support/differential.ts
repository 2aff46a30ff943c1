// The same requests to two servers, made up from a seed: what comes back must be the same, but for differences that a
// test names. Requests are bytes, so that nothing of a client's leniency hides what is on the wire.
import { RawClient, type RawResponse, type Target } from './raw-client.js';

/** mulberry32: the same numbers for the same seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(most: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  /** True in one of so many cases. */
  oneIn(cases: number): boolean {
    return this.below(cases) === 0;
  }

  text(most: number): string {
    const letters = 'abcdefghijklmnopqrstuvwxyz 0123456789-_.ä';
    return Array.from({ length: this.below(most) }, () => this.of([...letters])).join('');
  }
}

export interface MadeRequest {
  readonly method: string;
  readonly bytes: Buffer;
}

export interface RequestShapes {
  readonly paths: readonly string[];
  readonly methods: readonly string[];
}

const QUERIES = ['', '', '?a=1', '?a=1&a=2&b=%20x', '?', '?q=%zz', '?ä', '?x=a+b&y'];
const HEADERS = [
  'Accept: */*',
  'accept-encoding: gzip, deflate',
  'X-One: 1',
  'x-one: 2',
  'X-Empty:',
  'X-Spaces:   a  b  ',
  'Cookie: a=1; b="2"',
  'Cookie: c=3',
  'If-None-Match: "x"',
  'Origin: http://a.example',
  'Authorization: Basic dTpw',
  'X-Latin: \xe4\xf6',
  'User-Agent: differential',
  'Range: bytes=0-3',
];

interface Body {
  readonly type: string;
  readonly bytes: Buffer;
}

function multipart(random: Random): Body {
  const boundary = `b${random.below(1e6)}`;
  const part = (head: string, text: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${text}\r\n`;
  const parts = [part('name="a"', random.text(20)), part('name="f"; filename="f.txt"', random.text(200))];
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    bytes: Buffer.from(`${parts.join('')}--${boundary}--\r\n`),
  };
}

function bodyOf(random: Random): Body {
  const make = random.of([
    () => ({ type: 'text/plain', bytes: Buffer.from(random.text(300)) }),
    () => ({
      type: 'application/json',
      bytes: Buffer.from(JSON.stringify({ a: random.text(30), n: random.below(9) })),
    }),
    () => ({ type: 'application/json', bytes: Buffer.from('{"broken": ') }),
    () => ({
      type: 'application/x-www-form-urlencoded',
      bytes: Buffer.from(`a=${random.below(99)}&b=x+y&a=%C3%A4`),
    }),
    () => multipart(random),
    () => ({
      type: 'application/octet-stream',
      bytes: Buffer.alloc(random.below(200_000), random.below(256)),
    }),
    () => ({ type: 'text/plain', bytes: Buffer.from('\ufeffmarked') }),
  ]);
  return make();
}

function chunked(random: Random, bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const chunk = bytes.subarray(at, at + 1 + random.below(50_000));
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
    at += chunk.length;
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

/** Asks for the connection to end, so that the answer's end is never in doubt. */
export function makeRequest(random: Random, { paths, methods }: RequestShapes): MadeRequest {
  const method = random.of(methods);
  const version = random.oneIn(12) ? '1.0' : '1.1';
  const lines = [`${method} ${random.of(paths)}${random.of(QUERIES)} HTTP/${version}`, 'Host: app.example'];
  for (let count = random.below(5); count > 0; count--) lines.push(random.of(HEADERS));
  lines.push('Connection: close');
  let body: Buffer = Buffer.alloc(0);
  if (method !== 'GET' && method !== 'HEAD' && !random.oneIn(4)) {
    const { type, bytes } = bodyOf(random);
    lines.push(`Content-Type: ${type}`);
    const isChunked = version === '1.1' && random.oneIn(3);
    lines.push(isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes.length}`);
    body = isChunked ? chunked(random, bytes) : bytes;
  }
  return { method, bytes: Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]) };
}

async function ask(target: Target, { method, bytes }: MadeRequest): Promise<RawResponse | string> {
  const client = await RawClient.connect(target);
  try {
    client.send(bytes);
    let response = await client.read(method);
    while (response.status < 200) response = await client.read(method);
    return response;
  } catch (error) {
    return `no answer: ${(error as Error).message.split(';')[0]}`;
  } finally {
    client.destroy();
  }
}

export interface Portrait {
  readonly status: number | string;
  readonly headers: readonly string[];
  readonly body: string;
}

/** What of an answer is compared. @param keeps false for header lines that may differ */
function portrait(answer: RawResponse | string, normalize: (line: string) => string | undefined): Portrait {
  if (typeof answer === 'string') return { status: answer, headers: [], body: '' };
  const { status, headerLines, body } = answer;
  const headers = headerLines.map(normalize).filter((line) => line !== undefined);
  return { status, headers, body: body.toString('latin1') };
}

export interface Difference {
  readonly request: string;
  readonly node: Portrait;
  readonly own: Portrait;
}

/** By the server itself, before the application sees it: each says it in its own words. */
export function isRefused({ status, body }: Portrait): boolean {
  return status === 400 && /^(?:|Bad Request\n)$/.test(body);
}

/**
 * node ends a connection whose request it has not read to its end, and the kernel's reset may take the end of the answer
 * along, or all of it.
 */
function isCutByNode({ request, node, own }: Difference): boolean {
  if (!/^(?:content-length: \d{5,}|transfer-encoding: chunked)\r$/im.test(request)) return false;
  if (typeof own.status === 'string') return false;
  if (typeof node.status === 'string') return true;
  return node.status === own.status && node.body.length < own.body.length && own.body.startsWith(node.body);
}

/**
 * @param normalize what of a header line must be the same; undefined: it may be missing
 * @param isAllowed differences that are meant
 */
export async function differences(
  node: Target,
  own: Target,
  requests: readonly MadeRequest[],
  normalize: (line: string) => string | undefined,
  isAllowed: (difference: Difference) => boolean,
): Promise<Difference[]> {
  const found: Difference[] = [];
  const rest = requests.values();
  const walk = async () => {
    for (const request of rest) {
      const [byNode, byOwn] = await Promise.all([ask(node, request), ask(own, request)]);
      const difference = {
        request: request.bytes.toString('latin1').slice(0, 1000),
        node: portrait(byNode, normalize),
        own: portrait(byOwn, normalize),
      };
      const isSame = JSON.stringify(difference.node) === JSON.stringify(difference.own);
      if (!isSame && !isAllowed(difference) && !isCutByNode(difference)) found.push(difference);
    }
  };
  await Promise.all(Array.from({ length: 8 }, walk));
  return found;
}
