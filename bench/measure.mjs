// One sample of the benchmark: a fresh server on one CPU, the load on another, a warm-up and a measured window on the
// same connections. The load client reads the CPU time of the server's processes at the window's start and end.
import { readFileSync } from 'node:fs';
import { PROGRAMS } from './build.mjs';
import { processTree, withServer } from './launch.mjs';
import { spawnPinned } from './machine.mjs';

/** Below this share of its CPU the server had to wait: the throughput is then the load's or the machine's. */
export const SATURATED = 0.9;

function blastArguments({ load }, port, pids, { seconds, warm }) {
  const headers = Object.entries(load.headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
  const body = load.bodyBytes > 0 ? [String(load.bodyBytes)] : [];
  return [
    ...(load.close ? ['--close'] : []),
    ...['--warm', String(warm), '--cpu-of', pids.join(','), ...headers],
    ...['127.0.0.1', String(port), String(load.connections), String(load.depth), String(seconds)],
    ...[load.path, load.method, ...body],
  ];
}

async function runBlast(cpu, args) {
  const blast = spawnPinned(cpu, PROGRAMS.blast, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, error] = await Promise.all([blast.stdout.toArray(), blast.stderr.toArray()]);
  const text = Buffer.concat(out).toString();
  if (text === '') throw new Error(`the load client failed: ${Buffer.concat(error)}`);
  return JSON.parse(text);
}

/** Proportional set size of the processes, in KiB; undefined where the kernel does not tell. */
function pssKib(pids) {
  try {
    const each = pids.map((pid) => /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')));
    return each.reduce((sum, match) => sum + Number(match?.[1] ?? 0), 0);
  } catch {
    return undefined;
  }
}

/** @returns {Promise<object>} what one row of the results file holds */
export async function takeSample(peer, entry, cpus, window) {
  return withServer(peer, entry, cpus.server, async ({ pid, port }) => {
    const pids = processTree(pid);
    const result = await runBlast(cpus.load, blastArguments(entry, port, pids, window));
    if (result.requests === 0) throw new Error('not one request was answered');
    if (result.serverGone) throw new Error('a process of the server ended while it was measured');
    return {
      requests: result.requests,
      errors: result.errors,
      seconds: result.seconds,
      rps: result.rps,
      cpuUs: result.serverCpuNs / 1000 / result.requests,
      clientCpuUs: result.clientCpuNs / 1000 / result.requests,
      busy: result.serverCpuNs / 1e9 / result.seconds,
      latencyUs: result.latencyUs,
      pssKib: pssKib(pids),
    };
  });
}
