// The case `deploy` of the benchmark: what clients see of deployments. Each server is deployed again and again under the
// load of the churn test, kept-alive connections, a connection for each request and uploads at the same time, from a process
// that counts every request by how it ended.
//   node bench/deploy.mjs [--deployments 10] [--only pronghorn,nginx]
// prints it alone.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { SERVERS } from './deploy/servers.mjs';
import { freePort } from './launch.mjs';
import { MissingPeer } from './machine.mjs';
import { table } from './tables.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const KINDS = { keepAlive: 'kept alive', oneEach: 'one each', upload: 'uploads' };
const CLIENTS_OF_A_KIND = 4;
const REST_MS = 1;
/** Between two deployments. */
const QUIET_MS = 300;

/** The clients are those of the tests, which are compiled for it. */
async function loadRun() {
  const { status, stdout } = spawnSync('npm', ['run', '-s', 'build:test'], { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the tests' clients could not be compiled:\n${stdout}`);
  return (await import('../out/test/support/load-run.js')).LoadRun;
}

/** `keepAlive: Error: … closed by the server` in the fewest words. */
function causeOf(what) {
  if (/ECONNREFUSED/.test(what)) return 'refused';
  if (/ECONNRESET|EPIPE/.test(what)) return 'reset';
  if (/closed by the server/.test(what)) return 'closed without an answer';
  return /status \d+/.exec(what)?.[0] ?? 'no answer in time';
}

async function measureOne(LoadRun, server, deployments) {
  const version = server.version();
  const folder = mkdtempSync(join(tmpdir(), 'pronghorn-bench-'));
  const port = await freePort();
  const running = await server.start(port, folder);
  const failures = [];
  const load = new LoadRun(port, CLIENTS_OF_A_KIND, REST_MS, (failure) => failures.push(failure));
  try {
    const startedAt = performance.now();
    for (let i = 0; i < deployments; i++) {
      await pause(QUIET_MS);
      await running.deploy();
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const { answered, connections } = await load.end();
    const failed = failures.map(({ kind, what }) => ({ kind, cause: causeOf(what) }));
    return { name: server.name, version, deployments, seconds, connections, answered, failed };
  } finally {
    load.kill();
    await running.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns what forms a part of a results file: for each server the requests and how they ended */
export async function measureDeploy({ deployments = 10, only } = {}) {
  const LoadRun = await loadRun();
  const measured = [];
  const skipped = [];
  for (const server of SERVERS) {
    if (only && !only.some((word) => server.name.includes(word))) continue;
    try {
      const one = await measureOne(LoadRun, server, deployments);
      console.error(`deploy ${one.name}: ${one.answered} requests, ${one.failed.length} failed`);
      measured.push(one);
    } catch (error) {
      if (!(error instanceof MissingPeer)) throw error;
      skipped.push({ name: server.name, reason: error.message });
    }
  }
  return { clients: CLIENTS_OF_A_KIND, restMs: REST_MS, measured, skipped };
}

function counted(words) {
  const counts = new Map();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${word} ${count}`).join(', ') || '–';
}

function row({ version, name, deployments, seconds, connections, answered, failed }) {
  const requests = answered + failed.length;
  return [
    name,
    deployments,
    (seconds / deployments).toFixed(1),
    connections,
    requests,
    failed.length,
    (failed.length / deployments).toFixed(1),
    counted(failed.map(({ kind }) => KINDS[kind])),
    counted(failed.map(({ cause }) => cause)),
    version,
  ];
}

const HEAD = [
  'how',
  'deployments',
  's each',
  'connections',
  'requests',
  'failed',
  'a deployment',
  'on which connections',
  'in which way',
  'version',
];

/** @returns {string} Markdown */
export function deployTable({ clients, measured, skipped }) {
  const text =
    `Two workers each; three times ${clients} clients: on connections that are kept alive, on one for each request, and uploads ` +
    'of 3,000 bytes. A request failed when its connection ended without a whole answer. Every process of the old code was gone before the next ' +
    'deployment. A client that may repeat a request on a connection that was closed while idle sees less of it.';
  const lines = skipped.map(({ name, reason }) => `Skipped: ${name}: ${reason.split('\n')[0]}`);
  return [text, table(HEAD, measured.map(row)), ...lines].join('\n\n');
}

async function main() {
  const string = { type: 'string' };
  const { values } = parseArgs({ options: { deployments: string, only: string } });
  const { deployments, only } = values;
  console.log(
    deployTable(
      await measureDeploy({
        ...(deployments && { deployments: Number(deployments) }),
        ...(only && { only: only.split(',') }),
      }),
    ),
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
