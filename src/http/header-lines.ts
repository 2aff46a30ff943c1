// A response's headers, as the user gives them, to checked header lines. Applications send the same headers again
// and again, so lines that were checked once are kept in a tree, from header to header; its nodes become blocks that
// the engine knows by number. Runs in workers. Bounded: values that differ from answer to answer never fill it.
import { binding } from '../binding/load.js';
import { PronghornError } from '../errors.js';

const FLAG = binding.contract.responseFlags;

/** An array is a line for each of its values. */
export type HeaderValue = string | number | readonly string[];

/**
 * An object of names and values, or anything that iterates over pairs: a Map, Headers, an array. Names are tokens and values
 * have no line breaks and no characters above U+00FF; anything else is ERR_PRONGHORN_HTTP_HEADER.
 */
export type HeadersInit = Readonly<Record<string, HeaderValue>> | Iterable<readonly [string, HeaderValue]>;

/** Checked header lines, and what they mean to the engine. */
export interface HeaderLines {
  /** Lines with their CR LF, latin1. */
  readonly text: string;
  /** responseFlags of native/contract.h. */
  readonly flags: number;
  /** Number of the same text with the engine, or -1. */
  readonly block: number;
}

/** The same and more lines behind them, which have been checked. */
export function withLines(lines: HeaderLines | undefined, more: string): HeaderLines {
  return { text: (lines?.text ?? '') + more, flags: lines?.flags ?? 0, block: -1 };
}

/** The first value of a header, or undefined. @param name in lower case */
export function valueIn(lines: HeaderLines | undefined, name: string): string | undefined {
  if (lines === undefined) return undefined;
  for (let start = 0; start < lines.text.length; ) {
    const end = lines.text.indexOf('\r\n', start);
    const colon = start + name.length;
    if (lines.text[colon] === ':' && lines.text.slice(start, colon).toLowerCase() === name) {
      return lines.text.slice(colon + 1, end).trim();
    }
    start = end + 2;
  }
  return undefined;
}

// RFC 9110 section 5.6.2: a token.
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// RFC 9110 section 5.5: visible characters, spaces, tabs and obs-text.
const NOT_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
/** Header lines above this are a mistake of the application's. */
const TEXT_MOST = 256 * 1024;

const NODES_MOST = 1024;
const VALUES_MOST = 64;
const KEPT_LENGTH_MOST = 512;

class Node implements HeaderLines {
  readonly text: string;
  readonly flags: number;
  block = -1;
  /** Answers that ended here. */
  uses = 0;
  /** What followed the last time: most applications send the same headers all the time. */
  lastName = '';
  lastValue: unknown;
  last: Node | undefined = undefined;
  /** What may follow, by name and value. */
  readonly next = new Map<string, Map<string | number, Node>>();

  constructor(text: string, flags: number) {
    this.text = text;
    this.flags = flags;
  }
}

export class HeaderTree {
  private readonly register: (text: string) => number;
  private readonly root = new Node('', 0);
  /** For answers without a body of their own, in which a given Content-Length stands. */
  private readonly rootKeepingLength = new Node('', 0);
  private size = 0;
  private lastType: string | undefined;
  private lastTyped: HeaderLines | undefined;

  /** @param register makes a text known to the engine and returns its number */
  constructor(register: (text: string) => number) {
    this.register = register;
  }

  /**
   * @param keepsLength true for answers without a body of their own (to HEAD, 304): a given Content-Length stands
   * @throws ERR_PRONGHORN_HTTP_HEADER for a name or value that HTTP does not allow
   */
  lines(headers: HeadersInit, keepsLength: boolean): HeaderLines {
    const root = keepsLength ? this.rootKeepingLength : this.root;
    const known = isIterable(headers) ? undefined : knownEnd(root, headers);
    if (known !== undefined) return this.use(known);
    const walk = new Walk(this, root, keepsLength);
    if (isIterable(headers)) {
      for (const [name, value] of headers) walk.add(name, value);
    } else {
      for (const name of Object.keys(headers)) walk.add(name, headers[name]);
    }
    return walk.end();
  }

  /** Of a content type and nothing else, as most answers have it. @throws as lines() */
  linesOfType(type: string): HeaderLines {
    if (this.lastTyped !== undefined && this.lastType === type) return this.lastTyped;
    const lines = this.lines({ 'content-type': type }, false);
    if (lines.block >= 0) {
      this.lastType = type;
      this.lastTyped = lines;
    }
    return lines;
  }

