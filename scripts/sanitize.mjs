// Runs the native code under AddressSanitizer and UndefinedBehaviorSanitizer: the inputs that the fuzzer has left in
// test/fuzz/corpus and those of the conformance documents through both fuzz targets, and the native drivers through
// their tests. Needs g++ with its sanitizers, which come with it.
//   npm run sanitize
//   npm run sanitize -- --addon [words]   also integration tests whose name matches, with the whole addon built so
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileObjects, filesBelow } from './native-objects.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const built = join(root, 'out/sanitize');
const SANITIZERS = '-fsanitize=address,undefined';
/** Suites that drive every part of the engine and judge no memory, which the sanitizers multiply. */
const ADDON_SUITES = [
  'integration/http-',
  'integration/streaming-',
  'integration/tls-',
  'integration/websockets',
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { addon: { type: 'boolean', default: false } },
});

function fail(message) {
  console.error(`sanitize: ${message}`);
  process.exit(1);
}

function runtime(name) {
  const { stdout, error } = spawnSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' });
  if (error) fail('g++ is not there');
  const path = stdout.trim();
  if (!existsSync(path)) fail(`${name} is not there; it belongs to g++`);
  return path;
}

// libstdc++ is preloaded too: the sanitizer looks for its functions before the addon brings it.
const environment = {
  ...process.env,
  LD_PRELOAD: `${runtime('libasan.so')} ${runtime('libubsan.so')} ${runtime('libstdc++.so')}`,
  // Of node's own memory nothing is known.
  ASAN_OPTIONS: 'detect_leaks=0:handle_abort=1:detect_container_overflow=0:abort_on_error=1',
  UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
};

/** Runs a command that must succeed, and after which `complaint` has nothing to say. */
function step(name, command, words, env = environment, complaint = () => undefined) {
  const start = Date.now();
  const { status, signal, stdout, stderr } = spawnSync(command, words, {
    cwd: root,
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const found = complaint();
  if (status !== 0 || found) {
    process.stderr.write(`${stdout.slice(-20_000)}${stderr.slice(-20_000)}`);
    fail(`${name}: ${found ?? `status ${status ?? signal}`}`);
  }
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  console.log(`sanitize: ${name}: nothing found (${seconds} s${countOf(stderr)})`);
}

/** How many inputs were run, where the step says so. */
function countOf(text) {
  const [, count] = /^(\d+) inputs$/m.exec(text) ?? [];
  return count === undefined ? '' : `, ${count} inputs`;
}

function link(file, objects) {
  mkdirSync(dirname(file), { recursive: true });
  const words = ['-shared', '-Wl,-Bsymbolic', SANITIZERS, '-o', file, ...objects];
  if (spawnSync('g++', words, { cwd: root, stdio: 'inherit' }).status !== 0) fail(`${file} does not link`);
}

const compile = (sources) =>
  compileObjects({
    compiler: 'g++',
    flags: ['-O1', SANITIZERS, '-DNODE_GYP_MODULE_NAME=pronghorn'],
    sources,
    folder: join(built, 'objects'),
  });

/** The inputs of the conformance documents, in the form that the targets take: bytes, then decisions. */
async function writeSeeds(folder) {
  const { conformanceDocuments } = await import('../out/test/support/conformance.js');
  mkdirSync(folder, { recursive: true });
  conformanceDocuments()
    .flatMap(({ cases }) => cases)
    .forEach(({ input }, index) => {
      const decisions = Buffer.alloc(input.length / 7, index);
      writeFileSync(join(folder, `case-${index}`), Buffer.concat([input, decisions]));
    });
}

async function replay() {
  const isPart = (name) => !name.startsWith('native/binding/');
  const sources = [...filesBelow('native', '.cc'), ...filesBelow('test/fuzz', '.cc')].filter(isPart);
  const addon = join(built, 'replay.node');
  link(addon, await compile(sources));
  await writeSeeds(join(built, 'seeds'));
  const script = `require(${JSON.stringify(addon)}).run(...process.argv.slice(1))`;
  for (const target of ['parser', 'engine']) {
    const folders = [join(root, 'test/fuzz/corpus', target), join(built, 'seeds')];
    const words = ['--single-threaded', '-e', script, '--', target, ...folders];
    step(`the ${target} target`, process.execPath, words);
  }
}

async function runSuites() {
  link(join(built, 'build/Release/pronghorn.node'), await compile(filesBelow('native', '.cc')));
  const suites = positionals.length > 0 ? positionals : ADDON_SUITES;
  // A test need not notice that a server of its own was ended. AddressSanitizer reports into files here; what the other
  // one finds ends the worker with a line on the standard error stream, which the tests show when they fail.
  const reports = join(built, 'reports');
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  const logged = `:log_path=${join(reports, 'report')}`;
  const env = {
    ...environment,
    PRONGHORN_PREBUILD: built,
    ASAN_OPTIONS: environment.ASAN_OPTIONS + logged,
  };
  const words = ['scripts/test.mjs', '--concurrency', '1', ...suites];
  step('integration tests', process.execPath, words, env, () => {
    for (const name of readdirSync(reports)) {
      process.stderr.write(readFileSync(join(reports, name), 'utf8'));
      return `a report in out/sanitize/reports/${name}`;
    }
  });
}

try {
  await replay();
  // They are compiled with the sanitizers by their own tests.
  step('the native drivers', process.execPath, ['scripts/test.mjs', 'unit/proxy-protocol'], process.env);
  if (values.addon) await runSuites();
} catch (error) {
  fail(error.message);
}
