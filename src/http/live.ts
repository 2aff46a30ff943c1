// What JavaScript still has to hear about one request after its handler was called: more of its body, room for more of
// its answer, its end. Made only for requests that need it. Runs in workers.
import type { IncomingBody } from './incoming-body.js';

/** How an exchange ended: its answer is complete and with the kernel, or the connection ended before that. */
export type Ending = 'finish' | 'gone';

/** A stream that waits for room in the socket. */
export interface Outlet {
  onDrain(): void;
  onGone(): void;
}

/** Where the bytes go that come after an upgrade. */
export interface RawInlet extends Outlet {
  onData(bytes: Buffer): void;
  onEnd(): void;
}

export class Live {
  body: IncomingBody | undefined = undefined;
  outlet: Outlet | undefined = undefined;
  raw: RawInlet | undefined = undefined;
  private readonly observers: ((ending: Ending) => void)[] = [];
  private readonly forget: () => void;

  /** @param forget takes it off the list of those that entries are delivered to */
  constructor(forget: () => void) {
    this.forget = forget;
  }

  observe(observer: (ending: Ending) => void): void {
    this.observers.push(observer);
  }

  onData(bytes: Buffer, trailers: string): void {
    if (this.raw !== undefined) this.raw.onData(bytes);
    else this.body?.push(bytes, trailers);
  }

  onEnd(): void {
    if (this.raw !== undefined) {
      this.raw.onEnd();
      return;
    }
    this.body?.end();
    this.body = undefined;
    this.release();
  }

  onDrain(): void {
    (this.raw ?? this.outlet)?.onDrain();
  }

  onFinish(): void {
    this.tell('finish');
    this.release();
  }

  /** The client has shut its side. It may still read the answer, but it is most likely gone. */
  onPeerEnded(): void {
    this.tell('gone');
    this.release();
  }

  onGone(): void {
    this.forget();
    this.body?.fail();
    (this.raw ?? this.outlet)?.onGone();
    this.tell('gone');
  }

  /** The answer is complete; the body and the observers may still be waiting. */
  closeOutlet(): void {
    this.outlet = undefined;
    this.release();
  }

  release(): void {
    if (
      this.body === undefined &&
      this.outlet === undefined &&
      this.raw === undefined &&
      this.observers.length === 0
    ) {
      this.forget();
    }
  }

  private tell(ending: Ending): void {
    for (const observer of this.observers.splice(0)) observer(ending);
  }
}
