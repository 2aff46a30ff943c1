// What a fetch application is told beside the request: who asks, and how to keep the worker for work that goes on after
// the answer. Runs in workers.
import type { Request } from '../http/request.js';

/** Work that was begun and outlives its request. */
export class PendingWork {
  #count = 0;
  #waiters: (() => void)[] = [];

  /** @param fail told of a rejection, which concerns nobody else any more */
  add(work: unknown, fail: (error: unknown) => void): void {
    this.#count++;
    Promise.resolve(work)
      .catch(fail)
      .finally(() => {
        if (--this.#count > 0) return;
        for (const wake of this.#waiters.splice(0)) wake();
      });
  }

  /** Resolves when nothing is under way. */
  settled(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }
}

/** Second argument of a fetch application. Also the third, where the convention of some platforms has waitUntil(). */
export class FetchInfo {
  /** The same request in the native API: its client certificate, early hints, the end of its answer. */
  readonly request: Request;
  readonly #work: PendingWork;

  /** @internal */
  constructor(request: Request, work: PendingWork) {
    this.request = request;
    this.#work = work;
  }

  /** The client's IP address, also where a trusted proxy has told it; undefined when the client has gone. */
  get remoteAddress(): string | undefined {
    return this.request.remoteAddress;
  }

  /** The client's port; undefined where a proxy has told its address, on a unix socket, and when the client has gone. */
  get remotePort(): number | undefined {
    return this.request.remotePort;
  }

  /** The IP address that the client has connected to; undefined when it has gone. */
  get localAddress(): string | undefined {
    return this.request.localAddress;
  }

  /** The port that goes with it; undefined on a unix socket, and when the client has gone. */
  get localPort(): number | undefined {
    return this.request.localPort;
  }

  /**
   * The worker, asked to stop, waits for this promise, as long as terminationTimeout allows. A rejection is logged.
   * The answer does not wait for it.
   */
  waitUntil(work: unknown): void {
    const { request } = this;
    this.#work.add(work, (error) => request.wire.fail(request, error));
  }
}
