// The policy under modelled load, minutes of it in milliseconds: what it does at a step, in a steady state, when workers
// hang or die; and traces that make no sense.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { svgChart, textChart } from '#dist/simulation/chart.js';
import { type Run, simulate } from '#dist/simulation/run.js';
import { summarize } from '#dist/simulation/summary.js';
import { parseTrace } from '#dist/simulation/trace.js';
import { root, temporaryFolder } from '../support/paths.js';

const BASE = {
  serviceMs: 5,
  seconds: 20,
  load: [{ at: 0, rps: 200 }],
  config: { minServers: 2, maxServers: 32 },
};

function run(fields: object = {}): Run {
  return simulate(parseTrace(JSON.stringify({ ...BASE, ...fields })));
}

function said({ decisions }: Run): string[] {
  return decisions.map(({ action }) => `${action.kind} ${'reason' in action ? action.reason : ''}`);
}

describe('the pool', () => {
  it('starts with minServers workers and keeps them while little comes', () => {
    const calm = run();
    assert.deepEqual(said(calm), ['spawn 0 of at least 2 workers', 'spawn 0 of at least 2 workers']);
    const { workersMost, flaps, lost } = summarize(calm);
    assert.deepEqual({ workersMost, flaps, lost }, { workersMost: 2, flaps: 0, lost: 0 });
  });

  it('serves ten times the load as well as before within 300 ms', () => {
    const step = { at: 10, rps: 2000 };
    const [recovery] = summarize(run({ load: [...BASE.load, step] })).recoveries;
    assert.ok(recovery!.tookMs! <= 300, `it took ${recovery!.tookMs} ms`);
  });

  it('changes its mind at most once in ten minutes of steady load, for any load', () => {
    for (const rps of [150, 400, 900, 1600, 3000]) {
      const steady = run({ seconds: 600, service: 'exponential', load: [{ at: 0, rps }], seed: rps });
      assert.ok(summarize(steady).flaps <= 1, `${rps} requests a second: ${summarize(steady).flaps} flaps`);
    }
  });

  it('goes back to minServers when the load has gone, and loses nothing', () => {
    const gone = run({
      seconds: 60,
      load: [...BASE.load, { at: 5, rps: 2000 }, { at: 15, rps: 0 }],
      config: { ...BASE.config, minWorkerTtl: 5 },
    });
    assert.equal(gone.samples.at(-1)!.workers, 2);
    assert.equal(summarize(gone).lost, 0);
  });

  it('replaces a worker that hangs, and nobody else waits for it for long', () => {
    const hung = run({
      load: [{ at: 0, rps: 800 }],
      config: { workers: 8, activityTimeout: 1 },
      events: [{ at: 10, kind: 'hang' }],
    });
    const at = (word: string) => hung.decisions.find(({ action }) => action.kind === word)!.atMs;
    assert.ok(at('hang') - 10_000 <= 1500, 'it is replaced in time');
    assert.ok(at('kill') > at('hang'));
    assert.equal(hung.samples.at(-1)!.ready, 8);
    assert.ok(summarize(hung).waitMs.most <= 100);
  });

  it('tries again ever later while workers die at once, and is whole again afterwards', () => {
    const looping = run({
      seconds: 60,
      config: { workers: 4 },
      events: [
        { at: 10, kind: 'crashLoop', seconds: 15 },
        { at: 11, kind: 'crash', workers: 2 },
      ],
    });
    const tries = looping.decisions.filter(({ atMs }) => atMs > 11_000).map(({ atMs }) => atMs);
    assert.ok(tries.length < 20, `${tries.length} attempts in all`);
    assert.equal(looping.samples.at(-1)!.ready, 4);
  });

  it('gives up when no worker ever becomes ready', () => {
    const hopeless = run({ events: [{ at: 0, kind: 'crashLoop', seconds: 20 }] });
    assert.equal(hopeless.decisions.at(-1)!.action.kind, 'giveUp');
  });

  it('does not start workers without end while they are slow to boot', () => {
    const slow = run({ bootMs: 4000, seconds: 60, load: [...BASE.load, { at: 30, rps: 1500 }] });
    assert.ok(
      summarize(slow).workersMost <= 24,
      `${summarize(slow).workersMost} workers for the work of 7.5`,
    );
  });

  it('is replaced worker by worker when maxRequests is reached', () => {
    const recycling = run({ config: { workers: 4, maxRequests: 500, minWorkerTtl: 1 } });
    assert.ok(said(recycling).some((text) => text.startsWith('drain') && text.includes('of at most 500')));
    assert.ok(recycling.samples.slice(5).every(({ ready }) => ready >= 4));
  });

  it('does the same twice', () => {
    const events = [{ at: 3, kind: 'burst', requests: 300 }];
    assert.deepEqual(run({ events }).decisions, run({ events }).decisions);
  });
});

