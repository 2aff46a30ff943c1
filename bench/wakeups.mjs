// How many workers wake up for a connection that comes while all of them are idle: `node bench/wakeups.mjs
// [workers] [connections]` starts a server of its own for each bind model and prints a line for each. Counts voluntary
// context switches, less those of as long a time without connections. Needs nothing but the built clone.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { withOwnServer } from './own-server.mjs';

const REQUEST = 'GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n';
const IDLE_MS = 5000;
/** Between two connections, so that everybody is idle again. */
const REST_MS = 10;

const [workers = 8, connections = 300] = process.argv.slice(2).map(Number);

function switches(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)[1]);
}

const sum = (pids) => pids.reduce((total, pid) => total + switches(pid), 0);

function request(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1').on('error', reject).on('close', resolve);
    socket.resume();
    socket.write(REQUEST);
  });
}

async function measure({ port, workers: pids }) {
  await pause(IDLE_MS / 2);
  const idleFrom = sum(pids);
  await pause(IDLE_MS);
  const perMs = (sum(pids) - idleFrom) / IDLE_MS;
  const before = { switches: sum(pids), at: performance.now() };
  for (let i = 0; i < connections; i++) {
    await request(port);
    await pause(REST_MS);
  }
  const own = sum(pids) - before.switches - perMs * (performance.now() - before.at);
  return own / connections;
}

for (const bindModel of ['reuseport', 'duplicate']) {
  const each = await withOwnServer('examples/hello.mjs', ['--bind-model', bindModel], measure, { workers });
  console.log(`${bindModel}: ${workers} idle workers, ${each.toFixed(1)} wake-ups for a connection`);
}
