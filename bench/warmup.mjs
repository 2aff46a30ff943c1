// What requests before the first fork (option `warmup`) are worth to a new worker: its CPU time for its first requests, and
// the memory that is its own after them, by the number of warm-up requests. The application is examples/express.mjs.
//   node bench/warmup.mjs [--rounds 3] [--counts 0,200,2000,20000]
// Prints a line for each count, medians of the rounds. Needs the built clone.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { memoryOf } from './fork/memory.mjs';
import { processTree } from './launch.mjs';
import { median } from './statistics.mjs';

const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const APP = fileURLToPath(new URL('../examples/express.mjs', import.meta.url));
/** How many requests a worker has had when it is looked at. */
const MARKS = [1, 10, 100, 1000, 10_000];

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    counts: { type: 'string', default: '0,200,2000,20000' },
  },
});

/** Microseconds, of all its threads. */
function cpuTime(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const ns = threads.map((tid) =>
    Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'latin1').split(' ')[0]),
  );
  return ns.reduce((sum, time) => sum + time, 0) / 1000;
}

function get(port, agent) {
  return new Promise((resolve, reject) => {
    request({ port, agent, path: '/' }, (response) => response.resume().once('end', resolve))
      .once('error', reject)
      .end();
  });
}

async function portOf(manager) {
  for await (const line of createInterface({ input: manager.stderr })) {
    const found = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(line);
    if (found) return Number(found[1]);
  }
  throw new Error('the server ended before it listened');
}

/** @returns for each mark: CPU time of one request since the last mark, microseconds; and MiB of its own at the end */
async function measure(count) {
  const folder = mkdtempSync(join(tmpdir(), 'pronghorn-warmup-'));
  const file = join(folder, 'pronghorn.config.json');
  writeFileSync(file, JSON.stringify(count > 0 ? { warmup: { url: '/', count } } : {}));
  const args = [CLI, APP, '--config', file, '--listen', 'http://127.0.0.1:0', '--workers', '1'];
  const manager = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(manager, 'exit');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const port = await portOf(manager);
    manager.stderr.resume();
    // The worker was forked last.
    const worker = Math.max(...processTree(manager.pid));
    const costs = [];
    let done = 0;
    let before = cpuTime(worker);
    for (const mark of MARKS) {
      const from = done;
      for (; done < mark; done++) await get(port, agent);
      const now = cpuTime(worker);
      costs.push((now - before) / (done - from));
      before = now;
    }
    return [...costs, memoryOf(worker).privateMiB];
  } finally {
    agent.destroy();
    manager.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
  }
}

const counts = values.counts.split(',').map(Number);
const results = new Map(counts.map((count) => [count, []]));
for (let round = 0; round < Number(values.rounds); round++) {
  for (const count of counts) results.get(count).push(await measure(count));
}
console.log(`warm-up requests | µs of CPU for a request, up to the ${MARKS.join('th, ')}th | MiB of its own`);
for (const [count, rounds] of results) {
  const [own, ...costs] = rounds[0].map((_, at) => median(rounds.map((round) => round[at]))).reverse();
  const told = costs.reverse().map((cost) => cost.toFixed(0));
  console.log(`${count} | ${told.join(', ')} | ${own.toFixed(1)}`);
}
