// Where a server's files are, and what the status looks like: both are pure.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runArguments } from '#dist/cli/start.js';
import { statusLines } from '#dist/cli/status-view.js';
import { OPTION_GROUPS } from '#dist/config/groups.js';
import { OPTION_NAMES } from '#dist/config/options.js';
import { instanceName, placeFor, usualFolder, usualLogFile } from '#dist/control/place.js';
import type { StatusReport } from '#dist/manager/controls.js';

const HOME = { uid: 1000, home: '/home/ann', environment: {} };
const ROOT = { uid: 0, home: '/root', environment: { XDG_RUNTIME_DIR: '/run/user/0' } };

describe('the place of a server', () => {
  test('is where runtimeDir says, or beside the pid file, or usual', () => {
    assert.deepEqual(placeFor({ pidFile: '', runtimeDir: '/run/site' }), {
      folder: '/run/site',
      pidFile: '/run/site/pronghorn.pid',
      socket: '/run/site/control.sock',
    });
    assert.deepEqual(placeFor({ pidFile: '/run/site.pid', runtimeDir: '' }, '/usual'), {
      pidFile: '/run/site.pid',
      socket: '/run/site.pid.sock',
    });
    assert.equal(placeFor({ pidFile: '', runtimeDir: '' }, '/usual')?.socket, '/usual/control.sock');
    assert.equal(placeFor({ pidFile: '', runtimeDir: '' }), undefined);
  });

  test('is private to the account: never in a shared temporary folder', () => {
    const app = '/srv/site/index.mjs';
    const name = instanceName(app);
    assert.match(name, /^site-index-[0-9a-f]{8}$/);
    assert.notEqual(name, instanceName('/srv/other/site/index.mjs'));
    assert.equal(usualFolder(app, ROOT), `/run/pronghorn/${name}`);
    assert.equal(usualFolder(app, HOME), `/home/ann/.local/state/pronghorn/run/${name}`);
    const environment = { XDG_RUNTIME_DIR: '/run/user/1000' };
    assert.equal(usualFolder(app, { ...HOME, environment }), `/run/user/1000/pronghorn/${name}`);
    assert.equal(usualLogFile(app, ROOT), `/var/log/pronghorn/${name}.log`);
    assert.equal(usualLogFile(app, HOME), `/home/ann/.local/state/pronghorn/log/${name}.log`);
  });
});

test('start runs the same words, less its own', () => {
  const words = [
    'start',
    'a.mjs',
    '--json',
    '--log-file',
    'x',
    '--workers',
    '2',
    '--log-file=y',
    '--',
    '--json',
  ];
  assert.deepEqual(runArguments(words), ['run', 'a.mjs', '--workers', '2', '--', '--json']);
});

test('every option is in one group of the help', () => {
  assert.deepEqual(Object.values(OPTION_GROUPS).flat().sort(), [...OPTION_NAMES].sort());
});

describe('the status as text', () => {
  const worker: StatusReport['workers'][number] = {
    id: 1,
    slot: 0,
    generation: 2,
    pid: 101,
    threadId: undefined,
    state: 'ready',
    age: 7_300,
    load: 0.42,
    heartbeatAge: 0.01,
    connections: 12,
    inFlight: 3,
    accepted: 40,
    requests: 1000,
    isOutdated: false,
    rate: 1234.5,
    memory: { private: 12 * 1024 * 1024, shared: 48 * 1024 * 1024 },
  };
  const report: StatusReport = {
    app: 'app.mjs',
    configFile: undefined,
    node: 'v24.0.0',
    pid: 100,
    uptime: 90_061,
    state: 'running',
    isReady: true,
    generation: 2,
    change: undefined,
    startMethod: 'fork',
    minServers: 1,
    maxServers: 4,
    addresses: ['http://127.0.0.1:8080'],
    adminAddress: 'http://127.0.0.1:9090',
    queued: 5,
    totals: {
      accepted: 120,
      requests: 3000,
      bytesIn: 0,
      bytesOut: 0,
      responses: { '1xx': 0, '2xx': 3000, '3xx': 0, '4xx': 0, '5xx': 0 },
      latency: { limits: [], counts: [], sum: 0 },
    },
    workers: [
      worker,
      { ...worker, id: 2, slot: 1, heartbeatAge: 9 },
      { ...worker, id: 3, slot: 2, isOutdated: true },
    ],
    decisions: [{ at: 0, kind: 'spawn', worker: 3, reason: 'load 81 % is above maxLoad 70 %' }],
  };
  const view = (options: object = {}) =>
    statusLines(report, { paint: (_, text) => text, width: 200, height: 50, isUnicode: false, ...options });

  test('has every fact', () => {
    const [first, addresses, sums, , head, row] = view();
    assert.equal(first, 'app.mjs  running  pid 100  up 1 d 1 h  generation 2  fork  node v24.0.0');
    assert.equal(addresses, 'http://127.0.0.1:8080  status page http://127.0.0.1:9090');
    assert.equal(sums, '3 of 1 to 4 workers ready  3,704 req/s  9 in flight  36 connections  5 waiting');
    assert.match(head!, /slot +pid +gen +state +age +load +req\/s +in flight +conns +private +shared$/);
    assert.match(row!, /0 +101 +2 +ready +2 h 1 min +####\.{6} {2}42 % +1,235 +3 +12 +12 MB +48 MB$/);
    assert.match(
      view().at(-1)!,
      /last decision \d\d:\d\d:\d\d spawn worker 3: load 81 % is above maxLoad 70 %/,
    );
  });

  test('tells who hangs and who is about to be replaced', () => {
    const text = view().join('\n');
    assert.match(text, /^ +1 .* hangs /m);
    assert.match(text, /^ +2 .* outdated /m);
  });

  test('leaves out what there is no room for', () => {
    for (const line of view({ width: 60 }).slice(4, 8)) assert.ok(line.length <= 60, line);
    assert.match(view({ height: 9 }).join('\n'), /and 2 more/);
  });
});