  /** The node behind `node` for this header; undefined if there is none and no room for one. */
  step(node: Node, name: string, value: string | number, keepsLength: boolean): Node | undefined {
    const values = node.next.get(name);
    const known = values?.get(value);
    if (known !== undefined) return known;
    const line = checkedLine(name, value, keepsLength);
    if (this.size === NODES_MOST || (values?.size ?? 0) >= VALUES_MOST) return undefined;
    if (line.text.length > KEPT_LENGTH_MOST) return undefined;
    this.size++;
    const made = new Node(node.text + line.text, node.flags | line.flags);
    if (values === undefined) node.next.set(name, new Map([[value, made]]));
    else values.set(value, made);
    return made;
  }

  /** Counts an answer; a node that is used again gets a number. */
  use(node: Node): Node {
    if (node.block < 0 && ++node.uses === 2) node.block = this.register(node.text);
    return node;
  }
}

/** Where headers that have all been seen before end; undefined otherwise. */
function knownEnd(root: Node, headers: Readonly<Record<string, HeaderValue>>): Node | undefined {
  let node = root;
  const names = Object.keys(headers);
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    const value = headers[name];
    if (node.lastName !== name || node.lastValue !== value) {
      const next = node.next.get(name)?.get(value as string);
      if (next === undefined) return undefined;
      node.lastName = name;
      node.lastValue = value;
      node.last = next;
    }
    node = node.last!;
  }
  return node;
}

/** One way through the tree; beyond its edge the lines are only collected. */
class Walk {
  private readonly tree: HeaderTree;
  private readonly keepsLength: boolean;
  private node: Node;
  private beyond: { text: string; flags: number } | undefined = undefined;

  constructor(tree: HeaderTree, root: Node, keepsLength: boolean) {
    this.tree = tree;
    this.node = root;
    this.keepsLength = keepsLength;
  }

  add(name: string, value: HeaderValue | undefined): void {
    if (typeof value === 'string' || typeof value === 'number') {
      this.addOne(name, value);
    } else if (Array.isArray(value)) {
      for (const item of value) this.addOne(name, item);
    } else if (value !== undefined) {
      throw new PronghornError('ERR_PRONGHORN_HTTP_HEADER', {
        name,
        reason: `a ${typeof value} is no value`,
      });
    }
  }

  private addOne(name: string, value: string | number): void {
    if (this.beyond === undefined) {
      const next = this.tree.step(this.node, name, value, this.keepsLength);
      if (next !== undefined) {
        this.node = next;
        return;
      }
      this.beyond = { text: this.node.text, flags: this.node.flags };
    }
    const line = checkedLine(name, value, this.keepsLength);
    this.beyond.text += line.text;
    this.beyond.flags |= line.flags;
  }

  end(): HeaderLines {
    if (this.beyond === undefined) return this.tree.use(this.node);
    if (this.beyond.text.length > TEXT_MOST) {
      throw new PronghornError('ERR_PRONGHORN_HTTP_HEADER', {
        name: '*',
        reason: `over ${TEXT_MOST} bytes in all`,
      });
    }
    const { text, flags } = this.beyond;
    return { text, flags, block: -1 };
  }
}

function isIterable(headers: HeadersInit): headers is Iterable<readonly [string, HeaderValue]> {
  return typeof (headers as Iterable<unknown>)[Symbol.iterator] === 'function';
}

function checkedLine(
  name: string,
  value: string | number,
  keepsLength: boolean,
): { text: string; flags: number } {
  const wrong = (reason: string) => new PronghornError('ERR_PRONGHORN_HTTP_HEADER', { name, reason });
  if (!NAME.test(name)) throw wrong('the name is not a token');
  const text = typeof value === 'string' ? value : String(value);
  if (NOT_VALUE.test(text)) throw wrong('the value has a forbidden character');
  const line = `${name}: ${text}\r\n`;
  switch (name.toLowerCase()) {
    case 'connection':
      // How the connection goes on is the engine's to say; a wish to close it is heard, an offer of Upgrade passed on.
      return {
        text: /(?:^|,)\s*upgrade\s*(?:,|$)/i.test(text) ? 'Connection: Upgrade\r\n' : '',
        flags: /(?:^|,)\s*close\s*(?:,|$)/i.test(text) ? FLAG.close! : 0,
      };
    case 'keep-alive':
    case 'transfer-encoding':
      return { text: '', flags: 0 };
    case 'content-length':
      if (!/^\d+$/.test(text)) throw wrong('the value is not a number of bytes');
      return keepsLength ? { text: line, flags: FLAG.hasLength! } : { text: '', flags: 0 };
    case 'date':
      return { text: line, flags: FLAG.hasDate! };
    default:
      return { text: line, flags: 0 };
  }
}
