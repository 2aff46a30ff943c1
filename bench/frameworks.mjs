// What an unmodified application costs on Pronghorn and on Node's HTTP server: JSON from one route, CPU time of the
// server per request, one worker each, in interleaved rounds. Prints Markdown.
//   node bench/frameworks.mjs [--only hono,express] [--rounds 5] [--seconds 3]
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildPrograms } from './build.mjs';
import { completeCase } from './cases.mjs';
import { chooseCpus } from './machine.mjs';
import { SATURATED, takeSample } from './measure.mjs';
import { median } from './statistics.mjs';

const program = fileURLToPath(new URL('servers/frameworks.mjs', import.meta.url));

/** Pronghorn's goal: how many times less CPU time than the same application takes on `node`. */
const FRAMEWORKS = [
  { name: 'native', title: 'none: native API (node: a listener)', goal: 2.5 },
  { name: 'listener', title: '(req, res) listener', goal: 2.0 },
  { name: 'express', title: 'Express 5', goal: 1.7 },
  { name: 'koa', title: 'Koa 3', goal: 1.6 },
  { name: 'fastify', title: 'Fastify 5', goal: 1.7 },
  { name: 'hono', title: 'Hono, fetch (node: @hono/node-server)', goal: 2.5 },
];

const SERVERS = ['node', 'pronghorn'];
const WARM_SECONDS = 2;
const ANSWER = JSON.stringify({ hello: 'world' });

const { values } = parseArgs({
  options: { only: { type: 'string' }, rounds: { type: 'string' }, seconds: { type: 'string' } },
});
const rounds = Number(values.rounds ?? 5);
const seconds = Number(values.seconds ?? 3);
const names = values.only?.split(',') ?? FRAMEWORKS.map(({ name }) => name);
const chosen = FRAMEWORKS.filter(({ name }) => names.includes(name));
if (chosen.length < names.length) {
  console.error(`frameworks are ${FRAMEWORKS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

const caseOf = ({ name }) => completeCase({ name, answer: () => ANSWER });

function peerOf(server) {
  return {
    name: server,
    command: ({ name }, port) => ({ file: process.execPath, args: [program, String(port), name, server] }),
  };
}

const range = (samples) => `${Math.min(...samples).toFixed(2)}–${Math.max(...samples).toFixed(2)}`;

const cpus = chooseCpus();
buildPrograms();
console.log(
  '| application | node: µs a request | pronghorn: µs a request | times less | goal | memory, MiB: node, pronghorn |',
);
console.log('| --- | --- | --- | --- | --- | --- |');
for (const framework of chosen) {
  const samples = { node: [], pronghorn: [] };
  for (let round = 0; round < rounds; round++) {
    // Each time another one first.
    for (const server of round % 2 === 0 ? SERVERS : SERVERS.toReversed()) {
      const sample = await takeSample(peerOf(server), caseOf(framework), cpus, {
        seconds,
        warm: WARM_SECONDS,
      });
      if (sample.busy < SATURATED) console.error(`${framework.name}, ${server}: it had to wait for the load`);
      samples[server].push(sample);
    }
  }
  const [node, pronghorn] = SERVERS.map((server) => samples[server].map(({ cpuUs }) => cpuUs));
  const [nodeMib, ownMib] = SERVERS.map((server) =>
    Math.round(median(samples[server].map(({ pssKib }) => pssKib)) / 1024),
  );
  const times = median(node) / median(pronghorn);
  console.log(
    `| ${framework.title} | ${median(node).toFixed(2)} (${range(node)}) | ${median(pronghorn).toFixed(2)} (${range(pronghorn)}) | ${times.toFixed(2)} | ${framework.goal} | ${nodeMib}, ${ownMib} |`,
  );
}
