// The case `fork` of the benchmark: how long a new worker takes and how much memory it has to itself when it is ready,
// for an application that loads express, lodash and typescript; beside it child_process.fork of the same application.
//   node bench/fork.mjs [--workers N] [--samples N] [--start-methods fork,spawn]
// prints it alone.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { installApplication } from './fork/application.mjs';
import { memoryOf } from './fork/memory.mjs';
import { measurePronghorn } from './fork/pronghorn.mjs';
import { MissingPeer } from './machine.mjs';
import { median, quantile } from './statistics.mjs';

const GOALS = 'Goals for start method fork: ready after a median of 10 ms, the 99th percentile 15 ms.';
const DEFAULTS = { workers: 4, samples: 40, methods: ['fork', 'spawn'] };
/** A fresh process takes long and varies little. */
const FRESH_SHARE = 4;

async function measureChildProcess(program, count) {
  const samples = [];
  for (let i = 0; i < count; i++) {
    const startedAt = performance.now();
    const child = fork(program, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const ended = once(child, 'exit');
    await Promise.race([
      once(child, 'message'),
      ended.then(() => Promise.reject(new Error('the compared process ended before it was ready'))),
    ]);
    const bootMs = performance.now() - startedAt;
    samples.push({ pid: child.pid, bootMs, ...memoryOf(child.pid) });
    child.kill('SIGKILL');
    await ended;
  }
  return samples;
}

function row(name, samples) {
  const values = (field) => samples.map((sample) => sample[field]);
  const outside = samples[0].outsideMs === undefined ? '–' : median(values('outsideMs')).toFixed(1);
  return [
    name,
    samples.length,
    median(values('bootMs')).toFixed(1),
    quantile(values('bootMs'), 0.99).toFixed(1),
    outside,
    median(values('privateMiB')).toFixed(1),
    Math.max(...values('privateMiB')).toFixed(1),
    median(values('pssMiB')).toFixed(1),
  ];
}

const HEAD = [
  'how a worker is made',
  'samples',
  'boot ms median',
  'p99',
  'kill to ready ms',
  'private MiB median',
  'largest',
  'PSS MiB',
];

/** @returns {string} Markdown */
export function forkTable({ application, workers, measured }) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const rows = measured.flatMap(({ name, first, replaced }) => [
    ...(first ? [row(`${name}, the first ${first.length} at once`, first)] : []),
    row(name, replaced),
  ]);
  return [
    `The application loads ${application}; ${workers} workers, killed one at a time. ${GOALS}`,
    '',
    ...[HEAD, HEAD.map((_, index) => (index === 0 ? '---' : '---:')), ...rows].map(line),
  ].join('\n');
}

async function measureAll({ app, child }, methods, workers, count) {
  const measured = [];
  for (const method of methods) {
    const fresh = method === 'spawn';
    const taken = await measurePronghorn(
      app,
      method,
      workers,
      fresh ? Math.ceil(count / FRESH_SHARE) : count,
    );
    measured.push({ name: `Pronghorn, start method ${method}`, ...taken });
  }
  const replaced = await measureChildProcess(child, Math.ceil(count / FRESH_SHARE));
  measured.push({ name: 'child_process.fork', replaced });
  return measured;
}

/** @throws MissingPeer where the application's libraries cannot be had */
export async function measureFork(options = {}) {
  const { workers, samples, methods } = { ...DEFAULTS, ...options };
  const built = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
  if (methods.length > 0 && !existsSync(built))
    throw new MissingPeer(`${built} does not exist (npm run build)`);
  const application = installApplication();
  const measured = await measureAll(application, methods, workers, samples);
  return { application: application.versions, workers, measured };
}

async function main() {
  const string = { type: 'string' };
  const { values } = parseArgs({ options: { workers: string, samples: string, 'start-methods': string } });
  const given = {
    ...(values.workers && { workers: Number(values.workers) }),
    ...(values.samples && { samples: Number(values.samples) }),
    ...(values['start-methods'] && { methods: values['start-methods'].split(',') }),
  };
  console.log(forkTable(await measureFork(given)));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
