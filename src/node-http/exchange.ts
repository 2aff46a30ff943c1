// One (req, res) pair on its way: brings the request's body to req, and tells res and req, in node's order, what became
// of the answer. Runs where (req, res) listeners do. Knows nothing of how an answer is written.
import diagnostics from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { IncomingBody } from '../http/incoming-body.js';
import type { Request as NativeRequest } from '../http/request.js';
import { FINISHED, type Request, type Response } from './internals.js';

/** On every response of ours; it stays when a framework gives the response another prototype. */
const EXCHANGE: unique symbol = Symbol('pronghorn.exchange');

/** The connection, as far as an exchange has to know it. */
export interface ExchangeSocket extends Socket {
  readonly server: Server;
  /** Something has come on it. */
  touch(): void;
  /** node has written the whole answer. */
  endAnswer(exchange: Exchange): void;
  /** The next response may write, before all of this one has been told. */
  pass(res: Response): void;
  /** An exchange is over. */
  release(exchange: Exchange): void;
}

/** Undefined if it is not one of ours. */
export function exchangeOf(res: Response): Exchange | undefined {
  return res[EXCHANGE] as Exchange | undefined;
}

const finishChannel = diagnostics.channel('http.server.response.finish');

function emitClose(res: Response): void {
  if (res._closed) return;
  res.destroyed = true;
  res._closed = true;
  res.emit('close');
}

/** Answers of one tick whose end nobody has asked for yet. */
let quiet: Exchange[] = [];

function finishQuiet(): void {
  const exchanges = quiet;
  quiet = [];
  for (const exchange of exchanges) exchange.finish();
}

function finish(exchange: Exchange): void {
  exchange.finish();
}

export class Exchange {
  readonly native: NativeRequest;
  readonly socket: ExchangeSocket;
  readonly req: Request;
  readonly res: Response;
  /** Whether node's own code writes the answer, to the socket. */
  isByNode = false;
  /** The whole answer is with the engine; only its end is still to be told. */
  isGiven = false;
  /** The answer's head, if it is known to be in ASCII. */
  asciiHead: string | undefined = undefined;
  private isOver = false;
  private isBodyRead = false;
  private isPumping = false;
  private pieces: AsyncIterator<Uint8Array, void> | undefined = undefined;

  constructor(native: NativeRequest, socket: ExchangeSocket, req: Request, res: Response) {
    this.native = native;
    this.socket = socket;
    this.req = req;
    this.res = res;
    res[EXCHANGE] = this;
    native.answerer = this;
  }

  /** req wants its body, or more of it. */
  readBody(): void {
    if (this.isBodyRead || this.isPumping) return;
    const body = this.native.bodyInPieces;
    if (body !== undefined) {
      this.isPumping = true;
      void this.pump(body);
      return;
    }
    const bytes = this.wholeBody();
    if (bytes !== undefined && bytes.length > 0) this.req.push(bytes);
    this.endBody();
  }

  /** What was complete when the request came is complete for node when its listener has returned. */
  listenerReturned(): void {
    if (this.native.bodyInPieces !== undefined) return;
    this.req.complete = true;
    if (this.native.hasWholeBody()) this.readBody();
  }

  /** The answer is with the engine, and as good as with the kernel: its end is told when the code that gave it is through. */
  finishSoon(): void {
    this.isGiven = true;
    if (this.res._eventsCount > 0 || this.req._eventsCount > 0) process.nextTick(finish, this);
    else if (quiet.push(this) === 1) process.nextTick(finishQuiet);
  }

  /** It is large: its end is told when the kernel has taken all of it. Call it before the answer is given. */
  finishWhenSent(): void {
    this.native.onEnding((ending) => {
      if (ending === 'finish') this.finish();
      else this.abort();
    });
  }

  finish(): void {
    if (this.isOver) return;
    const { res } = this;
    if (FINISHED !== undefined) res[FINISHED] = true;
    if (res._eventsCount > 0) res.emit('finish');
    this.conclude();
  }

  /** node's part of what follows 'finish'. */
  conclude(): void {
    if (this.isOver) return;
    this.isOver = true;
    const { req, res, socket } = this;
    if (finishChannel.hasSubscribers) {
      finishChannel.publish({ request: req, response: res, socket, server: socket.server });
    }
    if (!req._consuming && !req._readableState.resumeScheduled) this.dump();
    if (res.socket === socket) res.socket = null;
    socket.release(this);
    if (res._eventsCount > 0) {
      process.nextTick(emitClose, res);
    } else {
      res.destroyed = true;
      res._closed = true;
    }
  }

  /** The connection has ended. */
  abort(): void {
    // An answer that was given before is on its way, and its end about to be told.
    if (this.isOver || this.isGiven) return;
    this.isOver = true;
    const { req, res } = this;
    if (!req.destroyed) req.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
    emitClose(res);
  }

  /** The listener has failed. What has begun is broken off, or the client would take half an answer for the whole. */
  giveUp(): void {
    if (this.isOver || this.isGiven) return;
    if (this.native.isAnswered) {
      this.socket.destroy();
      return;
    }
    this.isOver = true;
    this.socket.release(this);
    this.res.socket = null;
    emitClose(this.res);
  }

  /** Nobody will read it. */
  private dump(): void {
    const { req } = this;
    if (req._eventsCount > 0 || this.native.bodyInPieces !== undefined) {
      // Of a body that has come, node knows the end before it throws it away.
      if (this.native.bodyInPieces === undefined) this.readBody();
      req._dump();
      this.readBody();
      return;
    }
    this.isBodyRead = true;
    req.complete = true;
    const state = req._readableState;
    state.ended = true;
    state.endEmitted = true;
    state.destroyed = true;
    state.closed = true;
  }

  private wholeBody(): Uint8Array | undefined {
    try {
      return this.native.wholeBody();
    } catch {
      // The answer was given, and the memory that the body was in is in use again.
      return undefined;
    }
  }

  private async pump(body: IncomingBody): Promise<void> {
    try {
      this.pieces ??= body[Symbol.asyncIterator]();
      for (;;) {
        const { value: chunk, done } = await this.pieces.next();
        if (done) {
          this.endBody();
          return;
        }
        this.socket.touch();
        // Nobody waits for what is only to be got out of the way.
        if (!this.req.push(chunk) && !this.isOver) return;
      }
    } catch {
      // The client has gone: the end of its connection says so.
    } finally {
      this.isPumping = false;
    }
  }

  private endBody(): void {
    const { req } = this;
    this.isBodyRead = true;
    req.complete = true;
    const trailers = this.trailers();
    if (trailers.length > 0) req._addHeaderLines(trailers, trailers.length);
    req.push(null);
  }

  private trailers(): string[] {
    try {
      return this.native.trailers.raw();
    } catch {
      // As with the body.
      return [];
    }
  }
}
