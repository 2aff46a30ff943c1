// Runs the compiled tests with Node's own runner.
//   node scripts/test.mjs                         everything
//   node scripts/test.mjs integration/listeners   files whose path contains one of the words
//   node scripts/test.mjs --node 24               the integration tests under another Node: a major version or a path
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nodeBinary } from './node-versions.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const compiled = join(root, 'out/test');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    node: { type: 'string' },
    // Two: a server under test has several processes of its own.
    concurrency: { type: 'string', default: '2' },
  },
});

const LEVELS = values.node === undefined ? ['unit', 'meta', 'integration', 'fault'] : ['integration'];

/** One test may start several servers, and the machine may be slow: this only tells "hangs" from "works". */
const TIMEOUT_MS = 180_000 + 2000 * Number(process.env.PRONGHORN_TEST_KILL_SECONDS ?? 0);

function testFiles(level) {
  const folder = join(compiled, level);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.test.js'))
    .sort()
    .map((name) => relative(root, join(folder, name)));
}

const files = LEVELS.flatMap(testFiles).filter(
  (file) => positionals.length === 0 || positionals.some((word) => file.includes(word)),
);
if (files.length === 0) {
  console.error('no test file matches; `npm run build:test` compiles them');
  process.exit(1);
}

const node = values.node === undefined ? process.execPath : nodeBinary(values.node);
const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
console.log(`${files.length} test files under Node ${stdout?.trim()}`);

const run = spawnSync(
  node,
  [
    '--test',
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-concurrency=${values.concurrency}`,
    `--test-timeout=${TIMEOUT_MS}`,
    ...files,
  ],
  { cwd: root, stdio: 'inherit' },
);
if (run.error) console.error(`cannot run ${node}: ${run.error.message}`);
process.exit(run.status ?? 1);
