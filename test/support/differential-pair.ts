// One application under the server that it was written for and under Pronghorn, for all tests of a file or of a `describe`.
// DIFFERENTIAL_SEED and DIFFERENTIAL_REQUESTS repeat a run, or make it longer.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Difference, differences, makeRequest, Random, type RequestShapes } from './differential.js';
import { fixture } from './paths.js';
import type { Target } from './raw-client.js';
import { ServerProcess, startApp } from './server.js';
import { waitFor } from './wait.js';

const seed = Number(process.env.DIFFERENTIAL_SEED ?? Date.now() % 2 ** 31);
const REQUESTS = 500;

export interface DifferentialPair {
  /** As it is served without Pronghorn. */
  readonly node: Target;
  readonly own: Target;
  /** A test that sends both the same requests, made up from the seed. Normalizing and allowing as in differences(). */
  compare(
    title: string,
    shapes: RequestShapes,
    normalize: (line: string) => string | undefined,
    isAllowed: (difference: Difference) => boolean,
    requests?: number,
  ): void;
}

/** @param app path of the application's module */
export function differentialPair(app: string): DifferentialPair {
  let node: ServerProcess;
  let own: ServerProcess;
  let nodeTarget: Target;

  before(async () => {
    node = new ServerProcess({ command: [fixture('differential-node.mjs'), app] });
    own = startApp(app, { args: ['--workers', '1'] });
    const port = await waitFor('the port', () => /port (\d+)/.exec(node.stdout)?.[1]);
    nodeTarget = { host: '127.0.0.1', port: Number(port) };
    await own.listening();
  });

  after(async () => {
    try {
      await Promise.all([own.stop(), node.stop()]);
      await own.assertGone();
    } finally {
      own.kill();
      node.kill();
    }
  });

  return {
    get node() {
      return nodeTarget;
    },
    get own() {
      return own.target;
    },
    compare(title, shapes, normalize, isAllowed, requests = REQUESTS) {
      test(title, async (t) => {
        t.diagnostic(`seed ${seed}`);
        const random = new Random(seed);
        const count = Number(process.env.DIFFERENTIAL_REQUESTS ?? requests);
        const made = Array.from({ length: count }, () => makeRequest(random, shapes));
        const found = await differences(nodeTarget, own.target, made, normalize, isAllowed);
        assert.deepEqual(
          found.slice(0, 3),
          [],
          `${found.length} of ${count} answers differ with seed ${seed}`,
        );
      });
    },
  };
}
