// The benchmark runs, and measures what it says: a short run of some cases, whose numbers mean nothing. Needs no peer that
// has to be installed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../support/paths.js';

const CASES = ['hello', 'close', 'workers-4', 'latency'];
const PEERS = ['pronghorn', 'node-http', 'node-cluster', 'floor'];

interface Sample {
  readonly case: string;
  readonly peer: string;
  readonly rps: number;
  readonly cpuUs: number;
}

test('a short run of the benchmark', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pronghorn-benchmark-'));
  try {
    const short = ['--rounds', '1', '--seconds', '0.3', '--warm', '0.1', '--results', folder];
    const words = ['bench/run.mjs', '--only', CASES.join(), '--peers', PEERS.join(), ...short];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^### close: /m);
    const [file, ...others] = readdirSync(folder);
    assert.deepEqual(others, []);
    const { samples, failures } = JSON.parse(readFileSync(join(folder, file!), 'utf8'));
    assert.deepEqual(failures, []);
    const seen = new Set(samples.map(({ case: name, peer }: Sample) => `${name} ${peer}`));
    for (const name of CASES) assert.ok(seen.has(`${name} pronghorn`), name);
    for (const peer of PEERS)
      assert.ok(
        [...seen].some((one) => String(one).endsWith(` ${peer}`)),
        peer,
      );
    for (const sample of samples as Sample[]) assert.ok(sample.rps > 0, JSON.stringify(sample));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
