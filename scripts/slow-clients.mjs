// Attacks a worker with slowhttptest (Debian: apt-get install slowhttptest): slow heads, slow bodies, slow readers. The
// other clients must keep nine tenths of their throughput by the clock, and the worker its memory. nginx is measured
// under the same attacks in alternating rounds, where it is installed: what it loses too is the machine's.
//   npm run slow-clients -- --connections 1000 --rounds 5 --only readers
// The server has one CPU; load and attacker share the other. slowhttptest polls without pause and would keep that CPU
// from the load, whatever the server does, so once its connections are open it gets the lowest scheduling class and is let
// run for a part of each quarter of a second only: what it has to send every three seconds is sent all the same.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildPrograms, PROGRAMS } from '../bench/build.mjs';
import { freePort, processTree } from '../bench/launch.mjs';
import { chooseCpus, spawnPinned } from '../bench/machine.mjs';
import { median } from '../bench/statistics.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'out/slow-clients');
const KEPT_MIN = 0.9;
/** For each attacking connection: of the three answers that a slow reader asks for, a piece of 64 KiB each waits in the worker. */
const GROWTH_MAX_KB = 300;
const STOPPED_MS = 220;
const RUNNING_MS = 30;
const LOAD_CONNECTIONS = 20;
const BASE_SECONDS = 4;
const CONNECTING_MS = 5_000;
/** Until all attackers have what they can get at first; reported, and no part of the verdict. */
const RAMP_SECONDS = 8;

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '6' },
    only: { type: 'string', default: '' },
  },
});
const seconds = Number(values.seconds);
const connections = Number(values.connections);

const ATTACKS = {
  'slow heads': { words: ['-H', '-i', '3', '-x', '24'], path: '/' },
  'slow bodies': { words: ['-B', '-i', '3', '-s', '8192', '-x', '10', '-t', 'POST'], path: '/text' },
  'slow readers': {
    words: ['-X', '-w', '512', '-y', '1024', '-n', '5', '-z', '32', '-k', '3'],
    path: '/large?pieces=16',
  },
};

function pronghorn(port) {
  const app = join(root, 'test/fixtures/stream-app.mjs');
  return {
    file: process.execPath,
    args: [join(root, 'dist/cli/main.js'), app, '--workers', '1', '--listen', `http://127.0.0.1:${port}`],
  };
}

/** Holds a body back until it is complete, as a server does that passes it on: to an upstream that nobody reaches. */
function nginx(port) {
  writeFileSync(join(folder, 'large'), 'x'.repeat(16 * 65_536));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off;
user ${userInfo().username};
worker_processes 1;
pid nginx.pid;
error_log stderr crit;
events { worker_connections 16384; }
http {
  access_log off;
  sendfile on;
  keepalive_requests 1000000000;
${temporary.map((kind) => `  ${kind}_temp_path ${kind};`).join('\n')}
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${folder};
    location = / { default_type text/plain; return 200 'hi'; }
    location = /text { proxy_pass http://127.0.0.1:1; }
    location = /large { default_type text/plain; }
  }
}
`,
  );
  const file = spawnSync('nginx', ['-v']).error ? '/usr/sbin/nginx' : 'nginx';
  if (spawnSync(file, ['-v']).error) return undefined;
  return { file, args: ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'] };
}

async function untilServing(port) {
  for (let tries = 0; tries < 200; tries++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    if (answer?.ok) return;
    await pause(50);
  }
  throw new Error('the server does not answer');
}

/** Connections that the server has at this moment. */
function connectedTo(port) {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const isOne = (line) => {
    const fields = line.trim().split(/\s+/);
    return fields[1]?.endsWith(local) && fields[3] === '01';
  };
  return readFileSync('/proc/net/tcp', 'utf8').split('\n').filter(isOne).length;
}

function memoryKb(pid) {
  const sizes = processTree(pid).map((each) =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${each}/status`, 'utf8'))?.[1] ?? 0),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Answers per second of the clock that the other clients get. */