describe('a trace', () => {
  const refusals: [string, object | string, RegExp][] = [
    ['is JSON', '{', /it is no JSON/],
    ['is an object', '[]', /expected an object for the trace/],
    ['has no unknown key', { speed: 3 }, /unknown key `speed` in the trace/],
    ['has load', { load: [] }, /`load` has no point/],
    [
      'has load in order',
      {
        load: [
          { at: 5, rps: 1 },
          { at: 1, rps: 1 },
        ],
      },
      /not in order/,
    ],
    ['has numbers', { load: [{ at: 0, rps: 'many' }] }, /`rps` in load\[0\], received 'many'/],
    ['has known events', { events: [{ at: 1, kind: 'flood' }] }, /`kind` in events\[0\]/],
    [
      'has events with their own keys',
      { events: [{ at: 1, kind: 'crash', seconds: 2 }] },
      /unknown key `seconds`/,
    ],
    ['has known options', { config: { minServer: 2 } }, /unknown option `minServer`, did you mean/],
    ['has at most 1000 workers', { config: { workers: 1001 } }, /at most 1000 workers/],
    ['is not endless', { seconds: 1e9 }, /are too many/],
    ['has a known kind of service', { service: 'quick' }, /fixed or exponential/],
  ];
  for (const [what, fields, message] of refusals) {
    it(what, () => {
      const text = typeof fields === 'string' ? fields : JSON.stringify({ ...BASE, ...fields });
      assert.throws(() => parseTrace(text), { code: 'ERR_PRONGHORN_SIMULATION_TRACE', message });
    });
  }

  it('of the examples can be parsed', () => {
    const folder = join(root, 'examples/traces');
    const names = readdirSync(folder);
    assert.ok(names.length >= 5);
    for (const name of names) parseTrace(readFileSync(join(folder, name), 'utf8'));
  });
});

describe('the command', () => {
  const simulator = (...words: string[]) =>
    spawnSync(process.execPath, [join(root, 'dist/simulation/main.js'), ...words], { encoding: 'utf8' });

  it('prints decisions, charts and a summary, and writes a picture', () => {
    const svg = join(temporaryFolder(), 'step.svg');
    const { stdout, status } = simulator(join(root, 'examples/traces/step.json'), '--svg', svg);
    assert.equal(status, 0);
    assert.match(stdout, /spawn in slot 2: a rush/);
    assert.match(stdout, /workers, at most/);
    assert.match(stdout, /flaps {6}0/);
    assert.match(readFileSync(svg, 'utf8'), /^<svg .*<\/svg>\n$/s);
  });

  it('says what is wrong with how it is called', () => {
    const { stderr, status } = simulator();
    assert.match(stderr, /ERR_PRONGHORN_SIMULATION_USAGE: one trace is needed/);
    assert.equal(status, 2);
    assert.match(simulator('/nowhere.json').stderr, /ERR_PRONGHORN_SIMULATION_TRACE.*ENOENT/);
  });

  it('draws a run without any request', () => {
    const idle = run({ load: [{ at: 0, rps: 0 }], seconds: 1 });
    assert.match(textChart(idle), /requests\/s/);
    assert.match(svgChart(idle), /polyline/);
  });
});
