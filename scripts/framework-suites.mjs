// Runs a framework's own tests twice, on node:http and with the server swapped by pronghorn/http's, and lists what fails
// only with ours. Runs by hand, on a checkout that its user has made; must never change that, nor fetch anything.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { coreVersion, runCoreTests } from './framework-suites/node-core.mjs';
import { filesUnder, runNode } from './framework-suites/run.mjs';
import { readTap } from './framework-suites/tap.mjs';

const ROOT = path.join(import.meta.dirname, '..');
const SWAP = path.join(import.meta.dirname, 'framework-suites/swap.cjs');
const RUN_MS = 600_000;
const mocha = (...args) => ['node_modules/.bin/mocha', '--reporter', 'tap', '--exit', ...args];
/** One file that never ends must not cost the results of those behind it. */
const FILE_MS = 60_000;
const testRunner = (...files) => ['--test', `--test-timeout=${FILE_MS}`, '--test-reporter=tap', ...files];

/** Of a program that runs all tests of a checkout, as in the `test` script of its package.json, and prints TAP. */
const tap = (argumentsIn) => async (folder, options) => {
  const result = await runNode(argumentsIn(folder), { folder, options, timeoutMs: RUN_MS });
  return { ...result, outcomes: readTap(result.out) };
};

/** How each suite runs, with NODE_OPTIONS as given. */
const SUITES = {
  express: tap(() => mocha('--require', 'test/support/env', '--check-leaks', 'test/', 'test/acceptance/')),
  koa: tap(() => testRunner()),
  ws: tap(() => ['--throw-deprecation', ...mocha('test/*.test.js')]),
  fastify: tap((folder) => testRunner(...filesUnder(path.join(folder, 'test'), /\.test\.m?js$/))),
  '@hono/node-server': tap(() => ['node_modules/vitest/vitest.mjs', 'run', '--reporter=tap-flat']),
  node: runCoreTests,
};

const USAGE = `usage: npm run framework-suites -- <framework> --from <checkout> [--details]

  <framework>  ${Object.keys(SUITES).join(', ')}
  --from       a folder of its repository with its dependencies installed:
                 git clone --depth 1 https://github.com/expressjs/express /tmp/express
                 cd /tmp/express && npm install
               (koajs/koa, websockets/ws, fastify/fastify, honojs/node-server); of Node.js itself, a source tree of
               the version that runs, from which test/parallel/test-http-* are taken
  --details    print the whole output of the run with ours as well

Ends with 1 when a test passes on node:http and not with ours.`;

function fail(message) {
  process.stderr.write(`${message}\n\n${USAGE}\n`);
  process.exit(2);
}

function packageVersion() {
  const manifest = path.join(folder, 'package.json');
  if (!existsSync(manifest)) fail(`no package.json in ${folder}`);
  const { name: found, version } = JSON.parse(readFileSync(manifest, 'utf8'));
  if (found !== name) fail(`${folder} is ${found}, not ${name}`);
  if (!existsSync(path.join(folder, 'node_modules')))
    fail(`no node_modules in ${folder}: run npm install there`);
  return version;
}

function count(outcomes, wanted) {
  return [...outcomes.values()].filter((outcome) => outcome === wanted).length;
}

function report(title, outcomes, { code, signal }) {
  const counts = ['passed', 'failed', 'skipped'].map((outcome) => `${count(outcomes, outcome)} ${outcome}`);
  process.stdout.write(`${title}: ${counts.join(', ')} (${signal ?? `exit code ${code}`})\n`);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { from: { type: 'string' }, details: { type: 'boolean' }, help: { type: 'boolean' } },
    });
  } catch (error) {
    return fail(error.message);
  }
}

const { values, positionals } = readArguments();
if (values.help) {
  process.stdout.write(`${USAGE}\n`);
  process.exit(0);
}
const [name, ...rest] = positionals;
if (rest.length > 0 || !Object.hasOwn(SUITES, name ?? ''))
  fail(`not a framework: ${positionals.join(' ') || 'nothing'}`);
if (!values.from) fail('--from is missing');
const folder = path.resolve(values.from);
const version = name === 'node' ? coreVersion(folder) : packageVersion();
if (version === undefined) fail(`${folder} is no source tree of Node.js`);
if (!existsSync(path.join(ROOT, 'dist/node-server/index.js'))) fail('not built: run npm run build');

process.stdout.write(`${name} ${version}, Node.js ${process.version}\n`);
const theirs = await SUITES[name](folder, '');
const { outcomes: before } = theirs;
report('node:http', before, theirs);
if (count(before, 'passed') === 0) {
  process.stderr.write(`${theirs.out}${theirs.errors}\nno test passes on node:http\n`);
  process.exit(2);
}
const ours = await SUITES[name](folder, `--require ${JSON.stringify(SWAP)}`, before);
const { outcomes: after } = ours;
report('pronghorn/http', after, ours);
if (values.details) process.stdout.write(`${ours.out}${ours.errors}`);
const lost = [...before].filter(([test, outcome]) => outcome === 'passed' && after.get(test) !== 'passed');
process.stdout.write(`only with ours: ${lost.length} of ${count(before, 'passed')}\n`);
for (const [test] of lost) process.stdout.write(`  ${after.get(test) ?? 'did not run'}: ${test}\n`);
process.exitCode = lost.length > 0 ? 1 : 0;
