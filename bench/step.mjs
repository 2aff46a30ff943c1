// How fast a pool follows, on a real server: a load that becomes ten times as large from one moment to the next, and a
// worker whose event loop stands still.
//   node bench/step.mjs [--steps 5] [--hangs 5] [-- option of pronghorn…]
// Requests of 5 ms, each on a connection of its own, go out on a schedule, and their time counts from when they were due. Prints
// for each step the 99th percentile before it, and after how long it was back under twice that for good; for each hang the time
// from the request that caused it to the word of the worker that took the place.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median, quantile } from './statistics.mjs';

const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const APP = fileURLToPath(new URL('step/app.mjs', import.meta.url));
const REQUEST_MS = 5;
/** A fifth of what one worker can do. */
const BASE_RATE = 40;
const FACTOR = 10;
const BASE_S = 5;
const STEP_S = 4;
/** The percentile afterwards is one of as many requests as the one before. */
const WINDOW_MS = ((BASE_S - 1) * 1000) / FACTOR;
const WINDOW_STEP_MS = 50;
const FOREVER_MS = 600_000;

class Server {
  #waiting = [];

  static async start(options) {
    const args = [CLI, APP, '--listen', 'http://127.0.0.1:0', '--log-level', 'debug', ...options];
    const server = new Server(spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] }));
    const { msg } = await server.says(/^listening on/);
    server.port = Number(/127\.0\.0\.1:(\d+)/.exec(msg)[1]);
    return server;
  }

  constructor(child) {
    this.child = child;
    createInterface({ input: child.stderr }).on('line', (text) => {
      if (!text.startsWith('{')) return;
      const line = JSON.parse(text);
      const found = this.#waiting.filter(({ pattern }) => pattern.test(line.msg));
      this.#waiting = this.#waiting.filter((one) => !found.includes(one));
      for (const { resolve } of found) resolve(line);
    });
  }

  /** The next line of the log that says so. */
  says(pattern) {
    return new Promise((resolve) => this.#waiting.push({ pattern, resolve }));
  }

  async stop() {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
  }
}

/** @returns milliseconds until the whole answer is there */
function ask(port, ms, dueAt) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`GET /?ms=${ms} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n`);
    });
    let text = '';
    socket.setEncoding('latin1').on('data', (part) => {
      text += part;
    });
    socket.once('error', reject).once('close', () => {
      if (text.startsWith('HTTP/1.1 200')) resolve(performance.now() - dueAt);
      else reject(new Error(`answered '${text}'`));
    });
  });
}

/** @returns {Promise<{ dueAt: number, ms: number }[]>} dueAt from the beginning of this load */
async function schedule(port, rate, seconds) {
  const from = performance.now();
  const all = [];
  for (let i = 0; i < rate * seconds; ) {
    for (; i < rate * seconds && from + (i * 1000) / rate <= performance.now(); i++) {
      const dueAt = from + (i * 1000) / rate;
      all.push(ask(port, REQUEST_MS, dueAt).then((ms) => ({ dueAt: dueAt - from, ms })));
    }
    await pause(1);
  }
  return Promise.all(all);
}

/** When the first window begins since which the 99th percentile has been within the limit. */
function settledAfter(samples, limitMs) {
  let after = 0;
  for (let from = 0; from <= STEP_S * 1000 - WINDOW_MS; from += WINDOW_STEP_MS) {
    const window = samples.filter(({ dueAt }) => dueAt >= from && dueAt < from + WINDOW_MS);
    const times = window.map(({ ms }) => ms);
    if (quantile(times, 0.99) > limitMs) after = from + WINDOW_STEP_MS;
  }
  return after;
}

async function measureStep() {
  const server = await Server.start(['--min-servers', '1', '--max-servers', '16', ...more]);
  try {
    const before = await schedule(server.port, BASE_RATE, BASE_S);
    const baseMs = quantile(
      before.slice(BASE_RATE).map(({ ms }) => ms),
      0.99,
    );
    const after = await schedule(server.port, BASE_RATE * FACTOR, STEP_S);
    const worstMs = Math.max(...after.map(({ ms }) => ms));
    return { baseMs, worstMs, settledMs: settledAfter(after, 2 * baseMs) };
  } finally {
    await server.stop();
  }
}

async function measureHang() {
  const server = await Server.start(['--workers', '2', '--activity-timeout', '1']);
  try {
    const from = performance.now();
    ask(server.port, FOREVER_MS, from).catch(() => {});
    await server.says(/^worker hangs$/);
    const seenMs = performance.now() - from;
    await server.says(/^worker is ready$/);
    return { seenMs, replacedMs: performance.now() - from };
  } finally {
    await server.stop();
  }
}

async function times(count, measure, tell) {
  const results = [];
  for (let i = 0; i < count; i++) {
    results.push(await measure());
    console.log(tell(results.at(-1)));
  }
  return results;
}

const { values, positionals: more } = parseArgs({
  options: { steps: { type: 'string' }, hangs: { type: 'string' } },
  allowPositionals: true,
});
const ms = (value) => `${value.toFixed(0)} ms`;
const steps = await times(
  Number(values.steps ?? 5),
  measureStep,
  ({ baseMs, worstMs, settledMs }) =>
    `step: p99 of ${baseMs.toFixed(1)} ms, under twice that again after ${ms(settledMs)}; the slowest request ${ms(worstMs)}`,
);
const hangs = await times(
  Number(values.hangs ?? 5),
  measureHang,
  ({ seenMs, replacedMs }) => `hang: seen after ${ms(seenMs)}, replaced after ${ms(replacedMs)}`,
);
if (steps.length > 0)
  console.log(`median of the steps: ${ms(median(steps.map(({ settledMs }) => settledMs)))}`);
if (hangs.length > 0)
  console.log(`median of the hangs: ${ms(median(hangs.map(({ replacedMs }) => replacedMs)))}`);
