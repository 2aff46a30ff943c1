// Time counts against an event loop that does not turn only where it, or what it waits for, could have run.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { feel, type Pulse, type Sign } from '#dist/policy/stall.js';

const LOOK_MS = 100;

type Look = Omit<Sign, 'heartbeatAt'> & { readonly heartbeatAt?: number; readonly passed?: number };

/** @returns what counts after these looks, 100 ms apart where nothing else is said */
function stalledAfter(...looks: Look[]): number {
  let now = 1000;
  let pulse: Pulse = feel(undefined, { heartbeatAt: 1 }, now, LOOK_MS);
  for (const { passed = LOOK_MS, ...sign } of looks) {
    now += passed;
    pulse = feel(pulse, { heartbeatAt: 1, ...sign }, now, LOOK_MS);
  }
  return pulse.stalledMs;
}

const runnable = (cpuMs: number) => ({ cpuMs, isRunnable: true });
const waiting = (cpuMs: number) => ({ cpuMs, isRunnable: false });

describe('the time for which an event loop is stuck', () => {
  it('passes where it waits for something', () => {
    assert.equal(stalledAfter({ own: waiting(5) }, { own: waiting(5) }), 200);
  });

  it('is nothing after a turn', () => {
    assert.equal(stalledAfter({ own: waiting(5) }, { own: waiting(5), heartbeatAt: 2 }), 0);
  });

  it('is at most two looks where nobody looked for long', () => {
    assert.equal(stalledAfter({ own: waiting(5), passed: 60_000 }), 200);
  });

  it('passes where it computes, also with a quarter of a processor', () => {
    assert.equal(stalledAfter({ own: runnable(0) }, { own: runnable(100) }), 100);
    assert.equal(stalledAfter({ own: runnable(0) }, { own: runnable(25) }), 100);
    assert.equal(stalledAfter({ own: runnable(0) }, { own: runnable(5) }), 20);
  });

  it('stands still where it gets no processor', () => {
    assert.equal(stalledAfter({ own: runnable(7) }, { own: runnable(7) }, { own: runnable(7) }), 0);
  });

  it('stands still where it waits for a companion that gets no processor', () => {
    const look = { own: waiting(7), companions: runnable(3) };
    assert.equal(stalledAfter(look, look, look), 0);
  });

  it('passes where it waits while a companion computes', () => {
    const look = (cpuMs: number) => ({ own: waiting(7), companions: runnable(cpuMs) });
    assert.equal(stalledAfter(look(0), look(100), look(200)), 200);
  });

  it('passes where its companions wait too', () => {
    const look = { own: waiting(7), companions: waiting(3) };
    assert.equal(stalledAfter(look, look), 200);
  });
});
