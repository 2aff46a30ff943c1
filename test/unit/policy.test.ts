// The policy by simulation: views in, actions out, no process and no sleep.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decide } from '#dist/policy/policy.js';
import { afterDeath, afterReady, afterTime, NO_SETBACKS, PARDON_INTERVAL_MS } from '#dist/policy/setbacks.js';
import type { PolicyConfig, PoolView, WorkerView } from '#dist/policy/view.js';

const CONFIG: PolicyConfig = {
  minServers: 2,
  maxServers: 4,
  minLoad: 0.35,
  maxLoad: 0.7,
  loadAveragePeriodMs: 3000,
  minSpareServers: 0,
  maxSpareServers: 0,
  maxExtraServers: 1,
  maxRequests: 0,
  maxAccepts: 0,
  maxMemory: 0,
  minWorkerTtlMs: 60_000,
  activityTimeoutMs: 0,
  bootTimeoutMs: 30_000,
  terminationTimeoutMs: 30_000,
};

const NOW = 1_000_000;

function worker(slot: number, fields: Partial<WorkerView> = {}): WorkerView {
  const old = { spawnedAt: NOW - 120_000, readyAt: NOW - 119_000 };
  const nothing = {
    inFlight: 0,
    requests: 0,
    accepted: 0,
    memory: 0,
    firstMemory: 0,
    stalledMs: 0,
    lifeShare: 1,
  };
  const state = { state: 'ready', isKilled: false, isOutdated: false } as const;
  return { id: slot + 1, slot, ...state, ...old, load: 0.5, ...nothing, ...fields };
}

function pool(workers: WorkerView[], fields: Partial<PoolView> = {}): PoolView {
  return {
    mode: 'running',
    workers,
    changedAt: NOW - 10_000,
    setbacks: { ...NO_SETBACKS, wasEverReady: true },
    canSpawn: true,
    slots: CONFIG.maxServers + 2,
    queued: 0,
    rushDemand: 0,
    lull: { since: NOW - 10_000, least: CONFIG.maxServers },
    isTrusted: true,
    ...fields,
  };
}

function kinds(view: PoolView, config = CONFIG, now = NOW): string[] {
  return decide(view, config, now).actions.map((action) => {
    if (action.kind === 'spawn') return `spawn in ${action.slot}`;
    return action.kind === 'giveUp' ? 'give up' : `${action.kind} ${action.worker}`;
  });
}

describe('growth', () => {
  it('fills the pool up to minServers', () => {
    assert.deepEqual(kinds(pool([])), ['spawn in 0', 'spawn in 1']);
    assert.deepEqual(kinds(pool([worker(1)])), ['spawn in 0']);
  });

  it('counts workers that are not ready yet', () => {
    assert.deepEqual(
      kinds(pool([worker(0, { state: 'spawned', spawnedAt: NOW - 10, load: 0 }), worker(1)])),
      [],
    );
  });

  it('adds as many workers as bring the average below maxLoad, at most maxServers', () => {
    assert.deepEqual(kinds(pool([worker(0, { load: 0.8 }), worker(1, { load: 0.8 })])), ['spawn in 2']);
    const busy = [worker(0, { load: 1 }), worker(1, { load: 1 }), worker(2, { load: 1 })];
    assert.deepEqual(kinds(pool(busy)), ['spawn in 3']);
    assert.deepEqual(kinds(pool([...busy, worker(3, { load: 1 })])), []);
  });

  it('does not take the work of starting for a rush', () => {
    const young = { spawnedAt: NOW - 310, readyAt: NOW - 300, load: 1 };
    assert.deepEqual(kinds(pool([worker(0, young), worker(1, young)])), []);
    assert.deepEqual(kinds(pool([worker(0, young), worker(1, young)]), CONFIG, NOW + 2700), ['spawn in 2']);
  });

  it('adds none for load when maxLoad is 0', () => {
    const view = pool([worker(0, { load: 1 }), worker(1, { load: 1 })]);
    assert.deepEqual(kinds(view, { ...CONFIG, maxLoad: 0, minLoad: 0 }), []);
  });

  it('leaves slots of draining workers alone', () => {
    const draining = worker(0, { state: 'draining', drainingAt: NOW - 5 });
    assert.deepEqual(kinds(pool([draining])), ['spawn in 1', 'spawn in 2']);
  });

  it('waits while there is nothing to spawn from', () => {
    assert.deepEqual(kinds(pool([], { canSpawn: false })), []);
  });

  it('meets a rush at once, whatever the average says', () => {
    const calm = [worker(0, { load: 0.1 }), worker(1, { load: 0.1 })];
    assert.deepEqual(kinds(pool(calm, { rushDemand: 2 })), ['spawn in 2']);
    assert.deepEqual(kinds(pool(calm, { rushDemand: 9 })), ['spawn in 2', 'spawn in 3']);
    assert.deepEqual(kinds(pool(calm, { rushDemand: 2 }), { ...CONFIG, maxLoad: 0, minLoad: 0 }), []);
  });

  it('says why', () => {
    const [action] = decide(pool([worker(0, { load: 0.9 }), worker(1, { load: 0.9 })]), CONFIG, NOW).actions;
    assert.equal(action?.kind === 'spawn' && action.reason, 'load 90 % is above maxLoad 70 %');
  });
});

