// The soak: forked workers under a mixed load, because a fork that looks well can still hang minutes later.
// Every request must be answered, memory must reach a plateau, and at the end no process may be left.
//   node scripts/soak.mjs [--seconds 30] [--node 20,22,24,26] [--clients 16]
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nodeBinary } from './node-versions.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const ANSWER_MS = 10_000;
const WORKERS = 2;
/** How much more memory than in the second quarter of a run the last one may see. */
const GROWTH_FACTOR_MAX = 1.25;
const GROWTH_ALLOWANCE_MB = 48;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    node: { type: 'string', default: process.versions.node.split('.')[0] },
    clients: { type: 'string', default: '16' },
  },
});

function sessionMembers(session) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return Number(fields[3]) === session && fields[0] !== 'Z' && fields[0] !== 'X';
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Memory that is a process's own, in MB. */
function privateMegabytes(pid) {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const kilobytes = [...rollup.matchAll(/^Private_\w+:\s+(\d+) kB/gm)].map((match) => Number(match[1]));
    return Math.round(kilobytes.reduce((sum, each) => sum + each, 0) / 1024);
  } catch {
    return undefined;
  }
}

async function until(what, probe, deadlineMs = 30_000) {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const result = probe();
    if (result) return result;
    if (performance.now() > deadline) throw new Error(`gave up waiting for ${what}`);
    await pause(20);
  }
}

function startServer(node) {
  const args = ['--workers', String(WORKERS), '--start-method', 'fork', '--listen', 'http://127.0.0.1:0'];
  const child = spawn(
    node,
    [join(root, 'dist/cli/main.js'), join(root, 'test/fixtures/soak-app.mjs'), ...args],
    {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'inherit', 'pipe'],
    },
  );
  const server = { child, stderr: '', exit: undefined };
  child.stderr.setEncoding('utf8').on('data', (text) => {
    server.stderr += text;
  });
  child.once('exit', (code, signal) => {
    server.exit = { code, signal };
  });
  return server;
}

function request(url, agent) {
  return new Promise((resolve, reject) => {
    const outgoing = get(url, { agent, timeout: ANSWER_MS }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (part) => {
        text += part;
      });
      incoming.once('end', () => {
        if (incoming.statusCode === 200) resolve(JSON.parse(text).pid);
        else reject(new Error(`answered ${incoming.statusCode}: ${text}`));
      });
      incoming.once('error', reject);
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
    outgoing.once('error', reject);
  });
}

/** Requests from a bounded number of clients until the time is over. */
async function load(url, seconds, clients) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const totals = { answered: 0, errors: [], byWorker: new Map() };
  const end = performance.now() + seconds * 1000;
  const client = async () => {
    while (performance.now() < end && totals.errors.length < 10) {
      try {
        const pid = await request(url, agent);
        totals.answered += 1;
        totals.byWorker.set(pid, (totals.byWorker.get(pid) ?? 0) + 1);
      } catch (error) {
        totals.errors.push(error.message);
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return totals;
}

/** Samples the memory of each process every second. Its stop() gives, for each, the maxima of the quarters of the run. */
function watchMemory(pids) {
  const series = pids.map(() => []);
  const timer = setInterval(() => {
    for (const [at, pid] of pids.entries()) series[at].push(privateMegabytes(pid) ?? 0);
  }, 1000);
  return {
    stop() {
      clearInterval(timer);
      return series.map(quarterMaxima);
    },
  };
}

/** All zeros while a run is too short for quarters. */
function quarterMaxima(samples) {
  const length = Math.floor(samples.length / 4);
  return [0, 1, 2, 3].map((quarter) =>
    Math.max(0, ...samples.slice(quarter * length, (quarter + 1) * length)),
  );
}

/** The first quarter is for warming up. */
function growthProblems([, second, , last]) {
  const limit = Math.round(second * GROWTH_FACTOR_MAX + GROWTH_ALLOWANCE_MB);
  if (last <= limit) return [];
  return [
    `memory grows: ${second} MB in the second quarter of the run, ${last} MB in the last, above ${limit}`,
  ];
}

async function soak(version, seconds, clients) {
  const server = startServer(nodeBinary(version));
  try {
    const url = await until('the server to listen', () => {
      if (server.exit) throw new Error(`the server ended: ${JSON.stringify(server.exit)}`);
      return /"listening on (http:\/\/[^ "]+)/.exec(server.stderr)?.[1];
    });
    const memory = watchMemory(sessionMembers(server.child.pid));
    const { answered, errors, byWorker } = await load(url, seconds, clients);
    const quarters = memory.stop();
    const largest = quarters.toSorted((one, other) => one[3] - other[3]).at(-1);
    process.kill(server.child.pid, 'SIGTERM');
    await until('the server to exit', () => server.exit);
    await until('its processes to be gone', () => sessionMembers(server.child.pid).length === 0);
    const problems = [
      ...errors,
      ...quarters.flatMap(growthProblems),
      ...(answered === 0 ? ['no request was answered'] : []),
      ...(byWorker.size === WORKERS ? [] : [`${byWorker.size} workers answered, not ${WORKERS}`]),
      ...(server.exit.code === 0 ? [] : [`the server ended with ${JSON.stringify(server.exit)}`]),
    ];
    if (problems.length > 0) throw new Error(problems.join('\n'));
    console.log(
      `Node ${version}: ${answered} requests in ${seconds} s, no error, nothing left; ` +
        `private memory of the largest process by quarters: ${largest.join(', ')} MB`,
    );
    return true;
  } catch (error) {
    console.error(`Node ${version}: FAILED: ${error.message}\n--- stderr of the server\n${server.stderr}---`);
    return false;
  } finally {
    for (const pid of sessionMembers(server.child.pid)) process.kill(pid, 'SIGKILL');
  }
}

let failures = 0;
for (const version of values.node.split(',')) {
  if (!(await soak(version, Number(values.seconds), Number(values.clients)))) failures += 1;
}
process.exit(failures === 0 ? 0 : 1);