async function throughput({ port, cpus }, duration) {
  const words = ['127.0.0.1', String(port), String(LOAD_CONNECTIONS), '1', String(duration), '/'];
  const blast = spawnPinned(cpus.load, PROGRAMS.blast, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const result = JSON.parse(Buffer.concat(await blast.stdout.toArray()).toString());
  return { perSecond: result.rps, failed: result.errors };
}

function startAttack({ words, path }, { port, cpus }) {
  const length = String(RAMP_SECONDS + seconds + 10);
  const all = ['-c', values.connections, '-r', '5000', '-l', length, '-p', '5', ...words];
  const given = ['-c', String(cpus.load), 'slowhttptest', ...all, '-u', `http://127.0.0.1:${port}${path}`];
  return spawn('taskset', given, { stdio: 'ignore', detached: true });
}

/** How many connect must not be left to how much time the lowest class gets: it has that class only afterwards. */
async function untilConnected(attacker, { port }) {
  const deadline = performance.now() + CONNECTING_MS;
  while (connectedTo(port) < connections && performance.now() < deadline) await pause(20);
  spawnSync('chrt', ['-i', '-p', '0', String(attacker.pid)], { stdio: 'inherit' });
  try {
    writeFileSync(`/proc/${attacker.pid}/autogroup`, '19');
  } catch {
    // A kernel without groups of sessions has nothing to be told.
  }
}

/** Lets the attacker run for a part of the time. Returns how to stop that. */
function ration(attacker) {
  let isOver = false;
  const turns = (async () => {
    while (!isOver) {
      await pause(STOPPED_MS);
      attacker.kill('SIGCONT');
      await pause(RUNNING_MS);
      if (!isOver) attacker.kill('SIGSTOP');
    }
  })();
  return async () => {
    isOver = true;
    await turns;
  };
}

async function round(attack, server) {
  const before = await throughput(server, BASE_SECONDS);
  const memory = memoryKb(server.pid);
  const attacker = startAttack(attack, server);
  const ended = once(attacker, 'exit');
  await untilConnected(attacker, server);
  const stopRation = ration(attacker);
  const underAttack = async () => {
    const ramp = await throughput(server, RAMP_SECONDS);
    const attackers = connectedTo(server.port);
    const during = await throughput(server, seconds);
    return { ramp, attackers, during, grown: (memoryKb(server.pid) - memory) / connections };
  };
  const { ramp, attackers, during, grown } = await underAttack().finally(async () => {
    await stopRation();
    attacker.kill();
    await ended;
  });
  while (connectedTo(server.port) > 10) await pause(100);
  const after = await throughput(server, BASE_SECONDS);
  const usual = (before.perSecond + after.perSecond) / 2;
  return {
    usual,
    ramp: ramp.perSecond / usual,
    kept: during.perSecond / usual,
    failed: ramp.failed + during.failed,
    attackers,
    grown,
  };
}

async function withServer(command, use) {
  const cpus = chooseCpus();
  const port = await freePort();
  const { file, args } = command(port) ?? {};
  if (file === undefined) return undefined;
  const child = spawnPinned(cpus.server, file, args, { stdio: 'ignore', cwd: folder });
  const ended = once(child, 'exit');
  try {
    await untilServing(port);
    return await use({ pid: child.pid, port, cpus });
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

const percent = (share) => `${(share * 100).toFixed(1)} %`;

function describe(name, rounds) {
  const of = (key) => median(rounds.map((each) => each[key]));
  const all = rounds.map(({ kept }) => percent(kept)).join(', ');
  return (
    `${name}: kept ${percent(of('kept'))} of ${Math.round(of('usual'))} per second (${all}); ` +
    `first ${RAMP_SECONDS} s ${percent(of('ramp'))}; ${of('attackers')} connections, ` +
    `${of('grown').toFixed(0)} KB each`
  );
}

async function attackBoth(name) {
  const results = { pronghorn: [], nginx: [] };
  for (let at = 0; at < Number(values.rounds); at++) {
    for (const [peer, command] of Object.entries({ pronghorn, nginx })) {
      const result = await withServer(command, (server) => round(ATTACKS[name], server));
      if (result) results[peer].push(result);
    }
  }
  const ours = results.pronghorn;
  const kept = median(ours.map((each) => each.kept));
  const isGood =
    kept >= KEPT_MIN &&
    ours.every(({ failed, grown }) => failed === 0 && grown < GROWTH_MAX_KB) &&
    ours.every(({ attackers }) => attackers >= connections * 0.95);
  console.log(`${isGood ? 'ok  ' : 'FAIL'} ${name}: ${describe('pronghorn', ours)}`);
  if (results.nginx.length > 0) console.log(`     ${name}: ${describe('nginx', results.nginx)}`);
  return isGood;
}

for (const program of ['slowhttptest', 'chrt', 'taskset']) {
  if (spawnSync(program, ['-h']).error) {
    console.error(
      `slow-clients: ${program} is not there; on Debian: apt-get install slowhttptest util-linux`,
    );
    process.exit(1);
  }
}
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
buildPrograms();
let isGood = true;
for (const name of Object.keys(ATTACKS)) {
  if (name.includes(values.only)) isGood = (await attackBoth(name)) && isGood;
}
console.log(`slow clients: ${isGood ? 'withstood' : 'NOT withstood'}`);
process.exit(isGood ? 0 : 1);
