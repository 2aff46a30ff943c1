// What the kernel says about a worker's process or thread: how much it computes, and how much memory is its own. Runs in the
// manager; reads /proc, and says nothing about a process that is gone.
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Sign, ThreadTimes } from '../policy/stall.js';

const NS_PER_MS = 1_000_000;
const BYTES_PER_KIB = 1024;
/** Node.js for Linux supports no kernel with other pages but some of arm64, where this is too small a number. */
const PAGE_BYTES = 4096;
const LINE = /^(Private|Shared)_(?:Clean|Dirty|Hugetlb):\s+(\d+) kB$/gm;

/** Its letter. The name before it is in parentheses and may contain anything. @see proc_pid_stat(5) */
function stateIn(stat: string): string | undefined {
  return /^.*\) (.)/s.exec(stat)?.[1];
}

/** A letter; undefined: it is gone. */
function stateOf(pid: number): string | undefined {
  try {
    return stateIn(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

/** A debugger or SIGSTOP holds it. */
export function isStopped(pid: number): boolean {
  return /t/i.test(stateOf(pid) ?? '');
}

/** It has ended, and nobody has asked how. */
export function isZombie(pid: number): boolean {
  return stateOf(pid) === 'Z';
}

/** @param tid a thread of the process @returns undefined: it is gone @see proc_pid_stat(5) */
function threadTimes(pid: number, tid: number): ThreadTimes | undefined {
  try {
    const folder = `/proc/${pid}/task/${tid}`;
    const [ranNs] = readFileSync(`${folder}/schedstat`, 'latin1').split(' ');
    const isRunnable = stateIn(readFileSync(`${folder}/stat`, 'latin1')) === 'R';
    return { cpuMs: Number(ranNs) / NS_PER_MS, isRunnable };
  } catch {
    return undefined;
  }
}

function childrenOf(pid: number, tid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${tid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
  } catch {
    return []; // Not every kernel tells.
  }
}

/**
 * What a thread may wait for: the other threads of its process, and the children that it has started.
 * @returns processor time of all of them, and whether any is runnable
 */
function companionTimes(pid: number, tid: number): ThreadTimes | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
      .map(Number)
      .filter((other) => other !== tid);
    const children = childrenOf(pid, tid);
    const times = [
      ...threads.map((other) => threadTimes(pid, other)),
      ...children.map((child) => threadTimes(child, child)),
    ].filter((one) => one !== undefined);
    return {
      cpuMs: times.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
      isRunnable: times.some(({ isRunnable }) => isRunnable),
    };
  } catch {
    return undefined;
  }
}

/** @param tid the thread with an event loop @returns its times, and where it waits, those of what it may wait for */
export function loopTimes(pid: number, tid: number): Pick<Sign, 'own' | 'companions'> {
  const own = threadTimes(pid, tid);
  // The manager, which is runnable whenever it looks, waits for no worker and no worker for it.
  if (own?.isRunnable || pid === process.pid) return { own };
  return { own, companions: companionTimes(pid, tid) };
}

/** Bytes of memory that it has now, shared ones too; undefined: it is gone. @see proc_pid_statm(5) */
export function residentMemory(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return undefined;
  }
}

export interface ProcessMemory {
  /** Bytes that no other process has. */
  readonly private: number;
  /** Bytes that others have too: what is still shared with the zygote, and the program itself. */
  readonly shared: number;
}

/** @see proc_pid_smaps(5) */
export async function processMemory(pid: number): Promise<ProcessMemory | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, 'latin1');
    const kib = { Private: 0, Shared: 0 };
    for (const [, whose, amount] of text.matchAll(LINE)) kib[whose as keyof typeof kib] += Number(amount);
    return { private: kib.Private * BYTES_PER_KIB, shared: kib.Shared * BYTES_PER_KIB };
  } catch {
    return undefined;
  }
}
