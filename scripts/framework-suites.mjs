// Runs a framework's own tests twice, on node:http and with the server swapped by pronghorn/http's, and lists what fails
// only with ours. Runs by hand, on a checkout that its user has made; must never change that, nor fetch anything.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readTap } from './framework-suites/tap.mjs';

const ROOT = path.join(import.meta.dirname, '..');
const SWAP = path.join(import.meta.dirname, 'framework-suites/swap.cjs');
const RUN_MS = 300_000;
const mocha = (...args) => ['node_modules/.bin/mocha', '--reporter', 'tap', '--exit', ...args];

/** The arguments of node with which each suite runs, as in the `test` script of its package.json. */
const SUITES = {
  express: mocha('--require', 'test/support/env', '--check-leaks', 'test/', 'test/acceptance/'),
  koa: ['--test', '--test-reporter=tap'],
  ws: ['--throw-deprecation', ...mocha('test/*.test.js')],
};

const USAGE = `usage: npm run framework-suites -- <framework> --from <checkout> [--details]

  <framework>  ${Object.keys(SUITES).join(', ')}
  --from       a folder of its repository with its dependencies installed:
                 git clone --depth 1 https://github.com/expressjs/express /tmp/express
                 cd /tmp/express && npm install
               (koajs/koa, websockets/ws)
  --details    print the whole output of the run with ours as well

Ends with 1 when a test passes on node:http and not with ours.`;

function fail(message) {
  process.stderr.write(`${message}\n\n${USAGE}\n`);
  process.exit(2);
}

function run(args, folder, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: options },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: RUN_MS,
      killSignal: 'SIGKILL',
    });
    let out = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errors += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ out, errors, code, signal }));
  });
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
const manifest = path.join(folder, 'package.json');
if (!existsSync(manifest)) fail(`no package.json in ${folder}`);
const { name: found, version } = JSON.parse(readFileSync(manifest, 'utf8'));
if (found !== name) fail(`${folder} is ${found}, not ${name}`);
if (!existsSync(path.join(folder, 'node_modules')))
  fail(`no node_modules in ${folder}: run npm install there`);
if (!existsSync(path.join(ROOT, 'dist/node-server/index.js'))) fail('not built: run npm run build');

process.stdout.write(`${name} ${version}, Node.js ${process.version}\n`);
const theirs = await run(SUITES[name], folder, '');
const before = readTap(theirs.out);
report('node:http', before, theirs);
if (count(before, 'passed') === 0) {
  process.stderr.write(`${theirs.out}${theirs.errors}\nno test passes on node:http\n`);
  process.exit(2);
}
const ours = await run(SUITES[name], folder, `--require ${JSON.stringify(SWAP)}`);
const after = readTap(ours.out);
report('pronghorn/http', after, ours);
if (values.details) process.stdout.write(`${ours.out}${ours.errors}`);
const lost = [...before].filter(([test, outcome]) => outcome === 'passed' && after.get(test) !== 'passed');
process.stdout.write(`only with ours: ${lost.length} of ${count(before, 'passed')}\n`);
for (const [test] of lost) process.stdout.write(`  ${after.get(test) ?? 'did not run'}: ${test}\n`);
process.exitCode = lost.length > 0 ? 1 : 0;
