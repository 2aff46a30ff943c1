// The JavaScript side of the memory that a worker shares with its native engine (native/engine/memory.h): reads
// requests from one ring, writes answers to the other. Runs in workers. Nothing in the input memory may be used
// after the batch that it came with.
import type { NativeEngine } from '../binding/contract.js';
import { type ByteBuffer, byteBuffer } from './byte-buffer.js';
import type { Compression } from './compression.js';
import { type ConnectionObserver, tellObserver } from './connection-observer.js';
import { type HeaderLines, HeaderTree } from './header-lines.js';
import { HeaderTable } from './header-table.js';
import type { Keeping } from './keeping.js';
import {
  BATCH,
  ENTRY,
  HEAD_ROOM,
  KIND,
  OUTPUT_USED,
  RAW,
  REQUEST,
  REQUEST_COUNT,
  REQUEST_FLAG,
  REQUEST_INTS,
  RESPONSE,
  RESPONSE_COUNT,
  RESPONSE_INTS,
} from './layout.js';
import { Live } from './live.js';
import type { TrustedProxies } from './trusted-proxies.js';
import { Watchers } from './watchers.js';

/** Strings up to this length are cheaper to write character by character than by a call into native code. */
const SHORT = 16;
/** The most bytes of UTF-8 that a UTF-16 code unit can take. */
const UTF8_MOST = 3;
/** Larger bodies go to the socket without a stop in the output memory. */
const LARGE = 32 * 1024;

/** Both in one number that a double holds exactly: an id has 31 bits, and a connection few requests at a time. */
function liveKey(connection: number, sequence: number): number {
  return connection * 2 ** 21 + (sequence & (2 ** 21 - 1));
}

/** Reports what went wrong with a request on the application's side. */
export type Fail = (request: { readonly method: string; readonly url: string }, error: unknown) => void;

export class Wire {
  readonly engine: NativeEngine;
  readonly fail: Fail;
  readonly requests: Int32Array;
  readonly headers: Int32Array;
  readonly input: ByteBuffer;
  /** Urls by slot, a copy of the native side's cache. */
  readonly urls: string[] = [];
  /** Headers by slot, of heads that the engine has kept, with the serial number of each. */
  private readonly tables: HeaderTable[] = [];
  private readonly tableSerials: number[] = [];
  readonly headerTree: HeaderTree;
  /** Whose word on a client is taken; undefined: nobody's. */
  readonly proxies: TrustedProxies | undefined;
  /** Undefined where nothing is ever compressed. */
  compression: Compression | undefined = undefined;
  keeping: Keeping = { timeoutMs: 0, requests: 0 };
  /** Every answer from now on is the last of its connection. */
  isDraining = false;
  readonly watchers: Watchers;
  observer: ConnectionObserver<Wire> | undefined = undefined;
  private readonly control: Int32Array;
  private readonly responses: Int32Array;
  private readonly output: ByteBuffer;
  private readonly responseMost: number;
  private readonly lives = new Map<number, Live>();

  /** @param fail called with what went wrong on the application's side after a request was answered */
  constructor(engine: NativeEngine, proxies: TrustedProxies | undefined, fail: Fail) {
    this.fail = fail;
    this.proxies = proxies;
    const { memory } = engine;
    this.engine = engine;
    this.control = new Int32Array(memory.control);
    this.requests = new Int32Array(memory.requests);
    this.watchers = new Watchers(engine, this.requests);
    this.headers = new Int32Array(memory.headers);
    this.input = byteBuffer(memory.input);
    this.responses = new Int32Array(memory.responses);
    this.output = byteBuffer(memory.output);
    this.headerTree = new HeaderTree((text) => engine.headerBlock(text));
    this.responseMost = this.responses.length / RESPONSE_INTS;
  }

  /** Serial number of the batch whose bytes are in the input memory now. */
  get batch(): number {
    return this.control[BATCH]!;
  }

  get requestCount(): number {
    return this.control[REQUEST_COUNT]!;
  }

