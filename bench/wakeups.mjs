// How many workers wake up for a connection that comes while all of them are idle: `node bench/wakeups.mjs
// [workers] [connections]` starts a server of its own for each bind model and prints a line for each. Counts voluntary
// context switches, less those of as long a time without connections. Needs nothing but the built clone.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const REQUEST = 'GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n';
const IDLE_MS = 5000;
/** Between two connections, so that everybody is idle again. */
const REST_MS = 10;

const [workers = '8', connections = '300'] = process.argv.slice(2);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function switches(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)[1]);
}

const sum = (pids) => pids.reduce((total, pid) => total + switches(pid), 0);

/** The log until all workers serve. */
async function listening(child) {
  let text = '';
  for await (const chunk of child.stderr.iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (text.includes('listening on')) break;
  }
  child.stderr.resume();
  return text.split('\n').flatMap((line) => (line.endsWith('}') ? [JSON.parse(line)] : []));
}

function request(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1').on('error', reject).on('close', resolve);
    socket.resume();
    socket.write(REQUEST);
  });
}

async function measure(bindModel) {
  const words = ['--listen', 'http://127.0.0.1:0', '--workers', workers, '--bind-model', bindModel];
  const command = [join(root, 'dist/cli/main.js'), join(root, 'examples/hello.mjs'), '--log-level', 'debug'];
  const child = spawn(process.execPath, [...command, ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    const lines = await listening(child);
    const pids = lines.filter(({ event }) => event === 'worker.ready').map(({ pid }) => pid);
    const { addresses } = lines.find(({ event }) => event === 'server.listening');
    const port = Number(new URL(addresses[0]).port);
    await pause(IDLE_MS / 2);
    const idleFrom = sum(pids);
    await pause(IDLE_MS);
    const perMs = (sum(pids) - idleFrom) / IDLE_MS;
    const before = { switches: sum(pids), at: performance.now() };
    for (let i = 0; i < Number(connections); i++) {
      await request(port);
      await pause(REST_MS);
    }
    const own = sum(pids) - before.switches - perMs * (performance.now() - before.at);
    const each = (own / Number(connections)).toFixed(1);
    console.log(`${bindModel}: ${pids.length} idle workers, ${each} wake-ups for a connection`);
  } finally {
    child.kill('SIGTERM');
  }
}

await measure('reuseport');
await measure('duplicate');
