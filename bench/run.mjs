// The benchmark: every case, every server, in interleaved rounds. Writes bench/results/TIME.json, then the generated part
// of docs/BENCHMARKS.md with its charts out of the newest results of each case, and prints it.
//   npm run bench -- [--only case,case] [--peers a,b] [--quick] [--rounds N] [--seconds S] [--warm S]
//     [--no-page] [--results FOLDER]
// Progress goes to stderr. bench/README.md tells the method.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildPrograms, prepareTls } from './build.mjs';
import { CASES } from './cases.mjs';
import { measureDeploy } from './deploy.mjs';
import { measureFork } from './fork.mjs';
import { measureFrameworks } from './frameworks.mjs';
import { canRaisePriority, chooseCpus, describeMachine, MissingPeer, strayLoad } from './machine.mjs';
import { takeSample } from './measure.mjs';
import { RESULTS, writePage } from './page.mjs';
import { PEERS } from './peers/index.mjs';
import { report } from './report.mjs';

const STRAY_LOAD_WARNING = 0.1;

const FULL = { rounds: 5, seconds: 3, warm: 2 };
/** About two minutes; good for the order of things, not for the page. */
const QUICK = { rounds: 1, seconds: 1, warm: 0.6 };
const NOT_QUICK = [
  'one',
  'many',
  'workers-4',
  'workers-16',
  'workers-64',
  'idle',
  'fork',
  'deploy',
  'frameworks',
];
/** Those that are no matter of one server at a time under the load of blast. */
const OWN_WAYS = { fork: measureFork, deploy: measureDeploy, frameworks: measureFrameworks };

class UsageError extends Error {}

function choose(all, wanted, what) {
  if (wanted === undefined) return all;
  return wanted.split(',').map((name) => {
    const found = all.find((entry) => entry.name === name);
    if (!found) throw new UsageError(`no ${what} '${name}': ${all.map((entry) => entry.name).join(', ')}`);
    return found;
  });
}

function positive(text, fallback, name) {
  const value = text === undefined ? fallback : Number(text);
  if (!(value > 0)) throw new UsageError(`--${name} must be a positive number`);
  return value;
}

function readOptions() {
  const string = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const { values } = parseArgs({
    options: {
      ...{ only: string, peers: string, rounds: string, seconds: string, warm: string },
      ...{ quick: flag, 'no-page': flag, results: { type: 'string', default: RESULTS } },
    },
  });
  const base = values.quick ? QUICK : FULL;
  const all = [...CASES, ...Object.keys(OWN_WAYS).map((name) => ({ name }))];
  const cases = choose(all, values.only, 'case');
  return {
    cases: values.quick && !values.only ? cases.filter(({ name }) => !NOT_QUICK.includes(name)) : cases,
    peers: choose(PEERS, values.peers, 'peer'),
    rounds: Math.ceil(positive(values.rounds, base.rounds, 'rounds')),
    seconds: positive(values.seconds, base.seconds, 'seconds'),
    warm: positive(values.warm, base.warm, 'warm'),
    isQuick: values.quick,
    writesPage: !values.quick && !values['no-page'] && values.results === RESULTS,
    folder: values.results,
  };
}

/** The peers that this machine has, with their versions, and those that it has not, with the reason. */
function sortPeers(peers) {
  const present = [];
  const skipped = [];
  for (const peer of peers) {
    try {
      present.push({ peer, version: peer.version() });
    } catch (error) {
      if (!(error instanceof MissingPeer)) throw error;
      skipped.push({ name: peer.name, reason: error.message });
      console.error(`skipped ${peer.name}: ${error.message}`);
    }
  }
  return { present, skipped };
}

function summaryOf({ rps, cpuUs, rate, latencyUs, bytesEach }) {
  if (bytesEach !== undefined) return `${Math.round(bytesEach)} bytes a connection`;
  const tail = rate === undefined ? '' : `, p99.9 ${latencyUs.p999} µs`;
  return `${(rps / 1000).toFixed(1)} k req/s, ${cpuUs.toFixed(3)} µs${tail}`;
}

/** Round after round, each time with another server first; a server that fails in a case is left out of it. */
async function runCase(entry, peers, settings, results) {
  const alive = new Set(peers);
  for (let round = 0; round < settings.rounds; round++) {
    const order = peers
      .map((_, index) => peers[(index + round) % peers.length])
      .filter((peer) => alive.has(peer));
    for (const peer of order) {
      const progress = `${entry.name} ${round + 1}/${settings.rounds}`;
      try {
        const sample = await takeSample(peer, entry, settings.cpus, settings);
        results.samples.push({ case: entry.name, peer: peer.name, round, ...sample });
        console.error(`${progress} ${peer.name}: ${summaryOf(sample)}`);
      } catch (error) {
        alive.delete(peer);
        results.failures.push({ case: entry.name, peer: peer.name, round, reason: error.message });
        console.error(`${progress} failed: ${error.message}`);
      }
    }
  }
}

async function runCases({ cases, peers }, settings, results) {
  const noTls = cases.some(({ load }) => load?.tls) ? prepareTls() : undefined;
  for (const entry of cases) {
    if (entry.name in OWN_WAYS) {
      try {
        results[entry.name] = await OWN_WAYS[entry.name]();
      } catch (error) {
        results.failures.push({ case: entry.name, peer: 'pronghorn', round: 0, reason: error.message });
        console.error(`${entry.name} failed: ${error.message}`);
      }
    } else if (entry.load.tls && noTls !== undefined) {
      results.skipped.push({ name: entry.name, reason: noTls });
      console.error(`skipped ${entry.name}: ${noTls}`);
    } else {
      const takingPart = peers.filter((peer) => peer.takesPart(entry));
      await runCase(entry, takingPart, settings, results);
    }
  }
}

async function main() {
  const options = readOptions();
  const cpus = chooseCpus();
  buildPrograms();
  const { present, skipped } = sortPeers(options.peers);
  const stray = await strayLoad([cpus.server, cpus.load]);
  if (Math.max(...stray) > STRAY_LOAD_WARNING) {
    console.error(
      'warning: other processes are busy on these CPUs; the numbers will be worse than the servers are',
    );
  }
  const { rounds, seconds, warm, isQuick } = options;
  const settings = {
    ...{ rounds, seconds, warm, cpus, isQuick },
    raisedPriority: canRaisePriority(),
    strayLoad: stray,
  };
  const results = {
    time: new Date().toISOString(),
    machine: describeMachine(),
    settings,
    peers: present.map(({ peer, version }) => ({ name: peer.name, version })),
    skipped,
    samples: [],
    failures: [],
  };
  await runCases({ cases: options.cases, peers: present.map(({ peer }) => peer) }, settings, results);
  mkdirSync(options.folder, { recursive: true });
  const path = join(options.folder, `${results.time.replaceAll(':', '-').slice(0, 19)}.json`);
  writeFileSync(path, `${JSON.stringify(results, null, 1)}\n`);
  console.error(`written: ${path}`);
  console.log(report([results]));
  if (options.writesPage) console.error(`written: ${await writePage(results.machine)}`);
  if (results.failures.length > 0) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError) && !error.code?.startsWith('ERR_PARSE_ARGS')) throw error;
  console.error(`bench: ${error.message}`);
  process.exitCode = 2;
}
