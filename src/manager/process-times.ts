// What the kernel says about a worker's process or thread: how much it computes, and how much memory is its own. Runs in the
// manager; reads /proc, and says nothing about a process that is gone.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

const NS_PER_MS = 1_000_000;
const BYTES_PER_KIB = 1024;

export interface ThreadTimes {
  readonly cpuMs: number;
  /** It computes, or would if it got a processor. */
  readonly isRunnable: boolean;
}

/** @param tid of the thread with the event loop @see proc_pid_stat(5) */
export function threadTimes(pid: number, tid: number): ThreadTimes | undefined {
  try {
    const folder = `/proc/${pid}/task/${tid}`;
    const [ranNs] = readFileSync(`${folder}/schedstat`, 'latin1').split(' ');
    // The state follows the name, which is in parentheses and may contain anything.
    const isRunnable = /^.*\) R/s.test(readFileSync(`${folder}/stat`, 'latin1'));
    return { cpuMs: Number(ranNs) / NS_PER_MS, isRunnable };
  } catch {
    return undefined;
  }
}

/** Bytes that no other process has: not what is still shared with the zygote. @see proc_pid_smaps(5) */
export async function privateMemory(pid: number): Promise<number | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, 'latin1');
    let kib = 0;
    for (const [, amount] of text.matchAll(/^Private_(?:Clean|Dirty|Hugetlb):\s+(\d+) kB$/gm)) {
      kib += Number(amount);
    }
    return kib * BYTES_PER_KIB;
  } catch {
    return undefined;
  }
}
