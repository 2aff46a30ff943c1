// The fork benchmark's look at Pronghorn: starts a manager with the application, kills worker after worker, and takes
// the time from the manager's decision to the new worker's ready word out of the manager's own log.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../launch.mjs';
import { memoryOf } from './memory.mjs';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** Younger workers are not killed: a death right after the start makes the manager wait before it tries again. */
const AGE_MS = 1500;
const READY_MS = 30_000;
const STOP_MS = 10_000;

/** The manager's log as a queue of ready workers, each with the time and memory when it was seen. */
class ReadyLog {
  #events = [];
  #decidedAt = new Map();
  #waiter;
  #tail = [];
  #ended = false;

  constructor(stream) {
    const lines = createInterface({ input: stream });
    lines.on('line', (line) => this.#onLine(line));
    lines.on('close', () => {
      this.#ended = true;
      this.#waiter?.();
    });
  }

  #onLine(line) {
    const seenAt = performance.now();
    this.#tail = [...this.#tail.slice(-9), line];
    if (!line.startsWith('{')) return;
    const { msg, time, worker, slot, pid, bootMs } = JSON.parse(line);
    if (msg === 'spawning worker') this.#decidedAt.set(worker, Date.parse(time));
    if (msg !== 'worker is ready') return;
    // Without a field of its own, the two lines' times tell, to the millisecond.
    const tookMs = bootMs ?? Date.parse(time) - this.#decidedAt.get(worker);
    this.#events.push({ worker, slot, pid, bootMs: tookMs, seenAt, ...memoryOf(pid) });
    this.#waiter?.();
  }

  async next() {
    const deadline = performance.now() + READY_MS;
    while (this.#events.length === 0) {
      const left = deadline - performance.now();
      if (left <= 0 || this.#ended)
        throw new Error(`no worker became ready; the manager's last lines:\n${this.#tail.join('\n')}`);
      const timeout = new AbortController();
      await Promise.race([
        new Promise((resolve) => {
          this.#waiter = resolve;
        }),
        sleep(left, undefined, { signal: timeout.signal }).catch(() => {}),
      ]);
      timeout.abort();
    }
    return this.#events.shift();
  }
}

/** Kills the oldest worker, again and again; each replacement is one sample. */
async function replaceWorkers(log, alive, count) {
  const samples = [];
  while (samples.length < count) {
    const victim = alive.shift();
    await sleep(Math.max(0, victim.seenAt + AGE_MS - performance.now()));
    const killedAt = performance.now();
    process.kill(victim.pid, 'SIGKILL');
    const replacement = await log.next();
    alive.push(replacement);
    samples.push({ ...replacement, outsideMs: replacement.seenAt - killedAt });
  }
  return samples;
}

/** @returns {Promise<{ startMs: number, first: object[], replaced: object[] }>} */
export async function measurePronghorn(app, startMethod, workers, count) {
  const port = await freePort();
  const options = ['--workers', String(workers), '--start-method', startMethod, '--log-level', 'debug'];
  const startedAt = performance.now();
  const manager = spawn(process.execPath, [CLI, app, '--listen', `http://127.0.0.1:${port}`, ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(manager, 'exit');
  try {
    const log = new ReadyLog(manager.stderr);
    const first = [];
    while (first.length < workers) first.push(await log.next());
    const startMs = performance.now() - startedAt;
    return { startMs, first, replaced: await replaceWorkers(log, [...first], count) };
  } finally {
    manager.kill('SIGTERM');
    const killer = setTimeout(() => manager.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(killer);
  }
}
