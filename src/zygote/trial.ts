// The trial child: does at once what a fork could have broken, says whether it works, and ends. If it hangs instead, the
// manager kills it. Runs in a child forked by the zygote for nothing else.
import { pbkdf2 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { binding } from '../binding/load.js';
import type { TrialToManager } from '../channel/messages.js';
import { sendBlocking } from '../channel/wire.js';
import { reasonOf } from '../errors.js';

/** Enough for several collections of the young generation, and for objects to be moved to the old one. */
const GARBAGE_ROUNDS = 40;
const GARBAGE_OBJECTS = 5_000;
/** A module with one function, `f`, that gives 42. */
const WASM_MODULE = Buffer.from(
  '0061736d010000000105016000017f0302010007050101660000' + '0a06010400412a0b',
  'hex',
);
const WASM_ANSWER = 42;

/** The parts of WebAssembly that are used here; the types of Node do not bring them. */
interface WebAssemblyInterface {
  instantiate(bytes: Uint8Array): Promise<{ instance: { exports: Record<string, () => number> } }>;
}

function collectGarbage(): void {
  const kept: unknown[] = [];
  for (let round = 0; round < GARBAGE_ROUNDS; round++) {
    const objects = Array.from({ length: GARBAGE_OBJECTS }, (_, i) => ({
      i,
      text: `${round}:${i}`,
      list: [i],
    }));
    kept.push(objects.slice(0, GARBAGE_OBJECTS / 10));
  }
}

async function compileWebAssembly(): Promise<void> {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyInterface };
  const { instance } = await WebAssembly.instantiate(WASM_MODULE);
  const answer = instance.exports.f?.();
  if (answer !== WASM_ANSWER) throw new Error(`WebAssembly gave ${answer}`);
}

async function useEverything(): Promise<void> {
  const work = [
    compileWebAssembly(),
    promisify(pbkdf2)('password', 'salt', 100, 32, 'sha256'),
    readFile('/proc/self/stat'),
    delay(1),
  ];
  collectGarbage();
  await Promise.all(work);
}

/** @param channelFd of the channel to the manager */
export async function runTrial(channelFd: number): Promise<void> {
  let verdict: TrialToManager;
  try {
    await useEverything();
    verdict = { type: 'passed' };
  } catch (error) {
    verdict = { type: 'failed', message: reasonOf(error) };
  }
  sendBlocking(channelFd, verdict);
  // Without the user's 'exit' listeners: they would clean up what the application is going to use.
  binding.exitNow(verdict.type === 'passed' ? 0 : 1);
}
