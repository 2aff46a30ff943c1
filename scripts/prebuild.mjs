// Builds the binaries that the package ships, into prebuilds/: one per processor, for every version of Node.js and every C
// library. The same source and compiler give the same bytes.
//   node scripts/prebuild.mjs                    those whose compiler is there
//   node scripts/prebuild.mjs linux-x64          this one, or a failure
// Debian: g++, g++-aarch64-linux-gnu for arm64, musl to compare with.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileObjects, filesBelow } from './native-objects.mjs';
import { TARGETS } from './prebuild/targets.mjs';
import { verify } from './prebuild/verify.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const RUNTIME = 'scripts/prebuild/cxx_runtime.cc';
const EXPORTS = 'scripts/prebuild/exports.map';

const COMPILE = [
  ...['-O2', '-g0', '-fomit-frame-pointer', '-fvisibility=hidden', '-ffunction-sections', '-fdata-sections'],
  // No path of this machine in the messages of CHECK, no checked variants of functions that musl does not have.
  ...[`-ffile-prefix-map=${root}/=`, '-U_FORTIFY_SOURCE', '-fno-stack-protector'],
];

/** What is missing in the host shows when the addon is loaded, not when it is first called. */
const LINK = [
  ...['-shared', '-nostdlib', '-s', `-Wl,--version-script=${EXPORTS}`, '-Wl,-Bsymbolic', '-Wl,--gc-sections'],
  ...['-Wl,--build-id=none', '-Wl,--hash-style=gnu', '-Wl,-z,now', '-Wl,-z,relro', '-Wl,-z,noexecstack'],
];
/** Of which only what the addon uses of its hash tables comes along. */
const LIBRARIES = ['-l:libstdc++.a', '-lgcc'];

function fail(message) {
  console.error(`prebuild: ${message}`);
  process.exit(1);
}

function output(program, ...words) {
  const { status, stdout } = spawnSync(program, words, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** The first compiler that makes code for this machine. */
function compilerFor({ compilers, machine }) {
  return compilers.find((name) => output(name, '-dumpmachine')?.startsWith(machine));
}

async function build(name, target, compiler) {
  const objects = await compileObjects({
    compiler,
    flags: [...COMPILE, ...target.flags],
    sources: [...filesBelow('native', '.cc'), RUNTIME],
    folder: join(root, 'out/prebuild', name),
  });
  const folder = join(root, 'prebuilds', name);
  const file = join(folder, 'pronghorn.node');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const link = spawnSync(compiler, [...LINK, '-o', file, ...objects, ...LIBRARIES], {
    cwd: root,
    stdio: 'inherit',
  });
  if (link.status !== 0) fail(`${name} does not link`);
  const { wrong, skipped } = verify(file, target);
  if (wrong.length > 0) fail(`${name}: ${wrong.join('; ')}`);
  const bytes = readFileSync(file);
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  const note = skipped.length > 0 ? `, not compared with ${skipped.join(' and ')} (not installed)` : '';
  console.log(`${name}: ${Math.round(bytes.length / 1024)} KiB, sha256 ${digest}…${note}`);
}

const [wanted] = process.argv.slice(2);
if (wanted !== undefined && !(wanted in TARGETS))
  fail(`'${wanted}' is none of ${Object.keys(TARGETS).join(', ')}`);
if (!existsSync(join(dirname(dirname(process.execPath)), 'include/node/node_api.h'))) {
  fail('the headers of Node.js are not beside it (include/node)');
}
for (const [name, target] of Object.entries(TARGETS)) {
  if (wanted !== undefined && name !== wanted) continue;
  const compiler = compilerFor(target);
  if (compiler) await build(name, target, compiler);
  else if (wanted !== undefined) fail(`${name} needs one of ${target.compilers.join(', ')}`);
  else console.log(`${name}: skipped, there is no ${target.compilers[0]}`);
}
