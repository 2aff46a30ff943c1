// CPU time that the manager needs while its workers have nothing to do: `node bench/manager-idle.mjs [workers] [seconds]
// [key=value …]` starts a server of its own and prints one line. Needs nothing but the built clone.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** For what the start has left over: memory to be collected, code to be compiled. */
const SETTLE_MS = 8000;

const [workers = '64', seconds = '20', ...options] = process.argv.slice(2);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Seconds of CPU time of all its threads, to the nanosecond: /proc/pid/stat counts by ticks that such short turns miss. */
function cpuTime(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const ns = threads.map((tid) =>
    Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'latin1').split(' ')[0]),
  );
  return ns.reduce((sum, time) => sum + time, 0) / 1e9;
}

/** How often it was put on a processor: each time is a wake-up. */
function switches(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)[1]);
}

async function listening(child) {
  let text = '';
  for await (const chunk of child.stderr) {
    text += chunk;
    if (text.includes('listening on')) return;
  }
  throw new Error(`the server ended before it listened: ${text}`);
}

const words = ['--listen', 'http://127.0.0.1:0', '--workers', workers, ...options];
const child = spawn(
  process.execPath,
  [join(root, 'dist/cli/main.js'), join(root, 'examples/hello.mjs'), ...words],
  {
    stdio: ['ignore', 'ignore', 'pipe'],
  },
);
try {
  await listening(child);
  await pause(SETTLE_MS);
  const before = { time: cpuTime(child.pid), switches: switches(child.pid), at: performance.now() };
  await pause(Number(seconds) * 1000);
  const elapsed = (performance.now() - before.at) / 1000;
  const percent = ((100 * (cpuTime(child.pid) - before.time)) / elapsed).toFixed(2);
  const wakes = ((switches(child.pid) - before.switches) / elapsed).toFixed(0);
  console.log(
    `${workers} idle workers: manager ${percent} % of a core, ${wakes} wake-ups a second, ${elapsed.toFixed(1)} s`,
  );
} finally {
  child.kill('SIGTERM');
}
