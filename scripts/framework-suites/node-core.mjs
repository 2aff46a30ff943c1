// Runs Node's own tests of its HTTP server, test/parallel/test-http-* of a source tree, each as a program of its own that
// ends with 0 if it passes. A test is one that makes a server; what it tests may still be the client.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { runNode } from './run.mjs';

const TEST_MS = 20_000;
const AT_ONCE = 4;
/** Skipped tests say so and end with 0. */
const SKIPPED = /^1\.\.0 # Skipped/m;

/** Undefined where there is none. */
export function coreVersion(folder) {
  const file = path.join(folder, 'src/node_version.h');
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  return ['MAJOR', 'MINOR', 'PATCH']
    .map((part) => new RegExp(`#define NODE_${part}_VERSION (\\d+)`).exec(text)?.[1])
    .join('.');
}

function testsIn(folder) {
  const parallel = path.join(folder, 'test/parallel');
  return readdirSync(parallel)
    .filter((name) => /^test-http-.*\.m?js$/.test(name))
    .sort()
    .map((name) => ({ name, file: path.join(parallel, name) }))
    .map((test) => ({ ...test, text: readFileSync(test.file, 'utf8') }))
    .filter(({ text }) => /\bcreateServer\(|\bnew (?:http\.)?Server\(/.test(text));
}

/** @param place among those that run at once; tests make a temporary folder for each */
async function runTest({ file, text }, { folder, options, place }) {
  const flags = /^\/\/ Flags: (.*)$/m.exec(text)?.[1].split(/\s+/) ?? [];
  const { out, errors, code } = await runNode([...flags, file], {
    folder,
    options,
    timeoutMs: TEST_MS,
    environment: { TEST_THREAD_ID: String(place) },
  });
  const outcome = SKIPPED.test(out) ? 'skipped' : code === 0 ? 'passed' : 'failed';
  return { outcome, said: outcome === 'failed' ? `${file}\n${out}${errors}\n` : '' };
}

/** @param before outcomes of a run whose failures need not be looked at again */
export async function runCoreTests(folder, options, before) {
  const outcomes = new Map();
  let out = '';
  const rest = testsIn(folder)
    .filter(({ name }) => before === undefined || before.get(name) === 'passed')
    .values();
  const walk = async (_, place) => {
    for (const test of rest) {
      const { outcome, said } = await runTest(test, { folder, options, place });
      outcomes.set(test.name, outcome);
      out += said;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, walk));
  return { outcomes, out, errors: '', code: 0, signal: null };
}
