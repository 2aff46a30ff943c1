// Builds the native code with sanitizers and fuzzes it inside of node, whose llhttp it uses. Needs clang with its
// runtime libraries (Debian: clang, libclang-rt-14-dev).
//   npm run fuzz -- --seconds 60                  both targets
//   npm run fuzz -- --target parser --seconds 600
//   npm run fuzz -- --target engine --replay FILE
// What is found grows out/fuzz/corpus-*; inputs that are worth to be kept go into test/fuzz/corpus/<target>.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileObjects, filesBelow } from './native-objects.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const built = join(root, 'out/fuzz');
const addon = join(built, 'fuzz.node');

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    target: { type: 'string' },
    replay: { type: 'string' },
  },
});

const FLAGS = [
  ...['-O1', '-fsanitize=address,undefined,fuzzer-no-link', '-shared-libasan'],
  '-DNODE_GYP_MODULE_NAME=fuzz',
];

function fail(message) {
  console.error(`fuzz: ${message}`);
  process.exit(1);
}

/** A file that comes with clang. */
function runtime(name) {
  const { stdout, error } = spawnSync('clang++', [`-print-file-name=${name}`], { encoding: 'utf8' });
  if (error) fail('clang++ is not there; on Debian: apt-get install clang libclang-rt-14-dev');
  const path = stdout.trim();
  if (!existsSync(path)) fail(`${name} is not there; on Debian: apt-get install libclang-rt-14-dev`);
  return path;
}

const asan = runtime('libclang_rt.asan-x86_64.so');
const fuzzer = runtime('libclang_rt.fuzzer_no_main-x86_64.a');

async function build() {
  // Inputs are run by libFuzzer here, not by its stand-in.
  const isPart = (name) => !name.startsWith('native/binding/') && name !== 'test/fuzz/replay.cc';
  const sources = [...filesBelow('native', '.cc'), ...filesBelow('test/fuzz', '.cc')].filter(isPart);
  const folder = join(built, 'objects');
  const objects = await compileObjects({ compiler: 'clang++', flags: FLAGS, sources, folder }).catch(
    (error) => fail(error.message),
  );
  const link = [
    // The preloaded runtime has empty functions by the names through which the fuzzer learns what was reached.
    ...['-shared', '-Wl,-Bsymbolic'],
    '-shared-libasan',
    '-fsanitize=address,undefined',
    '-o',
    addon,
    ...objects,
    fuzzer,
  ];
  if (spawnSync('clang++', link, { cwd: root, stdio: 'inherit' }).status !== 0) fail('it does not link');
}

/** The inputs of the conformance documents make good beginnings. */
async function seed(folder) {
  const { conformanceDocuments } = await import('../out/test/support/conformance.js');
  mkdirSync(folder, { recursive: true });
  conformanceDocuments()
    .flatMap(({ cases }) => cases)
    .filter(({ input }) => input.length < 2000)
    .forEach(({ input }, index) => {
      // The last part of an input is for decisions.
      writeFileSync(
        join(folder, `case-${index}`),
        Buffer.concat([input, Buffer.alloc(input.length / 7, index)]),
      );
    });
}

function runFuzzer(words) {
  const script = `require(${JSON.stringify(addon)}).run(...process.argv.slice(1))`;
  const run = spawnSync(process.execPath, ['--single-threaded', '-e', script, '--', ...words], {
    cwd: built,
    stdio: 'inherit',
    env: {
      ...process.env,
      LD_PRELOAD: asan,
      // Of node's own memory nothing is known.
      ASAN_OPTIONS: 'detect_leaks=0:handle_abort=1:symbolize=1:detect_container_overflow=0',
      UBSAN_OPTIONS: 'print_stacktrace=1',
    },
  });
  return run.status ?? 1;
}

function fuzz(target) {
  const own = join(built, `corpus-${target}`);
  const kept = join(root, 'test/fuzz/corpus', target);
  mkdirSync(own, { recursive: true });
  mkdirSync(kept, { recursive: true });
  if (values.replay !== undefined) return runFuzzer([target, resolve(values.replay)]);
  return runFuzzer([
    target,
    ...[own, join(built, 'seeds'), kept],
    ...[`-max_total_time=${values.seconds}`, '-max_len=4096', '-timeout=20', '-rss_limit_mb=4096'],
    ...[`-dict=${join(root, 'test/fuzz/http.dict')}`, `-artifact_prefix=${target}-`, '-print_final_stats=1'],
  ]);
}

await build();
await seed(join(built, 'seeds'));
for (const target of values.target === undefined ? ['parser', 'engine'] : [values.target]) {
  const status = fuzz(target);
  console.log(
    `fuzz ${target}: ${status === 0 ? 'nothing found' : `FOUND (status ${status}), see out/fuzz/`}`,
  );
  if (status !== 0) process.exit(1);
}
