// One sample of the benchmark: a fresh server on one CPU, the load on another, a warm-up and a measured window on the
// same connections. The load client reads the CPU time of the server's processes at the window's start and end.
import { readFileSync } from 'node:fs';
import { PROGRAMS } from './build.mjs';
import { measureIdle } from './idle.mjs';
import { processTree, withServer } from './launch.mjs';
import { spawnPinned } from './machine.mjs';

/** Below this share of its CPU the server had to wait: the throughput is then the load's or the machine's. */
export const SATURATED = 0.9;
/** Of what a server can take, in the case `latency`. */
const LATENCY_SHARE = 0.5;

function blastArguments({ load }, port, pids, { seconds, warm, rate }) {
  const headers = Object.entries(load.headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
  const body = load.bodyBytes > 0 ? [String(load.bodyBytes)] : [];
  return [
    ...(load.close ? ['--close'] : []),
    ...(rate ? ['--rate', String(rate)] : []),
    ...['--warm', String(warm), '--cpu-of', pids.join(','), ...headers],
    ...['127.0.0.1', String(port), String(load.connections), String(load.depth), String(seconds)],
    ...[load.path, load.method, ...body],
  ];
}

async function runBlast(entry, cpu, port, pids, window) {
  const program = entry.load.tls ? PROGRAMS['blast-tls'] : PROGRAMS.blast;
  const blast = spawnPinned(cpu, program, blastArguments(entry, port, pids, window), {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, error] = await Promise.all([blast.stdout.toArray(), blast.stderr.toArray()]);
  const text = Buffer.concat(out).toString();
  if (text === '') throw new Error(`the load client failed: ${Buffer.concat(error)}`);
  const result = JSON.parse(text);
  if (result.requests === 0) throw new Error('not one request was answered');
  if (result.serverGone) throw new Error('a process of the server ended while it was measured');
  return result;
}

/** Proportional set size of the processes, in KiB; undefined where the kernel does not tell. */
export function pssKib(pids) {
  try {
    const each = pids.map((pid) => /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')));
    return each.reduce((sum, match) => sum + Number(match?.[1] ?? 0), 0);
  } catch {
    return undefined;
  }
}

function sampleOf(result, pids) {
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
}

const MEASURES = {
  async cost(entry, cpu, port, pids, window) {
    return sampleOf(await runBlast(entry, cpu, port, pids, window), pids);
  },
  async latency(entry, cpu, port, pids, window) {
    const most = await runBlast(entry, cpu, port, pids, { ...window, seconds: 1 });
    const rate = Math.round(most.rps * LATENCY_SHARE);
    return { ...sampleOf(await runBlast(entry, cpu, port, pids, { ...window, rate }), pids), rate };
  },
  idle: (entry, _cpu, port, pids) => measureIdle(entry.load.connections, port, pids),
};

/** @returns {Promise<object>} what one row of the results file holds */
export async function takeSample(peer, entry, cpus, window) {
  return withServer(peer, entry, cpus.server, ({ pid, port }) =>
    MEASURES[entry.measure](entry, cpus.load, port, processTree(pid), window),
  );
}
