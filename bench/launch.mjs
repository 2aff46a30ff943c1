// Starts one server of the benchmark in a fresh process (or tree of processes), waits until it answers, checks the
// answer, and ends it. Only processes that were started here are ever signalled.
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OUT } from './build.mjs';
import { spawnPinned } from './machine.mjs';

const START_MS = 15_000;
const STOP_MS = 5_000;
const LOG_LINES = 15;
const STEADY_LOOKS = 8;
const LOOK_MS = 25;

export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Children of all threads of a process; none when it has ended meanwhile. */
function childrenOf(pid) {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const lists = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'));
    return lists.flatMap((list) => list.trim().split(' ').filter(Boolean).map(Number));
  } catch {
    return [];
  }
}

/** pid and all its descendants, the pid itself first. */
export function processTree(pid) {
  return [pid, ...childrenOf(pid).flatMap(processTree)];
}

function ask(entry, port) {
  const { path, method, bodyBytes, headers, close, tls } = entry.load;
  return new Promise((resolve, reject) => {
    const sent = (tls ? tlsRequest : request)({
      rejectUnauthorized: false,
      host: '127.0.0.1',
      port,
      path,
      method,
      agent: false,
      headers: { Connection: close ? 'close' : 'keep-alive', 'Content-Length': bodyBytes, ...headers },
    });
    sent.on('error', reject);
    sent.setTimeout(STOP_MS, () => sent.destroy(new Error('no answer to the first request')));
    sent.on('response', async (response) => {
      const chunks = await response.toArray().catch(reject);
      sent.destroy();
      if (chunks) resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString('latin1') });
    });
    sent.end('x'.repeat(bodyBytes));
  });
}

function hasEnded(server) {
  return server.exitCode !== null || server.signalCode !== null;
}

async function firstAnswer(entry, port, server) {
  const deadline = performance.now() + START_MS;
  for (;;) {
    try {
      return await ask(entry, port);
    } catch (error) {
      if (hasEnded(server)) throw new Error(`it ended: ${server.exitCode ?? server.signalCode}`);
      if (performance.now() > deadline) throw error;
      await sleep(20);
    }
  }
}

function checkAnswer(peer, entry, port, { status, body }) {
  const expected = entry.answer(port);
  const right = peer.fixedAnswer ? body.length === expected.length : body === expected;
  if (status === 200 && right) return;
  throw new Error(`wrong answer: status ${status}, ${body.length} bytes: ${body.slice(0, 100)}`);
}

async function stop(server) {
  if (hasEnded(server)) return;
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  const late = Symbol('late');
  if ((await Promise.race([ended, sleep(STOP_MS, late, { ref: false })])) !== late) return;
  // spawnPinned made it the leader of a session and process group of its own.
  process.kill(-server.pid, 'SIGKILL');
  await ended;
}

function endOfLog(path) {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-LOG_LINES).join('\n');
}

/** Resolves when no process of the server has come or gone for a moment: all its workers are there. */
async function untilComplete(pid) {
  let before = '';
  for (let since = 0; since < STEADY_LOOKS; since++) {
    const now = processTree(pid).join();
    if (now !== before) since = 0;
    before = now;
    await sleep(LOOK_MS);
  }
}

/** Runs `use({ pid, port })` while the peer serves the case on the given CPU. */
export async function withServer(peer, entry, cpu, use) {
  const directory = join(OUT, 'run', peer.name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  const { file, args, env = {} } = peer.command(entry, port, directory);
  const logPath = join(directory, 'log');
  const log = openSync(logPath, 'w');
  const server = spawnPinned(cpu, file, args, {
    stdio: ['ignore', log, log],
    cwd: directory,
    env: { ...process.env, ...env },
  });
  closeSync(log);
  try {
    checkAnswer(peer, entry, port, await firstAnswer(entry, port, server));
    await untilComplete(server.pid);
    return await use({ pid: server.pid, port });
  } catch (error) {
    throw new Error(`${peer.name}, ${entry.name}: ${error.message}\n${endOfLog(logPath)}`.trim(), {
      cause: error,
    });
  } finally {
    await stop(server);
  }
}
