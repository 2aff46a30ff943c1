// What a host lives in, a process or a thread of this one, as its handle knows it. Types only.
import type { PronghornError } from '../errors.js';
import type { ProcessEnd } from './process-end.js';

/** How workers come to be. */
export type Method = 'fork' | 'spawn' | 'thread';

export interface HostBody {
  /** Undefined: it never came to life. */
  readonly pid: number | undefined;
  /** Undefined: it is a process. */
  readonly threadId: number | undefined;
  /** Does nothing when it has ended. */
  kill(): void;
}

/** Called once, later: never from within the constructor. @param error what the end does not tell by itself */
export type OnEnd = (end: Pick<ProcessEnd, 'code' | 'signal'>, error?: PronghornError) => void;
