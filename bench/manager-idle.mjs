// CPU time that the manager needs while its workers have nothing to do: `node bench/manager-idle.mjs [workers] [seconds]
// [option …]` starts a server of its own and prints one line. Needs nothing but the built clone.
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { cpuTime, withOwnServer } from './own-server.mjs';

/** For what the start has left over: memory to be collected, code to be compiled. */
const SETTLE_MS = 8000;

const [count = '64', seconds = '20', ...options] = process.argv.slice(2);
const workers = Number(count);

/** How often it was put on a processor: each time is a wake-up. */
function switches(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)[1]);
}

async function measure({ manager }) {
  await pause(SETTLE_MS);
  const before = { time: cpuTime(manager), switches: switches(manager), at: performance.now() };
  await pause(Number(seconds) * 1000);
  const elapsed = (performance.now() - before.at) / 1000;
  const percent = ((cpuTime(manager) - before.time) / elapsed / 10_000).toFixed(2);
  const wakes = ((switches(manager) - before.switches) / elapsed).toFixed(0);
  console.log(
    `${workers} idle workers: manager ${percent} % of a core, ${wakes} wake-ups a second, ${elapsed.toFixed(1)} s`,
  );
}

await withOwnServer('examples/hello.mjs', options, measure, { workers });
