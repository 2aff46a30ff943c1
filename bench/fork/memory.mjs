// Memory of a process as the fork benchmark reports it, in MiB.
import { readFileSync } from 'node:fs';

/** privateMiB: pages that no other process maps. pssMiB: shared pages count by the share of those who map them. */
export function memoryOf(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const mib = (field) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) / 1024;
  return { privateMiB: mib('Private_Clean') + mib('Private_Dirty'), pssMiB: mib('Pss') };
}