describe('replacement', () => {
  it('spreads maxMemory over what a worker has grown by, not over what it began with', () => {
    const config = { ...CONFIG, maxMemory: 100 };
    const grown = (memory: number, lifeShare: number, firstMemory = 60) =>
      kinds(pool([worker(0), worker(1, { memory, firstMemory, lifeShare })]), config);
    assert.deepEqual(grown(79, 0.5), []);
    assert.deepEqual(grown(80, 0.5), ['spawn in 2']);
    assert.deepEqual(grown(99, 1), []);
    assert.deepEqual(grown(100, 1), ['spawn in 2']);
    assert.deepEqual(grown(100, 0.5, 120), ['spawn in 2'], 'one that is too large from the beginning');
  });
});

describe('shrinking', () => {
  const four = [0.3, 0.1, 0.2, 0.2].map((load, slot) => worker(slot, { load }));

  it('drains the least busy workers, down to what the load needs', () => {
    assert.deepEqual(kinds(pool(four)), ['drain 2', 'drain 4']);
  });

  it('never goes below minServers', () => {
    const idle = [worker(0, { load: 0 }), worker(1, { load: 0 }), worker(2, { load: 0 })];
    assert.deepEqual(kinds(pool(idle)), ['drain 3']);
    assert.deepEqual(kinds(pool(idle.slice(0, 2))), []);
  });

  it('waits until every load was measured after the last change', () => {
    const view = pool(four, { changedAt: NOW - 1000 });
    assert.deepEqual(kinds(view), []);
    assert.equal(decide(view, CONFIG, NOW).againAt, NOW + 2000);
    assert.equal(kinds(view, CONFIG, NOW + 2000).length, 2);
  });

  it('waits until the lack of work has lasted, and takes no more than were too many all the while', () => {
    const lull = { since: NOW - 1000, least: 1 };
    assert.deepEqual(kinds(pool(four, { lull })), []);
    assert.equal(decide(pool(four, { lull }), CONFIG, NOW).againAt, NOW + 2000);
    assert.deepEqual(kinds(pool(four, { lull }), CONFIG, NOW + 2000), ['drain 2']);
    assert.deepEqual(kinds(pool(four, { lull: undefined })), []);
  });

  it('takes idle workers away beyond maxSpareServers, and no more than minSpareServers allows', () => {
    const config = {
      ...CONFIG,
      minServers: 1,
      minLoad: 0,
      maxLoad: 0,
      minSpareServers: 1,
      maxSpareServers: 2,
    };
    const workers = [0, 1, 2, 3].map((slot) => worker(slot, { inFlight: slot === 0 ? 3 : 0 }));
    assert.deepEqual(kinds(pool(workers), config), ['drain 4']);
    assert.deepEqual(
      kinds(pool(workers.map((view) => ({ ...view, inFlight: 1 }))), { ...config, maxServers: 6 }),
      ['spawn in 4'],
    );
  });

  it('spares workers younger than minWorkerTtl', () => {
    const young = four.map((view) => ({ ...view, spawnedAt: NOW - 59_000 }));
    assert.deepEqual(kinds(pool(young)), []);
  });

  it('does not shrink to where it would grow again', () => {
    const config = { ...CONFIG, minServers: 1, minLoad: 0.65 };
    const view = pool([worker(0, { load: 0.6 }), worker(1, { load: 0.65 })]);
    assert.deepEqual(kinds(view, config), []);
  });

  it('settles: a load that falls to nothing takes the pool to minServers and no further', () => {
    let workers = [0, 1, 2, 3].map((slot) => worker(slot, { load: 0.05 }));
    let changedAt = NOW;
    let drained = 0;
    for (let now = NOW; now < NOW + 60_000; now += 1000) {
      for (const action of decide(pool(workers, { changedAt }), CONFIG, now).actions) {
        assert.equal(action.kind, 'drain');
        workers = workers.filter(({ id }) => action.kind === 'drain' && id !== action.worker);
        changedAt = now;
        drained += 1;
      }
    }
    assert.equal(drained, 2);
  });
});

