// A Pronghorn of this clone for the programs here that compare it with itself only: started with the words of the command
// line, ended by whoever started it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { processTree } from './launch.mjs';

const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/** Microseconds of CPU time of all threads of a process, to the nanosecond: /proc/pid/stat counts by ticks. */
export function cpuTime(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const ns = threads.map((tid) =>
    Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'latin1').split(' ')[0]),
  );
  return ns.reduce((sum, time) => sum + time, 0) / 1000;
}

async function portOf(child) {
  for await (const line of createInterface({ input: child.stderr })) {
    const found = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(line);
    if (found) return Number(found[1]);
  }
  throw new Error('the server ended before it listened');
}

/**
 * @param app file in the clone
 * @param use gets the port, the pids of the manager, of all that it started, and of those that were forked last: the workers
 * @param nodeFlags of every process
 */
export async function withOwnServer(app, words, use, { workers = 1, nodeFlags = [] } = {}) {
  const file = fileURLToPath(new URL(`../${app}`, import.meta.url));
  const args = [CLI, file, '--listen', 'http://127.0.0.1:0', '--workers', String(workers), ...words];
  const child = spawn(process.execPath, [...nodeFlags, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  try {
    const port = await portOf(child);
    child.stderr.resume();
    const [manager, ...hosts] = processTree(child.pid);
    const pids = hosts.toSorted((one, other) => one - other).slice(-workers);
    return await use({ port, manager, hosts, workers: pids });
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}
