// The case `frameworks` of the benchmark: what an unmodified application costs on Pronghorn and on Node's HTTP server. JSON
// from one route: CPU time of the server per request, one worker each, in interleaved rounds; and the memory of many
// workers under load, beside node:cluster.
//   node bench/frameworks.mjs [--only hono,express] [--rounds 5] [--seconds 3] [--workers 8]
// prints it alone.
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { buildPrograms } from './build.mjs';
import { completeCase } from './cases.mjs';
import { chooseCpus } from './machine.mjs';
import { SATURATED, takeSample } from './measure.mjs';
import { median } from './statistics.mjs';
import { table } from './tables.mjs';

const PROGRAM = fileURLToPath(new URL('servers/frameworks.mjs', import.meta.url));

/** Pronghorn's goal: how many times less CPU time than the same application takes on `node`. */
const FRAMEWORKS = [
  { name: 'native', title: 'none: native API (node: a listener)', goal: 2.5 },
  { name: 'listener', title: '(req, res) listener', goal: 2.0 },
  { name: 'express', title: 'Express 5', goal: 1.7 },
  { name: 'koa', title: 'Koa 3', goal: 1.6 },
  { name: 'fastify', title: 'Fastify 5', goal: 1.7 },
  { name: 'hono', title: 'Hono, fetch (node: @hono/node-server)', goal: 2.5 },
];

const DEFAULTS = { rounds: 5, seconds: 3, workers: 8 };
const WARM_SECONDS = 2;
const ANSWER = JSON.stringify({ hello: 'world' });

const caseOf = ({ name }, load) => completeCase({ name, load, answer: () => ANSWER });

/** @param server node, cluster or pronghorn, which run the application that is named as the case is */
export function peerOf(server, workers) {
  const command = ({ name }, port) => ({
    file: process.execPath,
    args: [PROGRAM, String(port), name, server, String(workers)],
  });
  return { name: server, command };
}

/** Each round another one first. */
async function measureCost(framework, cpus, { rounds, seconds }) {
  const samples = { node: [], pronghorn: [] };
  for (let round = 0; round < rounds; round++) {
    const order = Object.keys(samples);
    for (const server of round % 2 === 0 ? order : order.toReversed()) {
      const window = { seconds, warm: WARM_SECONDS };
      const { cpuUs, busy } = await takeSample(peerOf(server, 1), caseOf(framework), cpus, window);
      if (busy < SATURATED) console.error(`${framework.name}, ${server}: it had to wait for the load`);
      samples[server].push(cpuUs);
    }
  }
  return samples;
}

/** MiB of all processes of a server with so many workers, after some load; shared pages count once. */
async function measureMemory(framework, cpus, { workers, seconds }) {
  const memory = {};
  for (const server of ['cluster', 'pronghorn']) {
    const entry = caseOf(framework, { connections: 32 * workers });
    const { pssKib } = await takeSample(peerOf(server, workers), entry, cpus, { seconds, warm: 0 });
    memory[server] = pssKib / 1024;
  }
  return memory;
}

/** @param only names of frameworks; undefined: all */
export async function measureFrameworks({ only, ...given } = {}) {
  const options = { ...DEFAULTS, ...given };
  const cpus = chooseCpus();
  buildPrograms();
  const measured = [];
  for (const framework of FRAMEWORKS.filter(({ name }) => only?.includes(name) ?? true)) {
    const cost = await measureCost(framework, cpus, options);
    const memory = await measureMemory(framework, cpus, options);
    measured.push({ ...framework, cost, memory });
    console.error(`frameworks: ${framework.name} ${(median(cost.node) / median(cost.pronghorn)).toFixed(2)}`);
  }
  return { ...options, measured };
}

function spread(samples) {
  const range = `${Math.min(...samples).toFixed(2)}–${Math.max(...samples).toFixed(2)}`;
  return `${median(samples).toFixed(2)} (${range})`;
}

/** @returns {string} Markdown */
export function frameworksTable({ rounds, seconds, workers, measured }) {
  const rows = measured.map(({ title, goal, cost, memory }) => {
    const times = median(cost.node) / median(cost.pronghorn);
    const factor = times < goal ? `**${times.toFixed(2)}**` : times.toFixed(2);
    const mib = ['cluster', 'pronghorn'].map((server) => memory[server].toFixed(0));
    return [title, spread(cost.node), spread(cost.pronghorn), `${factor} (≥ ${goal})`, ...mib];
  });
  const head = [
    'application',
    "Node's server: µs",
    'Pronghorn: µs',
    'times less',
    'node:cluster: MiB',
    'Pronghorn: MiB',
  ];
  return [
    `The same application behind both, a JSON answer from one route: CPU time of the server for each request with one worker, ` +
      `medians of ${rounds} rounds of ${seconds} s with the smallest and the largest; memory of all processes together with ` +
      `${workers} workers, after ${seconds} s of load. In brackets the goal; bold where we miss it.`,
    '',
    table(head, rows),
  ].join('\n');
}

async function main() {
  const string = { type: 'string' };
  const { values } = parseArgs({
    options: { only: string, rounds: string, seconds: string, workers: string },
  });
  const only = values.only?.split(',');
  const unknown = only?.find((name) => FRAMEWORKS.every((framework) => framework.name !== name));
  if (unknown !== undefined) {
    console.error(`no framework '${unknown}': ${FRAMEWORKS.map(({ name }) => name).join(', ')}`);
    process.exitCode = 2;
    return;
  }
  const numbers = ['rounds', 'seconds', 'workers'].filter((name) => values[name] !== undefined);
  const given = Object.fromEntries(numbers.map((name) => [name, Number(values[name])]));
  console.log(frameworksTable(await measureFrameworks({ only, ...given })));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
