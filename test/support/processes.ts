// What the kernel knows about processes and their connections, from /proc. Every server under test leads a session of its own, so
// that all that it left behind can be found, whoever its parent is by now.
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessEntry {
  pid: number;
  name: string;
  state: string;
  parent: number;
  session: number;
  command: string;
}

/** undefined when there is no such process (any more). */
export function processEntry(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name stands in parentheses and may itself hold blanks and parentheses.
    const nameEnd = stat.lastIndexOf(')');
    const fields = stat.slice(nameEnd + 2).split(' ');
    return {
      pid,
      name: stat.slice(stat.indexOf('(') + 1, nameEnd),
      state: fields[0] ?? '?',
      parent: Number(fields[1]),
      session: Number(fields[3]),
      command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim(),
    };
  } catch {
    return undefined;
  }
}

/** Zombies count as ended: where process 1 of a container does not reap, they stay for ever. */
export function isRunning(pid: number): boolean {
  const entry = processEntry(pid);
  return entry !== undefined && entry.state !== 'Z' && entry.state !== 'X';
}

export function sessionMembers(session: number): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => processEntry(Number(name)))
    .filter((entry) => entry !== undefined)
    .filter((entry) => entry.session === session && entry.state !== 'Z' && entry.state !== 'X');
}

export function zombieChildren(parent: number): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => processEntry(Number(name)))
    .filter((entry) => entry !== undefined)
    .filter((entry) => entry.parent === parent && entry.state === 'Z');
}

/** Does the server's side of an IPv4 connection still hold it open? */
export function isEstablished(localPort: number, remotePort: number): boolean {
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');
  const ends = new RegExp(`: [0-9A-F]{8}:${hex(localPort)} [0-9A-F]{8}:${hex(remotePort)} 01 `);
  return ends.test(readFileSync('/proc/net/tcp', 'utf8'));
}

/** Bytes that the socket of `localPort` to `remotePort` has been given and the other side has not acknowledged. */
export function sendQueue(localPort: number, remotePort: number): number {
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');
  const line = new RegExp(`: [0-9A-F]{8}:${hex(localPort)} [0-9A-F]{8}:${hex(remotePort)} .. ([0-9A-F]{8}):`);
  return Number.parseInt(line.exec(readFileSync('/proc/net/tcp', 'utf8'))?.[1] ?? '0', 16);
}

/** Seconds of CPU that a process has used. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // utime and stime, in ticks of a hundredth.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
