// The soak: forked workers under a mixed load with faults, because a fork that looks well can still hang minutes later. Every
// request must be answered but for those in the works of a worker that was killed, memory must reach a plateau, and at the end
// no process may be left. The access log goes to a disk that is full, and the clock jumps.
//   node scripts/soak.mjs [--seconds 30 | --minutes 20] [--node 20,22,24,26] [--clients 16]
//   node scripts/soak.mjs --generations 1000    loads an application anew so often, without load
//   node scripts/soak.mjs --requests 1000000    small requests to one worker, without faults
import { Agent, get } from 'node:http';
import { parseArgs } from 'node:util';
import { nodeBinary } from './node-versions.mjs';
import { Clock } from './soak/clock.mjs';
import { Faults } from './soak/faults.mjs';
import { soakGenerations } from './soak/generations.mjs';
import { soakRequests } from './soak/requests.mjs';
import { privateMegabytes, SoakServer } from './soak/server.mjs';

const ANSWER_MS = 10_000;
const WORKERS = 2;
/** How much more memory than in the second quarter of a run the last one may see. */
const GROWTH_FACTOR_MAX = 1.25;
const GROWTH_ALLOWANCE_MB = 48;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    minutes: { type: 'string' },
    generations: { type: 'string' },
    requests: { type: 'string' },
    node: { type: 'string', default: process.versions.node.split('.')[0] },
    clients: { type: 'string', default: '16' },
  },
});

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
async function load(url, seconds, clients, faults) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const totals = { answered: 0, lostWithWorker: 0, errors: [], byWorker: new Map() };
  const end = performance.now() + seconds * 1000;
  const client = async () => {
    while (performance.now() < end && totals.errors.length < 10) {
      const from = performance.now();
      try {
        const pid = await request(url, agent);
        totals.answered += 1;
        totals.byWorker.set(pid, (totals.byWorker.get(pid) ?? 0) + 1);
      } catch (error) {
        if (faults.explains(from, performance.now())) totals.lostWithWorker += 1;
        else totals.errors.push(error.message);
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

function startServer(version, clock) {
  const workers = ['--workers', String(WORKERS), '--start-method', 'fork', '--log-level', 'debug'];
  const full = ['--access-log', '/dev/full'];
  return new SoakServer(
    nodeBinary(version),
    'test/fixtures/soak-app.mjs',
    [...workers, ...full],
    clock.environment,
  );
}

async function soak(version, seconds, clients) {
  const clock = new Clock();
  const server = startServer(version, clock);
  try {
    const url = await server.listening();
    const [oldest] = server.workers;
    const faults = new Faults(server, Number(new URL(url).port), oldest, clock);
    const memory = watchMemory([server.pid, server.zygote, oldest]);
    const { answered, lostWithWorker, errors, byWorker } = await load(url, seconds, clients, faults);
    await faults.end();
    const quarters = memory.stop();
    await server.stop();
    const problems = [
      ...errors,
      ...faults.errors.slice(0, 10),
      ...quarters.flatMap(growthProblems),
      ...(answered === 0 ? ['no request was answered'] : []),
      ...(byWorker.size >= WORKERS ? [] : [`${byWorker.size} workers answered, not ${WORKERS}`]),
      ...(server.exit.code === 0 ? [] : [`the server ended with ${JSON.stringify(server.exit)}`]),
    ];
    if (problems.length > 0) throw new Error(problems.join('\n'));
    console.log(
      `Node ${version}: ${answered} requests in ${seconds} s, ${lostWithWorker} lost with ${faults.counts.killed} killed workers, ` +
        `no other error, nothing left; faults ${JSON.stringify(faults.counts)}; private memory of manager, zygote and ` +
        `oldest worker by quarters: ${quarters.map((each) => each.join(', ')).join('; ')} MB`,
    );
    return true;
  } catch (error) {
    console.error(
      `Node ${version}: FAILED: ${error.message}\n--- the server's last lines\n${server.text}\n---`,
    );
    return false;
  } finally {
    server.kill();
    clock.remove();
  }
}

function soakOf(version, seconds) {
  const { generations, requests, clients } = values;
  if (generations !== undefined) return soakGenerations(nodeBinary(version), Number(generations));
  if (requests !== undefined) return soakRequests(nodeBinary(version), Number(requests));
  return soak(version, seconds, Number(clients));
}

const seconds = values.minutes === undefined ? Number(values.seconds) : 60 * Number(values.minutes);
let failures = 0;
for (const version of values.node.split(',')) {
  if (!(await soakOf(version, seconds))) failures += 1;
}
process.exit(failures === 0 ? 0 : 1);
