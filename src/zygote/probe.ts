// Whether this process may be forked: asked once, when the application is loaded. A thread does not exist in a forked
// child, but what it was doing and the locks that it held do.
import { readdirSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { hasSigusr1Thread, missingForkFlags } from './node-flags.js';

/** The main thread, the one for delayed tasks, and the one that is left of V8's pool when its size is 0. */
const NODE_THREADS = 3;
/** libuv's default and limits, see its "Thread pool work scheduling". */
const POOL_THREADS = 4;
const POOL_THREADS_MAX = 1024;
/** How libuv calls its threads from 1.50 on; before, they all have the name of the process. */
const POOL_THREAD_NAME = 'libuv-worker';
const OWN_NAMES = /^(node|(node-)?MainThread|DelayedTaskSche|(node-)?V8Worker|SignalInspector|libuv-worker)$/;

const CENSUS_TRIES = 100;
const CENSUS_INTERVAL_MS = 5;

function threadNames(): string[] {
  return readdirSync('/proc/self/task').flatMap((thread) => {
    try {
      return readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim();
    } catch {
      // It ended in between.
      return [];
    }
  });
}

function poolThreads(names: readonly string[]): number {
  const named = names.filter((name) => name === POOL_THREAD_NAME).length;
  if (named > 0) return named;
  const wanted = Number.parseInt(process.env.UV_THREADPOOL_SIZE ?? String(POOL_THREADS), 10);
  return Math.min(Math.max(wanted || 1, 1), POOL_THREADS_MAX);
}

function applicationThreads(): string | undefined {
  const names = threadNames();
  const expected = NODE_THREADS + (hasSigusr1Thread ? 1 : 0) + poolThreads(names);
  const extra = names.length - expected;
  if (extra <= 0) return undefined;
  const foreign = [...new Set(names.filter((name) => !OWN_NAMES.test(name)))];
  const which = foreign.length > 0 ? ` (${foreign.join(', ')})` : '';
  return `the application has started ${extra} ${extra === 1 ? 'thread' : 'threads'}${which}, which a fork does not copy`;
}

/** A thread that has just been started has no name yet, and one that is about to end still counts. */
async function settledCensus(): Promise<string | undefined> {
  for (let i = 1; i < CENSUS_TRIES; i++) {
    if (applicationThreads() === undefined) return undefined;
    await delay(CENSUS_INTERVAL_MS);
  }
  return applicationThreads();
}

/** @returns why this process must not be forked; undefined: nothing speaks against it */
export async function forkUnsafeReason(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `there is no safe fork on ${process.platform}`;
  if (missingForkFlags.length > 0) return `Node runs without ${missingForkFlags.join(' ')}`;
  try {
    // libuv starts its threads at first use, all at once, and knows how to do without them after a fork. Started here, so
    // that their number is known.
    await stat('/');
    return await settledCensus();
  } catch (error) {
    return `cannot count the threads of the process: ${(error as Error).message}`;
  }
}
