// Whether a worker can have as many connections as the options promise: each is a descriptor, and the kernel limits those.
// Node raises its limit to the hard one by itself when it starts; more only whoever starts it can give. Runs in the manager.
import { readFileSync } from 'node:fs';
import type { ResolvedConfig } from '../config/options.js';
import { type Log, record } from '../log.js';

/** Of a worker, besides sockets: standard streams, event loop, shared memory, channel; and some for the application. */
const OTHERS = 32;

/** Undefined: there is no limit, or nobody says. */
function hardLimit(): number | undefined {
  try {
    const [, limit] =
      /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}

/** @param listening descriptors of listening sockets */
export function warnOfDescriptorLimit({ clients }: ResolvedConfig, listening: number, log: Log): void {
  const limit = hardLimit();
  if (limit === undefined || clients + listening + OTHERS <= limit) return;
  const room = Math.max(0, limit - listening - OTHERS);
  const reason = `the limit of open files is ${limit}; ulimit -n or LimitNOFILE= raises it`;
  record(log, 'descriptors.short', { clients, room, reason });
}
