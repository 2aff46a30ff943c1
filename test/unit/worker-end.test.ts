// What the log says about the end of a worker, and whom the manager holds responsible for it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PronghornError } from '#dist/errors.js';
import type { ProcessEnd } from '#dist/hosts/process-end.js';
import { type EndedWorker, judgeEnd } from '#dist/hosts/worker-end.js';
import { EVENTS } from '#dist/log/events.js';

const SERVING: EndedWorker = { state: 'ready', isAsked: false, isLeaving: false };
const BOOTING: EndedWorker = { ...SERVING, state: 'booting' };
const DRAINING: EndedWorker = { state: 'draining', isAsked: true, isLeaving: false };
const LEAVING: EndedWorker = { state: 'draining', isAsked: false, isLeaving: true };

const exit = (code: number): ProcessEnd => ({ code, signal: null });
const signal = (name: string): ProcessEnd => ({ code: null, signal: name });
const killed = (killedFor: string): ProcessEnd => ({ code: null, signal: 'SIGKILL', killedFor });

function line(worker: EndedWorker, end: ProcessEnd, isStopping = false): string {
  const { level, event, reason } = judgeEnd(worker, end, isStopping);
  assert.ok((EVENTS[event].levels as readonly string[]).includes(level));
  return `${level} ${EVENTS[event].words}: ${reason}`;
}

describe('the words for the end of a worker', () => {
  it('that served', () => {
    assert.equal(line(SERVING, exit(7)), 'error worker died: exit code 7');
    assert.equal(line(SERVING, signal('SIGSEGV')), 'error worker died: SIGSEGV');
  });

  it('that was starting', () => {
    assert.equal(line(BOOTING, exit(3)), 'error worker died before it was ready: exit code 3');
    assert.equal(
      line({ ...BOOTING, state: 'spawned' }, killed('not ready after 30 s')),
      'error worker died before it was ready: killed, not ready after 30 s',
    );
  });

  it('that could not start, in its own words', () => {
    const error = new PronghornError('ERR_PRONGHORN_BOOT_WORKER', { reason: 'no database' });
    assert.match(line(BOOTING, { ...exit(1), error }), /: a worker could not start: no database$/);
  });

  it('that was asked to go', () => {
    assert.equal(line(DRAINING, exit(0)), 'info worker ended: exit code 0');
    assert.equal(line(DRAINING, exit(0), true), 'debug worker ended: exit code 0');
  });

  it('that was asked to go and did not', () => {
    const end = killed('not finished 30 s after it was asked to stop');
    assert.equal(
      line(DRAINING, end),
      'info worker ended: killed, not finished 30 s after it was asked to stop',
    );
  });

  it('that was asked to go and died of something else', () => {
    assert.equal(line(DRAINING, signal('SIGSEGV')), 'warn worker ended: SIGSEGV');
    assert.equal(line(DRAINING, exit(1), true), 'warn worker ended: exit code 1');
  });

  it('that went by itself', () => {
    assert.equal(line(LEAVING, exit(0)), 'info worker ended: exit code 0');
  });

  it('while the server stops', () => {
    const end = killed('stopping before it was ready');
    assert.equal(line(BOOTING, end, true), 'debug worker ended: killed, stopping before it was ready');
    assert.equal(
      line(SERVING, killed('stopping at once'), true),
      'debug worker ended: killed, stopping at once',
    );
  });
});

describe('what the end of a worker is put down to', () => {
  const cause = (worker: EndedWorker, end: ProcessEnd) => judgeEnd(worker, end, false).cause;

  it('to itself', () => {
    assert.equal(cause(SERVING, exit(0)), 'itself');
    assert.equal(cause(BOOTING, signal('SIGSEGV')), 'itself');
    assert.equal(cause(BOOTING, killed('not ready after 30 s')), 'itself');
  });

  it('to somebody else', () => {
    assert.equal(cause(SERVING, signal('SIGKILL')), 'outside');
    assert.equal(cause(BOOTING, signal('SIGTERM')), 'outside');
    assert.equal(cause(LEAVING, exit(0)), 'outside', 'a signal made it go');
  });

  it('to nobody, since it was wanted', () => {
    assert.equal(cause(DRAINING, signal('SIGKILL')), undefined);
    assert.equal(judgeEnd(SERVING, exit(0), true).cause, undefined);
  });
});