  /** Index of a request's first number in the ring. */
  baseOf(position: number): number {
    return position * REQUEST_INTS;
  }

  /** One of ENTRY. */
  kindOf(base: number): number {
    return this.requests[base + KIND]!;
  }

  /** What is still to be heard of a request; the same object until that is over. */
  live(connection: number, sequence: number): Live {
    const key = liveKey(connection, sequence);
    let live = this.lives.get(key);
    if (live === undefined) {
      live = new Live(() => this.lives.delete(key));
      this.lives.set(key, live);
    }
    return live;
  }

  /** Delivers an entry that concerns an earlier request, or a connection. */
  deliver(base: number, kind: number): void {
    const { requests } = this;
    const connection = requests[base + REQUEST.connection]!;
    if (kind >= ENTRY.opened && kind !== ENTRY.idle) {
      tellObserver(this.observer, this, base, kind);
      return;
    }
    if (kind >= ENTRY.closed) {
      this.watchers.deliver(base, kind);
      return;
    }
    const sequence = requests[base + REQUEST.sequence]!;
    const live = this.lives.get(liveKey(connection, sequence));
    if (live === undefined) return;
    if (kind === ENTRY.bodyData) live.onData(this.copyBody(base), this.trailersOf(base));
    else if (kind === ENTRY.bodyEnd) live.onEnd();
    else if (kind === ENTRY.drain) live.onDrain();
    else if (kind === ENTRY.finish) live.onFinish();
    else if (kind === ENTRY.peerEnded) live.onPeerEnded();
    else live.onGone();
  }

  /** The bytes of an entry, as a copy. */
  copyBody(base: number): Buffer {
    const start = this.requests[base + REQUEST.bodyOffset]!;
    const bytes = Buffer.allocUnsafe(this.requests[base + REQUEST.bodyLength]!);
    this.input.copy(bytes, 0, start, start + bytes.length);
    return bytes;
  }

  /** The lines behind a body that have come with an entry. */
  trailersOf(base: number): string {
    const length = this.requests[base + REQUEST.trailerLength]!;
    const start = this.requests[base + REQUEST.trailerOffset]!;
    return length === 0 ? '' : this.input.latin1Slice(start, start + length);
  }

  urlOf(base: number): string {
    const { requests } = this;
    const slot = requests[base + REQUEST.urlSlot]!;
    if (slot >= 0 && (requests[base + REQUEST.flags]! & REQUEST_FLAG.newUrl) === 0) return this.urls[slot]!;
    const start = requests[base + REQUEST.urlOffset]!;
    const url = this.input.latin1Slice(start, start + requests[base + REQUEST.urlLength]!);
    if (slot >= 0) this.urls[slot] = url;
    return url;
  }

  headersOf(base: number): HeaderTable {
    const { requests } = this;
    const slot = requests[base + REQUEST.headSlot]!;
    if (slot < 0) return this.readHeaders(base, false);
    const serial = requests[base + REQUEST.headSerial]!;
    if (this.tableSerials[slot] !== serial) {
      this.tables[slot] = this.readHeaders(base, true);
      this.tableSerials[slot] = serial;
    }
    return this.tables[slot]!;
  }

  private readHeaders(base: number, isShared: boolean): HeaderTable {
    const { requests } = this;
    const start = requests[base + REQUEST.headOffset]!;
    const head = this.input.latin1Slice(start, start + requests[base + REQUEST.headLength]!);
    const first = requests[base + REQUEST.headersStart]!;
    return new HeaderTable(head, this.headers, first, requests[base + REQUEST.headerCount]!, isShared);
  }

