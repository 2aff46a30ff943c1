// One request and its answer, as the engine knows them: a connection and a number on it. Runs in workers. While its
// batch lasts it reads straight from the engine's memory, later from the block that the engine kept for it; it never
// shows another request's bytes.
import { binding } from '../binding/load.js';
import { PronghornError } from '../errors.js';
import { Arrival } from './arrival.js';
import { REQUEST, REQUEST_FLAG } from './layout.js';
import type { Ending, Live } from './live.js';
import { RequestHeaders } from './request-headers.js';
import { Retained } from './retained.js';
import type { Wire } from './wire.js';

const METHODS = binding.methodNames;

export abstract class Exchange extends Arrival {
  /** As the client wrote it: GET, POST, … */
  readonly method: string;
  /** Request target as the client wrote it, with its query. */
  readonly url: string;
  /** @internal */
  readonly sequence: number;
  private readonly batch: number;
  /** Place in the request ring, while the batch lasts. */
  protected readonly base: number;
  /** REQUEST_FLAG of wire.ts. @internal */
  readonly flags: number;
  protected answered = false;
  /** Who answers in another way than by respond(), to be told that the handler has failed. @internal */
  answerer: { giveUp(): void } | undefined = undefined;
  private retained: Retained | undefined = undefined;
  private readHeaders: RequestHeaders | undefined = undefined;
  private aborter: AbortController | undefined = undefined;

  /** @internal */
  constructor(wire: Wire, base: number) {
    const { requests } = wire;
    super(wire, requests[base + REQUEST.connection]!);
    this.base = base;
    this.batch = wire.batch;
    this.sequence = requests[base + REQUEST.sequence]!;
    this.flags = requests[base + REQUEST.flags]!;
    this.method = METHODS[requests[base + REQUEST.method]!]!;
    this.url = wire.urlOf(base);
  }

  /**
   * The request's headers. Of a request that was answered before they were ever read, they can be read only until
   * its handler returns.
   * @throws ERR_PRONGHORN_REQUEST_GONE when it is read for the first time after the answer,
   * ERR_PRONGHORN_CLIENT_GONE when the client went before
   */
  get headers(): RequestHeaders {
    this.readHeaders ??= this.isInBatch()
      ? new RequestHeaders(this.wire.headersOf(this.base))
      : this.keep('headers').headers;
    return this.readHeaders;
  }

  /** Names, as the client wrote them, and values by turns. @internal */
  rawHeaders(): string[] {
    return this.headers.raw();
  }

  /** It is answered in another way than by respond(), from now on. @internal */
  handOver(): void {
    this.answered = true;
  }

  /** Whether an answer was given, begun, or given up by upgrade() or drop(). */
  get isAnswered(): boolean {
    return this.answered;
  }

  protected override get hasTls(): boolean {
    return (this.flags & REQUEST_FLAG.secure) !== 0;
  }

  /** Whether the client offers to leave HTTP on this connection, by Upgrade or CONNECT. */
  get canUpgrade(): boolean {
    return (this.flags & REQUEST_FLAG.upgrade) !== 0;
  }

  /** Aborted with ERR_PRONGHORN_CLIENT_GONE when the client goes before its answer is complete. */
  get signal(): AbortSignal {
    if (this.aborter === undefined) {
      const aborter = new AbortController();
      this.aborter = aborter;
      this.onEnding((ending) => {
        if (ending === 'gone') aborter.abort(new PronghornError('ERR_PRONGHORN_CLIENT_GONE'));
      });
    }
    return this.aborter.signal;
  }

  /**
   * Calls back once: with 'finish' when the last byte of the answer has been handed to the kernel, or with 'gone' when
   * the client ended the connection, or its side of it, before that. An answer may still be tried.
   */
  onEnding(observer: (ending: Ending) => void): void {
    const { engine } = this.wire;
    if (engine.observe(this.connection, this.sequence)) {
      this.live().observe(observer);
      return;
    }
    const isFinished = this.answered && engine.remoteAddress(this.connection) !== undefined;
    queueMicrotask(() => observer(isFinished ? 'finish' : 'gone'));
  }

  /** Ends the connection at once, without an answer. */
  drop(): void {
    this.answered = true;
    this.wire.engine.drop(this.connection, this.sequence);
  }

  /** @internal */
  live(): Live {
    return this.wire.live(this.connection, this.sequence);
  }

  /** They cannot be read any more when the connection has left HTTP. */
  protected holdHeaders(): void {
    try {
      this.readHeaders ??= this.headers;
    } catch {
      // The client has gone; what comes next finds that out by itself.
    }
  }

  protected isInBatch(): boolean {
    return this.retained === undefined && this.batch === this.wire.batch;
  }

  protected keep(property: string): Retained {
    if (this.retained === undefined) {
      const block = this.wire.engine.retained(this.connection, this.sequence);
      if (block === undefined) {
        if (!this.answered) throw new PronghornError('ERR_PRONGHORN_CLIENT_GONE');
        throw new PronghornError('ERR_PRONGHORN_REQUEST_GONE', { property });
      }
      this.retained = new Retained(block);
    }
    return this.retained;
  }
}
