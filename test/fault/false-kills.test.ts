// A machine with far too much to do, a manager that stands still, a server that is stopped as a whole: nobody hangs, so
// nobody may be killed, with an activityTimeout that is much shorter than all that. Every connection is counted.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { test } from 'node:test';
import { type ControlledServer, controlled } from '../support/controlled.js';
import { Load } from '../support/ledger.js';
import { startMethods } from '../support/server.js';
import { waitFor } from '../support/wait.js';

const ACTIVITY_TIMEOUT_S = 0.5;
/** Long enough to be killed twice over. */
const TROUBLE_MS = 6 * ACTIVITY_TIMEOUT_S * 1000;
const OVERSUBSCRIPTION = 4;

async function lasts(ms: number): Promise<void> {
  const from = performance.now();
  await waitFor('the trouble to have lasted', () => performance.now() - from > ms);
}

/** Processes that only compute, four for each processor, as long as `run` takes. */
async function oversubscribed(run: () => Promise<void>): Promise<void> {
  const hogs: ChildProcess[] = [];
  try {
    for (let i = 0; i < OVERSUBSCRIPTION * availableParallelism(); i++) {
      hogs.push(spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }));
    }
    await run();
  } finally {
    for (const hog of hogs) hog.kill('SIGKILL');
  }
}

/** Behind everybody else on one processor, and with something to compute: a turn every few seconds. */
async function starved(server: ControlledServer): Promise<void> {
  const pids = server.readyPids.map(String);
  const hogs: number[] = [];
  const answers: Promise<void>[] = [];
  let answered = 0;
  try {
    for (let i = 0; i < OVERSUBSCRIPTION; i++) hogs.push(Number((await server.get('/hog')).text));
    for (const pid of pids) {
      execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', '0', pid]);
      execFileSync('chrt', ['--all-tasks', '--idle', '--pid', '0', pid]);
    }
    // Who only waits needs so little that it gets it.
    for (const _ of pids) {
      const answer = server.get('/block?ms=50').then(({ status }) => {
        assert.equal(status, 200);
        answered++;
      });
      answer.catch(() => {}); // Whether it came is asked for at the end.
      answers.push(answer);
    }
    await lasts(TROUBLE_MS);
    assert.ok(answered < pids.length, 'some worker has been without a processor all the time');
  } finally {
    for (const hog of hogs) process.kill(hog, 'SIGKILL');
    // Of a worker that is gone, the log says more.
    for (const pid of pids) {
      spawnSync('chrt', ['--all-tasks', '--other', '--pid', '0', pid]);
      spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', `0-${cpus().length - 1}`, pid]);
    }
  }
  assertNobodyKilled(server, 'workers that got no processor time');
  await Promise.all(answers);
}

function assertNobodyKilled(server: ControlledServer, what: string): void {
  const kills = server.log.filter(({ event }) => /^worker\.(hangs|killing|died)/.test(String(event)));
  assert.deepEqual(kills, [], what);
}

/** The manager looks at its workers again after this. */
async function lookedAgain(server: ControlledServer): Promise<void> {
  const waits = () => server.events.filter(({ event }) => event === 'wait').length;
  const before = waits();
  await waitFor('ten looks', () => waits() >= before + 10);
}

function stopped(pids: readonly number[]): () => Promise<void> {
  return async () => {
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      await lasts(TROUBLE_MS);
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
  };
}

const TROUBLES: Record<string, (server: ControlledServer) => Promise<void>> = {
  [`${OVERSUBSCRIPTION} times as much to do as there are processors`]: () =>
    oversubscribed(() => lasts(TROUBLE_MS)),
  'workers that get no processor time': starved,
  'a manager that is stopped and goes on': (server) => stopped([server.pid])(),
  'every process stopped, and going on': (server) => stopped(server.members.map(({ pid }) => pid))(),
};

for (const startMethod of startMethods) {
  test(`nobody is killed who does not hang, start method ${startMethod}`, () =>
    controlled(
      { startMethod, workers: 3, activityTimeout: ACTIVITY_TIMEOUT_S, checkInterval: 0.1 },
      async (server) => {
        const before = server.readyPids.sort();
        const load = new Load(server.target, 2);
        for (const [what, trouble] of Object.entries(TROUBLES)) {
          const answered = load.ledger.answered;
          await trouble(server);
          await lookedAgain(server);
          await waitFor('answers', () => load.ledger.answered > answered + 20);
          assertNobodyKilled(server, what);
        }
        const { wrong, connections } = await load.end();
        assert.deepEqual(wrong, []);
        assert.ok(connections > 0);
        assert.deepEqual(server.readyPids.sort(), before);
      },
      ['wait'],
    ));
}