describe('deadlines', () => {
  it('kills a worker that is not ready in time, once', () => {
    const late = worker(0, { state: 'booting', spawnedAt: NOW - CONFIG.bootTimeoutMs });
    assert.deepEqual(kinds(pool([late, worker(1)])), ['kill 1']);
    assert.ok(!kinds(pool([{ ...late, isKilled: true }, worker(1)])).includes('kill 1'));
  });

  it('kills a worker that does not finish within terminationTimeout', () => {
    const slow = worker(2, { state: 'draining', drainingAt: NOW - 29_000 });
    const view = pool([worker(0), worker(1), slow]);
    assert.deepEqual(kinds(view), []);
    assert.equal(decide(view, CONFIG, NOW).againAt, NOW + 1000);
    assert.deepEqual(kinds(view, CONFIG, NOW + 1000), ['kill 3']);
    assert.deepEqual(kinds(view, { ...CONFIG, terminationTimeoutMs: 0 }, NOW + 1_000_000), []);
  });
});

describe('back-off', () => {
  const dead = { spawnedAt: NOW - 20 };

  it('waits longer with every round of early deaths, and then tries one worker', () => {
    const once = afterDeath({ ...NO_SETBACKS, wasEverReady: true }, dead, 'itself', NOW);
    assert.equal(decide(pool([], { setbacks: once }), CONFIG, NOW).againAt, NOW + 100);
    assert.deepEqual(kinds(pool([], { setbacks: once }), CONFIG, NOW + 100), ['spawn in 0']);
    const twice = afterDeath(once, { spawnedAt: NOW + 100 }, 'itself', NOW + 150);
    assert.equal(decide(pool([], { setbacks: twice }), CONFIG, NOW + 150).againAt, NOW + 350);
  });

  it('never waits longer than 30 s', () => {
    const setbacks = { rounds: 50, lastAt: NOW, wasEverReady: true };
    assert.equal(decide(pool([], { setbacks }), CONFIG, NOW).againAt, NOW + 30_000);
  });

  it('counts workers that die together as one round', () => {
    const first = afterDeath(NO_SETBACKS, dead, 'itself', NOW);
    assert.equal(afterDeath(first, dead, 'itself', NOW + 5).rounds, 1);
  });

  it('spawns the others when the one on trial has lived for a second', () => {
    const setbacks = { rounds: 2, lastAt: NOW - 5000, wasEverReady: true };
    const trial = worker(0, { spawnedAt: NOW - 500, readyAt: NOW - 400 });
    assert.deepEqual(kinds(pool([trial], { setbacks })), []);
    assert.equal(decide(pool([trial], { setbacks }), CONFIG, NOW).againAt, NOW + 600);
    const after = afterTime(setbacks, [trial], NOW + 600);
    assert.deepEqual(kinds(pool([trial], { setbacks: after }), CONFIG, NOW + 600), ['spawn in 1']);
  });

  it('does not hold the death of a proven worker against the next one', () => {
    assert.deepEqual(afterDeath(NO_SETBACKS, worker(0), 'itself', NOW), NO_SETBACKS);
  });

  describe('for young workers that were killed from outside', () => {
    const spawnsAtOnce = (setbacks: typeof NO_SETBACKS, now: number) =>
      kinds(pool([], { setbacks, changedAt: now }), CONFIG, now).length;
    const once = afterDeath(NO_SETBACKS, dead, 'outside', NOW);

    it('replaces them at once', () => {
      assert.equal(spawnsAtOnce(once, NOW), 2);
    });

    it('replaces all that were killed together at once', () => {
      const both = afterDeath(once, dead, 'outside', NOW + 5);
      assert.equal(spawnsAtOnce(both, NOW + 5), 2);
    });

    it('waits when it repeats quickly, longer each time', () => {
      const twice = afterDeath(once, { spawnedAt: NOW + 10 }, 'outside', NOW + 60);
      assert.equal(spawnsAtOnce(twice, NOW + 60), 0);
      assert.equal(decide(pool([], { setbacks: twice }), CONFIG, NOW + 60).againAt, NOW + 160);
      const thrice = afterDeath(twice, { spawnedAt: NOW + 160 }, 'outside', NOW + 200);
      assert.equal(decide(pool([], { setbacks: thrice }), CONFIG, NOW + 200).againAt, NOW + 400);
    });

    it('has forgotten the last time after a while', () => {
      const later = NOW + PARDON_INTERVAL_MS;
      const again = afterDeath(once, { spawnedAt: later - 20 }, 'outside', later);
      assert.equal(spawnsAtOnce(again, later), 2);
    });

    it('does not pardon what workers die of by themselves', () => {
      const own = afterDeath(once, { spawnedAt: NOW + 10 }, 'itself', NOW + 60);
      assert.equal(spawnsAtOnce(own, NOW + 60), 0);
    });

    it('gives up when they are killed again and again and none was ever ready', () => {
      let setbacks = NO_SETBACKS;
      let now = NOW;
      for (let round = 0; round < 4; round++, now += 1000) {
        setbacks = afterDeath(setbacks, { spawnedAt: now }, 'outside', now + 500);
      }
      assert.deepEqual(kinds(pool([], { setbacks }), CONFIG, now), ['give up']);
    });
  });

  it('gives up when no worker was ever ready in three rounds, and only then', () => {
    const setbacks = { rounds: 3, lastAt: NOW - 10_000, wasEverReady: false };
    assert.deepEqual(kinds(pool([], { setbacks })), ['give up']);
    assert.deepEqual(kinds(pool([], { setbacks: afterReady(setbacks) })), ['spawn in 0']);
  });
});

describe('stopping', () => {
  it('drains what serves and kills what does not serve yet', () => {
    const view = pool([worker(0), worker(1, { state: 'booting', spawnedAt: NOW - 10 })], {
      mode: 'draining',
    });
    assert.deepEqual(kinds(view), ['drain 1', 'kill 2']);
  });

  it('spawns nothing, and kills at once when told so', () => {
    assert.deepEqual(kinds(pool([], { mode: 'draining' })), []);
    const draining = worker(0, { state: 'draining', drainingAt: NOW });
    assert.deepEqual(kinds(pool([draining, worker(1)], { mode: 'killing' })), ['kill 1', 'kill 2']);
  });
});
