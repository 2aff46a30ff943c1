// What the manager makes of the end of a worker: the event and its level for the log, and whom it is put down to. Pure.
import type { Cause } from '../policy/setbacks.js';
import type { WorkerState } from '../policy/view.js';
import { type ProcessEnd, reasonOfEnd, wasEndedFromOutside } from './process-end.js';

/** A worker as it was last known. */
export interface EndedWorker {
  readonly state: WorkerState;
  /** The manager has asked it to end. */
  readonly isAsked: boolean;
  /** It was ready, and has said by itself that it would end. */
  readonly isLeaving: boolean;
}

export interface Verdict {
  readonly event: 'worker.ended' | 'worker.died' | 'worker.died-early';
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly reason: string;
  /** Undefined: its end was wanted. */
  readonly cause?: Cause;
}

function isClean({ code, signal, killedFor }: ProcessEnd): boolean {
  return killedFor !== undefined || (signal === null && (code ?? 0) === 0);
}

/** @param isStopping the whole server ends, and every worker with it */
export function judgeEnd(worker: EndedWorker, end: ProcessEnd, isStopping: boolean): Verdict {
  const reason = reasonOfEnd(end);
  const isWanted = worker.isAsked || isStopping;
  const isUnharmed = worker.isLeaving || wasEndedFromOutside(end);
  const cause = isWanted ? undefined : isUnharmed ? 'outside' : 'itself';
  if (isWanted || worker.isLeaving) {
    const level = isStopping ? 'debug' : 'info';
    return { event: 'worker.ended', level: isClean(end) ? level : 'warn', reason, cause };
  }
  const event = worker.state === 'ready' ? 'worker.died' : 'worker.died-early';
  return { event, level: 'error', reason, cause };
}
