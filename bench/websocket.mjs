// What a WebSocket message costs: the same application, an http.Server with a server of `ws` on it that sends every message
// back, on Node's HTTP server and on Pronghorn. One worker, 64 clients, interleaved rounds; CPU time for each message.
//   node bench/websocket.mjs [--rounds 5] [--seconds 2]
// Prints a table.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { completeCase } from './cases.mjs';
import { peerOf } from './frameworks.mjs';
import { processTree, withServer } from './launch.mjs';
import { chooseCpus, spawnPinned } from './machine.mjs';
import { median } from './statistics.mjs';
import { table } from './tables.mjs';

const LOAD = fileURLToPath(new URL('load/echo.mjs', import.meta.url));
const CLIENTS = 64;
const WARM_SECONDS = 1;
const SERVERS = ['node', 'pronghorn'];

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '2' } },
});

const entry = completeCase({ name: 'websocket', answer: () => JSON.stringify({ hello: 'world' }) });
const cpus = chooseCpus();

async function echoes({ pid, port }) {
  const words = [port, CLIENTS, WARM_SECONDS, values.seconds, processTree(pid).join()].map(String);
  const load = spawnPinned(cpus.load, process.execPath, [LOAD, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const text = Buffer.concat(await load.stdout.toArray()).toString();
  if (text === '') throw new Error('the load client failed');
  return JSON.parse(text);
}

const samples = Object.fromEntries(SERVERS.map((server) => [server, []]));
for (let round = 0; round < Number(values.rounds); round++) {
  for (const server of round % 2 === 0 ? SERVERS : SERVERS.toReversed())
    samples[server].push(await withServer(peerOf(server, 1), entry, cpus.server, echoes));
}
const middle = (server, name) => median(samples[server].map((sample) => sample[name]));
const rows = SERVERS.map((server) => [
  server,
  Math.round(middle(server, 'perSecond')),
  middle(server, 'cpuUs').toFixed(2),
  `${Math.round(100 * middle(server, 'busy'))} %`,
]);
console.log(table(['server', 'messages/s', 'CPU µs a message', 'busy'], rows));
const ratios = samples.node.map(({ cpuUs }, round) => cpuUs / samples.pronghorn[round].cpuUs);
console.log(
  `\nPronghorn: ${median(ratios).toFixed(2)} times less CPU time for a message (goal: 1.0), by rounds.`,
);
