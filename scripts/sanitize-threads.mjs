// The thread model under ThreadSanitizer: what workers share, in a driver of its own; and with --thread the whole addon, loaded by
// the stock node, under the integration tests of that model. Node's own code is not compiled for it, so what it does is not
// looked at; an addon with a race shows first that ours is.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileObjects, filesBelow } from './native-objects.mjs';
import { fail, link, preload, reportsIn, step } from './sanitizer.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const built = join(root, 'out/sanitize/thread');
const FLAGS = ['-fsanitize=thread'];
const SUITES = ['integration/threads'];
/** Of native/, what does not need node. */
const SHARED_PARTS = [
  ...['engine/accept_mutex', 'engine/fair_share', 'os/bell', 'os/file_lock', 'os/shared_memory'],
  ...['scoreboard/scoreboard', 'scoreboard/slot_watch'],
].map((name) => `native/${name}.cc`);

const compile = (sources) =>
  compileObjects({
    compiler: 'g++',
    flags: ['-O1', ...FLAGS, '-DNODE_GYP_MODULE_NAME=pronghorn'],
    sources,
    folder: join(built, 'objects'),
  });

const linkAddon = (file, objects) => link(file, ['-shared', '-Wl,-Bsymbolic', ...FLAGS, ...objects]);

export async function runSharedParts() {
  const driver = join(built, 'shared-parts');
  link(driver, [...FLAGS, ...(await compile(['test/native/shared_parts_driver.cc', ...SHARED_PARTS]))]);
  step('what threads share', driver, [], { ...process.env, TSAN_OPTIONS: 'halt_on_error=1' });
}

const environment = (reports) => ({
  ...process.env,
  LD_PRELOAD: preload('libtsan.so', 'libstdc++.so'),
  TSAN_OPTIONS: `ignore_noninstrumented_modules=1:exitcode=0:log_path=${reports.path}`,
});

async function mustFindTheRace() {
  const addon = join(built, 'race.node');
  linkAddon(addon, await compile(['test/native/race_addon.cc']));
  const reports = reportsIn(join(built, 'race-reports'));
  const load = JSON.stringify(`require(${JSON.stringify(addon)})()`);
  const script = `const { Worker } = require('node:worker_threads');
    for (let i = 0; i < 2; i++) new Worker(${load}, { eval: true });`;
  const { status, stderr } = spawnSync(process.execPath, ['-e', script], {
    env: environment(reports),
    encoding: 'utf8',
  });
  if (status !== 0) fail(`node does not run with ThreadSanitizer: ${stderr}`);
  if (!reports.exist()) fail('ThreadSanitizer does not see a race in an addon of this node');
}

/** @param words of test files; none: those of the thread model */
export async function runThreadSuites(words) {
  await mustFindTheRace();
  linkAddon(join(built, 'build/Release/pronghorn.node'), await compile(filesBelow('native', '.cc')));
  const reports = reportsIn(join(built, 'reports'));
  const env = { ...environment(reports), PRONGHORN_PREBUILD: built };
  const suites = words.length > 0 ? words : SUITES;
  step(
    'threads',
    process.execPath,
    ['scripts/test.mjs', '--concurrency', '1', ...suites],
    env,
    reports.first,
  );
}
