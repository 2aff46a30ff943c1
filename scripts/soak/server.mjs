// A server of the soak: a session of its own, so that all that belongs to it can be found, and what the kernel says about it.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export function sessionMembers(session) {
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
export function privateMegabytes(pid) {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const kilobytes = [...rollup.matchAll(/^Private_\w+:\s+(\d+) kB/gm)].map((match) => Number(match[1]));
    return Math.round(kilobytes.reduce((sum, each) => sum + each, 0) / 1024);
  } catch {
    return undefined;
  }
}

export function descriptorCount(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return undefined;
  }
}

export async function until(what, probe, deadlineMs = 30_000) {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const result = await probe();
    if (result) return result;
    if (performance.now() > deadline) throw new Error(`gave up waiting for ${what}`);
    await pause(20);
  }
}

/** @param use what is done to it; resolves to the line that says how it was @returns whether it is as it should be */
export async function soaked(server, use) {
  try {
    console.log(await use());
    return true;
  } catch (error) {
    console.error(`FAILED: ${error.message}\n--- the server's last lines\n${server.text}\n---`);
    return false;
  } finally {
    server.kill();
  }
}

/** A young generation that does not grow for minutes: what grows then is no young one. */
const NODE_FLAGS = ['--max-semi-space-size=4'];

export class SoakServer {
  log = [];
  exit = undefined;
  #partial = '';

  /** @param app relative to the project's folder */
  constructor(node, app, args, env = process.env) {
    const words = [
      join(root, 'dist/cli/main.js'),
      join(root, app),
      '--listen',
      'http://127.0.0.1:0',
      ...args,
    ];
    this.child = spawn(node, [...NODE_FLAGS, ...words], {
      cwd: root,
      env,
      detached: true,
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    this.child.stderr.setEncoding('utf8').on('data', (text) => this.#take(text));
    this.child.once('exit', (code, signal) => {
      this.exit = { code, signal };
    });
  }

  get pid() {
    return this.child.pid;
  }

  get members() {
    return sessionMembers(this.pid);
  }

  /** @returns where it listens */
  listening() {
    return until('the server to listen', () => {
      if (this.exit) throw new Error(`the server ended: ${JSON.stringify(this.exit)}\n${this.text}`);
      return this.log.map(({ msg }) => /^listening on (http:\/\/[^ "]+)/.exec(msg)?.[1]).find(Boolean);
    });
  }

  /** Pids of workers that have said that they are ready and have not ended, the oldest first. */
  get workers() {
    const ended = this.log.filter(({ msg }) => /^worker (ended|died)/.test(msg)).map(({ pid }) => pid);
    const ready = this.log.filter(({ msg }) => msg === 'worker is ready').map(({ pid }) => pid);
    return ready.filter((pid) => !ended.includes(pid));
  }

  get zygote() {
    return this.log.findLast(({ msg }) => msg === 'zygote is ready')?.pid;
  }

  /** What it wrote last. */
  get text() {
    return this.log
      .slice(-30)
      .map((line) => JSON.stringify(line))
      .join('\n');
  }

  async stop() {
    if (!this.exit) this.child.kill('SIGTERM');
    await until('the server to exit', () => this.exit);
    await until('its processes to be gone', () => this.members.length === 0);
  }

  kill() {
    for (const pid of this.members) process.kill(pid, 'SIGKILL');
  }

  #take(text) {
    const lines = (this.#partial + text).split('\n');
    this.#partial = lines.pop();
    for (const line of lines) this.log.push(line.startsWith('{') ? JSON.parse(line) : { msg: line });
  }
}
