// How evenly the workers are used, and what a blocked one costs the others' clients.
//   node bench/balance.mjs [--workers 8] [--connections 64,256,1000,10000] [--seconds 3] [--models reuseport,duplicate]
// Prints Markdown: for each number of keep-alive connections the busiest worker's requests and connections divided by the
// mean; then, with one worker blocked for a second, how long new connections waited for their answers.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildPrograms, PROGRAMS } from './build.mjs';
import { quantile } from './statistics.mjs';

const SERVER = fileURLToPath(new URL('balance/server.mjs', import.meta.url));
const BLOCK_MS = 1000;
const EVERY_MS = 2;
const WARM_SECONDS = 1;

class Server {
  static async start(workers, bindModel) {
    const env = {
      ...process.env,
      PRONGHORN_WORKERS: `${workers}`,
      PRONGHORN_BIND_MODEL: bindModel,
      PRONGHORN_CLIENTS: '20000',
    };
    const child = fork(SERVER, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const server = new Server(child);
    await server.until(({ isReady, workers: all }) => isReady && all.length === workers);
    server.port = Number(new URL((await server.status()).addresses[0]).port);
    return server;
  }

  constructor(child) {
    this.child = child;
  }

  async status() {
    this.child.send('status');
    const [status] = await once(this.child, 'message');
    return status;
  }

  async until(isSo) {
    while (!isSo(await this.status())) await pause(20);
  }

  async stop() {
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}

function overMean(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.max(...values) / mean;
}

/** blast in a process of its own, so that the server can be asked meanwhile. */
async function measureLoad(server, connections, seconds) {
  const words = [
    '--warm',
    `${WARM_SECONDS}`,
    '127.0.0.1',
    `${server.port}`,
    `${connections}`,
    '1',
    `${seconds}`,
  ];
  const blast = spawn(PROGRAMS.blast, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  blast.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  const ended = once(blast, 'exit');
  await pause(WARM_SECONDS * 1000);
  const from = (await server.status()).workers;
  await pause(seconds * 800);
  const to = (await server.status()).workers;
  await ended;
  await server.until(({ workers }) => workers.every((worker) => worker.connections === 0));
  return {
    rps: JSON.parse(output).rps,
    requests: overMean(to.map(({ requests }, i) => requests - from[i].requests)),
    connections: overMean(to.map((worker) => worker.connections)),
  };
}

/** One request on a connection of its own. Resolves with the time it took, ms. */
function ask(port, path) {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`));
    socket.once('data', () => {
      resolve(performance.now() - startedAt);
      socket.destroy();
    });
  });
}

async function measureBlock(server) {
  const { port } = server;
  const blocking = ask(port, `/block?ms=${BLOCK_MS}`);
  // What came in one batch with the request that blocks waits with it.
  await server.until(({ workers }) => workers.some(({ inFlight }) => inFlight > 0));
  const until = performance.now() + BLOCK_MS;
  const asked = [];
  while (performance.now() < until) {
    asked.push(ask(port, '/'));
    await pause(EVERY_MS);
  }
  const waits = await Promise.all(asked);
  await blocking;
  return waits;
}

const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '8' },
    connections: { type: 'string', default: '64,256,1000,10000' },
    seconds: { type: 'string', default: '3' },
    models: { type: 'string', default: 'reuseport,duplicate' },
  },
});
const workers = Number(values.workers);
const seconds = Number(values.seconds);
buildPrograms();

console.log(
  `${workers} workers, keep-alive connections, one request at a time on each; goal: at most 1.10\n`,
);
console.log('| bind model | connections | requests, max ÷ mean | connections, max ÷ mean | requests/s |');
console.log('| --- | --- | --- | --- | --- |');
const blocked = [];
for (const model of values.models.split(',')) {
  const server = await Server.start(workers, model);
  try {
    for (const connections of values.connections.split(',').map(Number)) {
      const { requests, connections: held, rps } = await measureLoad(server, connections, seconds);
      const cells = [model, connections, requests.toFixed(3), held.toFixed(3), Math.round(rps)];
      console.log(`| ${cells.join(' | ')} |`);
    }
    blocked.push([model, await measureBlock(server)]);
  } finally {
    await server.stop();
  }
}
console.log(
  `\nOne worker blocked for ${BLOCK_MS} ms, a new connection every ${EVERY_MS} ms; goal: nobody waits longer than 50 ms\n`,
);
console.log('| bind model | connections | median ms | p99 ms | longest ms |');
console.log('| --- | --- | --- | --- | --- |');
for (const [model, waits] of blocked) {
  const figures = [quantile(waits, 0.5), quantile(waits, 0.99), Math.max(...waits)];
  console.log(`| ${[model, waits.length, ...figures.map((ms) => ms.toFixed(1))].join(' | ')} |`);
}
