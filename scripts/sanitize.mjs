// Runs the native code under AddressSanitizer and UndefinedBehaviorSanitizer: the inputs that the fuzzer has left in
// test/fuzz/corpus and those of the conformance documents through both fuzz targets, and the native drivers through
// their tests; and what threads share under ThreadSanitizer. Needs g++ with its sanitizers, which come with it.
//   npm run sanitize
//   npm run sanitize -- --addon [words]    also integration tests whose name matches, with the whole addon built so
//   npm run sanitize -- --thread [words]   those of the thread model, with the whole addon under ThreadSanitizer
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileObjects, filesBelow } from './native-objects.mjs';
import { runSharedParts, runThreadSuites } from './sanitize-threads.mjs';
import { fail, link, preload, reportsIn, step } from './sanitizer.mjs';

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
  options: { addon: { type: 'boolean', default: false }, thread: { type: 'boolean', default: false } },
});

// libstdc++ is preloaded too: the sanitizer looks for its functions before the addon brings it.
const environment = {
  ...process.env,
  LD_PRELOAD: preload('libasan.so', 'libubsan.so', 'libstdc++.so'),
  // Of node's own memory nothing is known.
  ASAN_OPTIONS: 'detect_leaks=0:handle_abort=1:detect_container_overflow=0:abort_on_error=1',
  UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
};

const linkAddon = (file, objects) => link(file, ['-shared', '-Wl,-Bsymbolic', SANITIZERS, ...objects]);

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
  linkAddon(addon, await compile(sources));
  await writeSeeds(join(built, 'seeds'));
  const script = `require(${JSON.stringify(addon)}).run(...process.argv.slice(1))`;
  for (const target of ['parser', 'engine']) {
    const folders = [join(root, 'test/fuzz/corpus', target), join(built, 'seeds')];
    const words = ['--single-threaded', '-e', script, '--', target, ...folders];
    step(`the ${target} target`, process.execPath, words, environment);
  }
}

async function runSuites() {
  linkAddon(join(built, 'build/Release/pronghorn.node'), await compile(filesBelow('native', '.cc')));
  const suites = positionals.length > 0 ? positionals : ADDON_SUITES;
  // AddressSanitizer reports into files here; what the other one finds ends the worker with a line on the standard error
  // stream, which the tests show when they fail.
  const reports = reportsIn(join(built, 'reports'));
  const env = {
    ...environment,
    PRONGHORN_PREBUILD: built,
    ASAN_OPTIONS: `${environment.ASAN_OPTIONS}:log_path=${reports.path}`,
  };
  const words = ['scripts/test.mjs', '--concurrency', '1', ...suites];
  step('integration tests', process.execPath, words, env, reports.first);
}

async function everything() {
  await replay();
  // They are compiled with the sanitizers by their own tests.
  step('the native drivers', process.execPath, ['scripts/test.mjs', 'unit/proxy-protocol']);
  await runSharedParts();
  if (values.addon) await runSuites();
}

try {
  await (values.thread ? runThreadSuites(positionals) : everything());
} catch (error) {
  fail(error.message);
}
