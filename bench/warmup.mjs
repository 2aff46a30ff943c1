// What requests before the first fork (option `warmup`) are worth to a new worker: its CPU time for its first requests, and
// the memory that is its own after them, by the number of warm-up requests. The application is examples/express.mjs.
//   node bench/warmup.mjs [--rounds 5] [--counts 0,200,2000,20000]
// Prints a line for each count, medians of the rounds. Needs nothing but the built clone.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { memoryOf } from './fork/memory.mjs';
import { cpuTime, withOwnServer } from './own-server.mjs';
import { median } from './statistics.mjs';

/** How many requests a worker has had when it is looked at. */
const MARKS = [1, 10, 100, 1000, 10_000];

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    counts: { type: 'string', default: '0,200,2000,20000' },
  },
});

function get(port, agent) {
  return new Promise((resolve, reject) => {
    request({ port, agent, path: '/' }, (response) => response.resume().once('end', resolve))
      .once('error', reject)
      .end();
  });
}

/** @returns for each mark: CPU time of one request since the last mark, microseconds; and MiB of its own at the end */
async function ask({ port, workers: [worker] }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
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
  agent.destroy();
  return [...costs, memoryOf(worker).privateMiB];
}

async function measure(count) {
  const folder = mkdtempSync(join(tmpdir(), 'pronghorn-warmup-'));
  const file = join(folder, 'pronghorn.config.json');
  writeFileSync(file, JSON.stringify(count > 0 ? { warmup: { url: '/', count } } : {}));
  try {
    return await withOwnServer('examples/express.mjs', ['--config', file], ask);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const counts = values.counts.split(',').map(Number);
const results = new Map(counts.map((count) => [count, []]));
for (let round = 0; round < Number(values.rounds); round++) {
  for (const count of counts) results.get(count).push(await measure(count));
}
console.log(
  `warm-up requests | µs of CPU for each request, the first, then up to the ${MARKS.slice(1).join('th, ')}th | MiB of its own`,
);
for (const [count, rounds] of results) {
  const medians = rounds[0].map((_, at) => median(rounds.map((round) => round[at])));
  const costs = medians.slice(0, -1).map((cost) => cost.toFixed(0));
  console.log(`${count} | ${costs.join(', ')} | ${medians.at(-1).toFixed(1)}`);
}