  /** Puts an answer into the ring; the engine sends it before the event loop waits again. */
  answer(
    connection: number,
    sequence: number,
    status: number,
    lines: HeaderLines | undefined,
    body: string | Uint8Array | undefined,
  ): void {
    const { control, responses } = this;
    let block = -1;
    let headerText = '';
    let flags = 0;
    if (lines !== undefined) {
      flags = lines.flags;
      block = lines.block;
      if (block < 0) headerText = lines.text;
    }
    const isText = typeof body === 'string';
    const bodyMost = body === undefined ? 0 : isText ? body.length * UTF8_MOST : body.length;
    if (bodyMost > LARGE || headerText.length > LARGE) {
      this.answerLarge(connection, sequence, status, lines, body);
      return;
    }
    const room = bodyMost > HEAD_ROOM.from && headerText === '' ? HEAD_ROOM.bytes : 0;
    if (
      control[RESPONSE_COUNT] === this.responseMost ||
      control[OUTPUT_USED]! + room + headerText.length + bodyMost > this.output.length
    ) {
      this.engine.flush();
    }
    const offset = control[OUTPUT_USED]! + room;
    const headerLength = headerText === '' ? 0 : this.output.latin1Write(headerText, offset);
    let bodyLength = 0;
    if (isText) {
      bodyLength = this.writeText(body, offset + headerLength);
    } else if (body !== undefined) {
      bodyLength = body.length;
      this.output.set(body, offset + headerLength);
    }
    const base = control[RESPONSE_COUNT]! * RESPONSE_INTS;
    responses[base + RESPONSE.connection] = connection;
    responses[base + RESPONSE.sequence] = sequence;
    responses[base + RESPONSE.status] = status;
    responses[base + RESPONSE.headerBlock] = block;
    responses[base + RESPONSE.offset] = offset;
    responses[base + RESPONSE.headerLength] = headerLength;
    responses[base + RESPONSE.bodyLength] = bodyLength;
    responses[base + RESPONSE.flags] = room > 0 ? flags | HEAD_ROOM.flag : flags;
    control[OUTPUT_USED] = offset + headerLength + bodyLength;
    control[RESPONSE_COUNT]!++;
  }

  /**
   * Puts a whole answer into the ring, head and all, as it is to be sent. It is the last of its connection if `flags` say
   * so. @param isLatin1 how `text` is encoded; else UTF-8
   */
  answerRaw(
    connection: number,
    sequence: number,
    status: number,
    flags: number,
    text: string,
    isLatin1: boolean,
  ): void {
    const { control, responses } = this;
    const most = text.length * (isLatin1 ? 1 : UTF8_MOST);
    if (most > LARGE) {
      const bytes = Buffer.from(text, isLatin1 ? 'latin1' : 'utf8');
      this.engine.respondLarge(connection, sequence, status, flags | RAW, '', bytes);
      return;
    }
    if (control[RESPONSE_COUNT] === this.responseMost || control[OUTPUT_USED]! + most > this.output.length) {
      this.engine.flush();
    }
    const offset = control[OUTPUT_USED]!;
    const length = isLatin1 ? this.output.latin1Write(text, offset) : this.output.utf8Write(text, offset);
    const base = control[RESPONSE_COUNT]! * RESPONSE_INTS;
    responses[base + RESPONSE.connection] = connection;
    responses[base + RESPONSE.sequence] = sequence;
    responses[base + RESPONSE.status] = status;
    responses[base + RESPONSE.headerBlock] = -1;
    responses[base + RESPONSE.offset] = offset;
    responses[base + RESPONSE.headerLength] = length;
    responses[base + RESPONSE.bodyLength] = 0;
    responses[base + RESPONSE.flags] = flags | RAW;
    control[OUTPUT_USED] = offset + length;
    control[RESPONSE_COUNT]!++;
  }

  private answerLarge(
    connection: number,
    sequence: number,
    status: number,
    lines: HeaderLines | undefined,
    body: string | Uint8Array | undefined,
  ): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? Buffer.alloc(0));
    this.engine.respondLarge(connection, sequence, status, lines?.flags ?? 0, lines?.text ?? '', bytes);
  }

  private writeText(text: string, offset: number): number {
    const { output } = this;
    const { length } = text;
    if (length > SHORT) return output.utf8Write(text, offset);
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) return output.utf8Write(text, offset);
      output[offset + i] = unit;
    }
    return length;
  }
}
