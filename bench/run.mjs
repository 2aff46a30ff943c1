// The benchmark: every case, every server, in interleaved rounds; prints Markdown and writes bench/results/TIME.json.
//   npm run bench -- [--only case,case] [--peers a,b] [--quick] [--rounds N] [--seconds S]
// Progress goes to stderr. bench/README.md tells the method.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildPrograms } from './build.mjs';
import { CASES } from './cases.mjs';
import { canRaisePriority, chooseCpus, describeMachine, MissingPeer, strayLoad } from './machine.mjs';
import { takeSample } from './measure.mjs';
import floor from './peers/floor.mjs';
import nginx from './peers/nginx.mjs';
import nodeHttp from './peers/node-http.mjs';
import pronghorn from './peers/pronghorn.mjs';
import { report } from './report.mjs';

const PEERS = [pronghorn, nginx, nodeHttp, floor];
const RESULTS = fileURLToPath(new URL('results/', import.meta.url));
const STRAY_LOAD_WARNING = 0.1;

const FULL = { rounds: 5, seconds: 3, warm: 2 };
const QUICK = { rounds: 3, seconds: 1, warm: 1 };

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
  const { values } = parseArgs({
    options: { only: string, peers: string, rounds: string, seconds: string, quick: { type: 'boolean' } },
  });
  const base = values.quick ? QUICK : FULL;
  return {
    cases: choose(CASES, values.only, 'case'),
    peers: choose(PEERS, values.peers, 'peer'),
    rounds: Math.ceil(positive(values.rounds, base.rounds, 'rounds')),
    seconds: positive(values.seconds, base.seconds, 'seconds'),
    warm: base.warm,
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

/** Round after round, each time with another server first; a server that fails in a case is left out of it. */
async function runCase(entry, peers, settings, results) {
  const alive = new Set(peers);
  for (let round = 0; round < settings.rounds; round++) {
    const order = peers
      .map((_, index) => peers[(index + round) % peers.length])
      .filter((peer) => alive.has(peer));
    for (const peer of order) {
      try {
        const sample = await takeSample(peer, entry, settings.cpus, settings);
        results.samples.push({ case: entry.name, peer: peer.name, round, ...sample });
        const numbers = `${(sample.rps / 1000).toFixed(1)} k req/s, ${sample.cpuUs.toFixed(3)} µs`;
        console.error(`${entry.name} ${round + 1}/${settings.rounds} ${peer.name}: ${numbers}`);
      } catch (error) {
        alive.delete(peer);
        results.failures.push({ case: entry.name, peer: peer.name, round, reason: error.message });
        console.error(`${entry.name} ${round + 1}/${settings.rounds} failed: ${error.message}`);
      }
    }
  }
}

/** The newest results of the same kind of machine. */
function lastResults(machine) {
  const names = readdirSync(RESULTS)
    .filter((name) => /^\d{4}-.*\.json$/.test(name))
    .sort()
    .reverse();
  for (const name of names) {
    const results = JSON.parse(readFileSync(join(RESULTS, name), 'utf8'));
    if (results.machine.cpu === machine.cpu && results.machine.cpus === machine.cpus)
      return { name, results };
  }
  return undefined;
}

async function main() {
  const { cases, peers, rounds, seconds, warm } = readOptions();
  const cpus = chooseCpus();
  buildPrograms();
  const { present, skipped } = sortPeers(peers);
  const stray = await strayLoad([cpus.server, cpus.load]);
  if (Math.max(...stray) > STRAY_LOAD_WARNING) {
    console.error(
      'warning: other processes are busy on these CPUs; the numbers will be worse than the servers are',
    );
  }
  const settings = { rounds, seconds, warm, cpus, raisedPriority: canRaisePriority(), strayLoad: stray };
  const machine = describeMachine();
  const results = {
    time: new Date().toISOString(),
    machine,
    settings,
    peers: present.map(({ peer, version }) => ({ name: peer.name, version })),
    skipped,
    samples: [],
    failures: [],
  };
  for (const entry of cases) {
    await runCase(
      entry,
      present.map(({ peer }) => peer),
      settings,
      results,
    );
  }
  mkdirSync(RESULTS, { recursive: true });
  const earlier = lastResults(machine);
  const path = join(RESULTS, `${results.time.replaceAll(':', '-').slice(0, 19)}.json`);
  writeFileSync(path, `${JSON.stringify(results, null, 1)}\n`);
  console.log(report(results, earlier));
  console.error(`written: ${path}`);
  if (results.failures.length > 0) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError) && !error.code?.startsWith('ERR_PARSE_ARGS')) throw error;
  console.error(`bench: ${error.message}`);
  process.exitCode = 2;
}
