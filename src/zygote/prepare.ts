// What a zygote does once, so that none of its workers has to do it again: a worker starts with compiled code and an
// empty young generation, and shares more of its memory for longer.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { dropPreparedNumbers } from '../worker/after-fork.js';

/**
 * Until the compilers have seen enough of the generators of node:crypto. In a worker they would see the same, and on
 * Node 22 their work took 30 of 40 ms between the command to fork and a ready worker.
 */
const WARM_UP_ROUNDS = 20;

function collectGarbage(): void {
  // The way to V8's collector in a process that was not started with the flag for it.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
}

/** After code of the application has run. */
export function prepareAgain(): void {
  collectGarbage();
}

export function prepareToFork(): void {
  for (let i = 0; i < WARM_UP_ROUNDS; i++) dropPreparedNumbers();
  collectGarbage();
}
