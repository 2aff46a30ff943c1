// Math.random() of a host. V8's own generator is a copy in every forked worker, so all workers would draw the same
// numbers. This one can be seeded anew after the fork, also behind references that the application has taken while
// loading (as lodash does). xoshiro128**, 53 bits a number; not for secrets, like V8's.
import { randomFillSync } from 'node:crypto';

const state = new Uint32Array(4);

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** 32 random bits, as a signed integer. */
function next(): number {
  const s1 = state[1]!;
  const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9);
  state[2]! ^= state[0]!;
  state[3]! ^= s1;
  state[1]! ^= state[2]!;
  state[0]! ^= state[3]!;
  state[2]! ^= s1 << 9;
  state[3] = rotateLeft(state[3]!, 11);
  return result;
}

function random(): number {
  const high = next() >>> 5;
  const low = next() >>> 6;
  return (high * 2 ** 26 + low) / 2 ** 53;
}

/** From the kernel's generator. In a forked worker, before any code of the application runs there. */
export function seedRandom(): void {
  do randomFillSync(state);
  while (state.every((word) => word === 0));
}

/** Before the application is loaded. */
export function replaceMathRandom(): void {
  seedRandom();
  Object.defineProperty(Math, 'random', { value: random, writable: true, configurable: true });
}
