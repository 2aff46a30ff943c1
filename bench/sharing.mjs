// How much memory forked workers share: the proportional set sizes of a zygote and its workers, whose application has a heap
// of 150 MB, divided by that of one process that has loaded it by itself; at the start, and after a number of requests.
//   node bench/sharing.mjs [--workers 16] [--requests 1000000] [--flags= --flags=--max-semi-space-size=1] [--warmup /]
// Prints a line for each set of flags of Node, which all processes of the server have. Flags need `--flags=--a-flag`.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { buildPrograms, PROGRAMS } from './build.mjs';
import { memoryOf } from './fork/memory.mjs';
import { withOwnServer } from './own-server.mjs';

const APP = 'bench/fork/heap-app.mjs';
const ROUND_S = 5;
const BOOT_S = 120;

const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '16' },
    requests: { type: 'string', default: '1000000' },
    flags: { type: 'string', multiple: true, default: [''] },
    warmup: { type: 'string' },
  },
});

/** A process that was listed may be gone: a worker that is replaced, a child on trial. */
function pssMiB(pids) {
  return pids
    .filter((pid) => existsSync(`/proc/${pid}/smaps_rollup`))
    .reduce((sum, pid) => sum + memoryOf(pid).pssMiB, 0);
}

/** @returns how many requests were answered, and the CPU time of these processes meanwhile */
async function load(port, pids) {
  const place = ['127.0.0.1', String(port), '64', '1', String(ROUND_S), '/', 'GET'];
  const words = ['--warm', '0', '--cpu-of', pids.join(','), ...place];
  const blast = spawn(PROGRAMS.blast, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const { requests, serverCpuNs } = JSON.parse(Buffer.concat(await blast.stdout.toArray()).toString());
  return { requests, cpuUs: serverCpuNs / 1000 };
}

/** @returns MiB of all hosts and workers at the start, and after so many requests */
async function measure(startMethod, workers, nodeFlags, requests) {
  const warmup = values.warmup ? ['--warmup', values.warmup] : [];
  const words = ['--start-method', startMethod, '--boot-timeout', String(BOOT_S), ...warmup];
  const use = async ({ port, hosts }) => {
    const start = pssMiB(hosts);
    let [answered, cpuUs] = [0, 0];
    while (answered < requests) {
      const round = await load(port, hosts);
      answered += round.requests;
      cpuUs += round.cpuUs;
    }
    return { start, after: pssMiB(hosts), answered, cpuUs: cpuUs / answered };
  };
  return withOwnServer(APP, words, use, { workers, nodeFlags });
}

buildPrograms();
const one = await measure('spawn', 1, [], 1);
console.log(`one process by itself: ${one.start.toFixed(0)} MiB`);
for (const flags of values.flags) {
  const nodeFlags = flags.split(' ').filter(Boolean);
  const all = await measure('fork', Number(values.workers), nodeFlags, Number(values.requests));
  const ratio = (mib) => `${mib.toFixed(0)} MiB, ${(mib / one.start).toFixed(2)} ×`;
  console.log(
    `${flags || 'no flags'}: ${values.workers} workers and their zygote at the start ${ratio(all.start)}, after ` +
      `${all.answered} requests ${ratio(all.after)}; ${all.cpuUs.toFixed(1)} µs of CPU a request`,
  );
}
