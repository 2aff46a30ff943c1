// What the benchmark knows of the machine: which CPUs it may use, what else runs there, versions, and how a process is
// pinned to one CPU in a session (and so a scheduler group) of its own.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Priority of the scheduler groups of server and load, where the kernel permits it (-20 is the highest). */
const GROUP_NICE = -15;

/** A peer that this machine does not have; the message says how to get it. */
export class MissingPeer extends Error {}

/** First match of `pattern` in what a program prints about itself; undefined when the program does not exist. */
export function versionOf(file, args, pattern) {
  const { error, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (error) return undefined;
  return { version: pattern.exec(`${stdout}${stderr}`)?.[1] ?? 'of unknown version' };
}

function parseCpuList(text) {
  return text.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** The CPU of the server and that of the load. */
export function chooseCpus() {
  const allowed = /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1];
  const [server, load] = parseCpuList(allowed);
  if (load === undefined)
    throw new Error('The benchmark needs two CPUs: one for the server, one for the load.');
  if (!versionOf('taskset', ['--version'], /(\d\S*)/)) {
    throw new Error('taskset is not installed (Debian: apt-get install util-linux)');
  }
  return { server, load };
}

/** Starts a program on one CPU, in its own session; the group's priority is raised where that is permitted. */
export function spawnPinned(cpu, file, args, options) {
  const script = `{ echo ${GROUP_NICE} > /proc/self/autogroup; } 2>/dev/null; exec taskset -c ${cpu} "$0" "$@"`;
  return spawn('/bin/sh', ['-c', script, file, ...args], { ...options, detached: true });
}

/** Whether a group's priority may be raised here; without it, others' work disturbs throughput and latency more. */
export function canRaisePriority() {
  const script = `{ echo ${GROUP_NICE} > /proc/self/autogroup; } 2>/dev/null`;
  return spawnSync('/usr/bin/setsid', ['-w', '/bin/sh', '-c', script]).status === 0;
}

function cpuTimes() {
  const lines = readFileSync('/proc/stat', 'utf8').split('\n');
  return new Map(
    lines
      .map((line) => /^cpu(\d+) (.*)$/.exec(line))
      .filter(Boolean)
      .map(([, cpu, text]) => {
        const fields = text.split(' ').map(Number);
        const idle = fields[3] + fields[4];
        const all = fields.slice(0, 8).reduce((sum, field) => sum + field, 0);
        return [Number(cpu), { idle, all }];
      }),
  );
}

/** Busy share (0 to 1) of the given CPUs while the benchmark itself does nothing. */
export async function strayLoad(list, ms = 1000) {
  const before = cpuTimes();
  await sleep(ms);
  const after = cpuTimes();
  return list.map((cpu) => {
    const all = after.get(cpu).all - before.get(cpu).all;
    const idle = after.get(cpu).idle - before.get(cpu).idle;
    return all > 0 ? Math.max(0, 1 - idle / all) : 0;
  });
}

export function describeMachine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cpus: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    compiler: versionOf('cc', ['--version'], /^(.*)$/m)?.version ?? 'none',
  };
}
