// A clock that jumps under a server, by an hour or by a year, forward and back: what waits for a time must not come early or
// never, and the Date of the answers must follow.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './server.mjs';

const SOURCE = fileURLToPath(new URL('clock.c', import.meta.url));
const HOUR = 3600;
const YEAR = 365 * 24 * HOUR;
/** One after the other; each is so far from the clock of the others. */
const OFFSETS = [HOUR, -24 * HOUR, YEAR, -YEAR, 0];
const TOLERANCE_MS = 60_000;

function dateOf(url) {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false }, (answer) => {
      answer.resume();
      resolve(Date.parse(answer.headers.date));
    });
    request.once('error', reject);
  });
}

export class Clock {
  #folder = mkdtempSync(join(tmpdir(), 'pronghorn-clock-'));
  #library = join(this.#folder, 'clock.so');
  #path = join(this.#folder, 'offset');
  #file = openSync(this.#path, 'wx+', 0o600);
  #jumps = 0;

  constructor() {
    const flags = ['-shared', '-fPIC', '-O1', '-Wall', '-Wextra', '-o', this.#library];
    execFileSync(process.env.CC ?? 'cc', [...flags, SOURCE], { stdio: 'inherit' });
    this.#set(0);
  }

  /** Of a server that goes by it. */
  get environment() {
    return { ...process.env, LD_PRELOAD: this.#library, SOAK_CLOCK: this.#path };
  }

  /** Resolves when answers go by the new time. */
  async jump(url) {
    const offset = OFFSETS[this.#jumps % OFFSETS.length];
    this.#jumps += 1;
    this.#set(offset);
    await until(`answers of a clock that is ${offset} s off`, async () => {
      // A worker that is killed at this moment answers the next one.
      const date = await dateOf(url).catch(() => Number.NaN);
      return Math.abs(date - Date.now() - offset * 1000) < TOLERANCE_MS;
    });
  }

  remove() {
    closeSync(this.#file);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #set(seconds) {
    writeSync(this.#file, new BigInt64Array([BigInt(seconds)]), 0, 8, 0);
  }
}
