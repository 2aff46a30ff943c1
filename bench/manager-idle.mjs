// CPU time that the manager needs while its workers have nothing to do: `node bench/manager-idle.mjs [workers] [seconds]
// [key=value …]` starts a server of its own and prints one line. Needs nothing but the built clone.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const TICKS_PER_SECOND = 100;
/** For what the start has left over: memory to be collected, code to be compiled. */
const SETTLE_MS = 8000;

const [workers = '64', seconds = '20', ...options] = process.argv.slice(2);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Seconds of CPU time, in user mode and in the kernel. */
function cpuTimes(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { user: Number(fields[11]) / TICKS_PER_SECOND, system: Number(fields[12]) / TICKS_PER_SECOND };
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
  const before = { ...cpuTimes(child.pid), switches: switches(child.pid), at: performance.now() };
  await pause(Number(seconds) * 1000);
  const elapsed = (performance.now() - before.at) / 1000;
  const after = cpuTimes(child.pid);
  const percent = (name) => ((100 * (after[name] - before[name])) / elapsed).toFixed(2);
  const total = (Number(percent('user')) + Number(percent('system'))).toFixed(2);
  const wakes = ((switches(child.pid) - before.switches) / elapsed).toFixed(0);
  console.log(
    `${workers} idle workers: manager ${total} % of a core (user ${percent('user')}, system ${percent('system')}), ${wakes} wake-ups a second, ${elapsed.toFixed(1)} s`,
  );
} finally {
  child.kill('SIGTERM');
}
