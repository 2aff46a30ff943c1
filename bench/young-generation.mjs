// What the size of V8's young generation costs and saves in a forked worker: CPU time of a request that makes much garbage,
// and the worker's own memory after that, with and without flags of Node. Servers that differ in their flags run side by
// side, and are measured in turn.
//   node bench/young-generation.mjs [--rounds 15] [--flags= --flags=--max-semi-space-size=8]
// Flags need `--flags=--a-flag`; ratios are to the first.
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { buildPrograms, PROGRAMS } from './build.mjs';
import { memoryOf } from './fork/memory.mjs';
import { withOwnServer } from './own-server.mjs';
import { median, quantile } from './statistics.mjs';

const APP = 'bench/fork/young-app.mjs';
const PATHS = ['/garbage', '/held'];
const CONNECTIONS = 64;
const ROUND_S = 1;
const WARM_S = 0.1;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    flags: {
      type: 'string',
      multiple: true,
      default: ['', '--max-semi-space-size=8', '--max-semi-space-size=4'],
    },
  },
});

/** @returns microseconds of the worker's CPU time for each request */
async function load({ port, workers }, path) {
  const words = ['--warm', String(WARM_S), '--cpu-of', workers.join(',')];
  const place = ['127.0.0.1', String(port), String(CONNECTIONS), '1', String(ROUND_S), path, 'GET'];
  const blast = spawn(PROGRAMS.blast, [...words, ...place], { stdio: ['ignore', 'pipe', 'inherit'] });
  const { requests, serverCpuNs } = JSON.parse(Buffer.concat(await blast.stdout.toArray()).toString());
  return serverCpuNs / 1000 / requests;
}

/** Each round another one first. */
async function measure(path, servers) {
  const samples = servers.map(() => []);
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (let step = 0; step < servers.length; step++) {
      const at = (round + step) % servers.length;
      const cpuUs = await load(servers[at], path);
      // The first round is a warm-up.
      if (round > 0) samples[at].push(cpuUs);
    }
  }
  values.flags.forEach((flags, at) => {
    const ratio = median(samples[at].map((cpuUs, round) => cpuUs / samples[0][round]));
    console.log(
      `${path}, ${flags || 'no flags'}: ${median(samples[at]).toFixed(1)} µs of CPU a request (quarter ` +
        `${quantile(samples[at], 0.25).toFixed(1)}), ${ratio.toFixed(2)} ×; ` +
        `${memoryOf(servers[at].workers[0]).privateMiB.toFixed(0)} MiB of its own`,
    );
  });
}

/** Starts one server after the other, so that all of them run. */
function withServers(flags, servers, use) {
  const [next, ...rest] = flags;
  if (next === undefined) return use(servers);
  const nodeFlags = next.split(' ').filter(Boolean);
  const words = ['--start-method', 'fork'];
  return withOwnServer(APP, words, (server) => withServers(rest, [...servers, server], use), { nodeFlags });
}

buildPrograms();
for (const path of PATHS) await withServers(values.flags, [], (servers) => measure(path, servers));
