// Runs the compiled tests with Node's own runner.
//   node scripts/test.mjs                         everything
//   node scripts/test.mjs integration/listeners   files whose path contains one of the words
//   node scripts/test.mjs --node 24               the integration tests under another Node: a major version or a path
//   node scripts/test.mjs --second-try            files that failed run once more, one at a time; fails if one fails again
// What passes only at the second try is named at the end: it is a defect, of the test or of the server, and to be mended.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
    'second-try': { type: 'boolean', default: process.env.PRONGHORN_TEST_SECOND_TRY === '1' },
  },
});

const LEVELS = values.node === undefined ? ['unit', 'meta', 'integration', 'fault'] : ['integration'];

/** Of a file with all its tests. They start many servers, and the machine may be slow: only tells "hangs" from "works". */
const TIMEOUT_MS = 300_000 + 2000 * Number(process.env.PRONGHORN_TEST_KILL_SECONDS ?? 0);

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

const reports = mkdtempSync(join(tmpdir(), 'pronghorn-test-'));

/** Runs test files; the exit status, and those in which a test failed. */
function run(chosen, concurrency) {
  const report = join(reports, 'failed');
  const words = ['--test', `--test-concurrency=${concurrency}`, `--test-timeout=${TIMEOUT_MS}`];
  words.push('--test-reporter=spec', '--test-reporter-destination=stdout');
  words.push('--test-reporter=./scripts/failed-files.mjs', `--test-reporter-destination=${report}`);
  const { error, status } = spawnSync(node, [...words, ...chosen], { cwd: root, stdio: 'inherit' });
  if (error) console.error(`cannot run ${node}: ${error.message}`);
  const failed = existsSync(report) ? readFileSync(report, 'utf8').split('\n').filter(Boolean) : [];
  return { status: status ?? 1, failed };
}

/** More than these is no accident. */
const SECOND_TRIES = 3;

let { status, failed } = run(files, values.concurrency);
if (status !== 0 && values['second-try'] && failed.length > 0 && failed.length <= SECOND_TRIES) {
  console.log(`\nonce more, one at a time: ${failed.join(', ')}`);
  const first = failed;
  ({ status, failed } = run(first, 1));
  for (const file of first.filter((name) => !failed.includes(name)))
    console.log(`UNSTEADY: ${file} failed beside other tests and passed alone`);
}
rmSync(reports, { recursive: true });
process.exit(status);
