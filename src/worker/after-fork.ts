// Makes a fresh copy of the zygote a process of its own: what the fork has copied and must not be the same in two
// processes. Runs in a forked child, first of all.
import { randomInt, randomUUID } from 'node:crypto';
import { binding } from '../binding/load.js';
import { endAtOnce } from './exit.js';
import { seedRandom } from './random.js';

/** What node:crypto prepares at a time, since Node 16. Other generators of OpenSSL notice a fork by themselves. */
const PREPARED_UUIDS = 128;
const PREPARED_INTS = 1024;

function defineProcessId(): void {
  Object.defineProperty(process, 'pid', {
    value: binding.processId(),
    enumerable: true,
    configurable: true,
    writable: false,
  });
}

/** As many draws as a full store has, wherever the next one is: they pass the point where it is filled anew. */
export function dropPreparedNumbers(): void {
  for (let i = 0; i < PREPARED_UUIDS; i++) randomUUID();
  for (let i = 0; i < PREPARED_INTS; i++) randomInt(2);
}

export function becomeOwnProcess(): void {
  defineProcessId();
  endAtOnce();
  seedRandom();
  dropPreparedNumbers();
}
