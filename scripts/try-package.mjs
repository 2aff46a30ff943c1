// Packs the package, lets publint and attw judge it, installs it into empty folders as its users do, on a PATH without
// compiler, git or python, and lets it serve: with npm and pnpm, with and without install scripts, on every Node line. Needs
// `npm run build:prebuilt` before.
//   node scripts/try-package.mjs [--node 20,22,24,26]
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { packageProblems } from './check-package.mjs';
import { nodeBinary } from './node-versions.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const MOST_BYTES = 3 * 1024 * 1024;
const DEADLINE_MS = 30_000;

const APPLICATION = `import { createServer } from 'pronghorn';
const server = createServer({ listen: 'http://127.0.0.1:0', workers: 1 });
server.on('request', (request) => request.respond({ body: process.version }));
await server.run();
`;

const { values } = parseArgs({ options: { node: { type: 'string', default: '20,22,24,26' } } });
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pronghorn-package-')));

function run(program, words, options = {}) {
  const done = spawnSync(program, words, { encoding: 'utf8', ...options });
  if (done.status === 0) return done.stdout;
  throw new Error(`${program} ${words.join(' ')}: ${done.error ?? ''}\n${done.stdout}\n${done.stderr}`);
}

/** Where npm's own script is: its launcher may be a shell script that finds things by the PATH. */
function scriptOf(command) {
  return realpathSync(run('sh', ['-c', `command -v ${command}`]).trim());
}

function pack() {
  const [{ filename, size, unpackedSize }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: root }),
  );
  console.log(`${filename}: ${Math.round(size / 1024)} KiB, ${Math.round(unpackedSize / 1024)} KiB unpacked`);
  if (size > MOST_BYTES) throw new Error(`more than ${MOST_BYTES / 1024 / 1024} MiB`);
  return join(folder, filename);
}

/** A PATH of nothing but node and a shell, and an environment that tells of no clone. */
function bareEnvironment() {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, 'node'));
  symlinkSync('/bin/sh', join(bin, 'sh'));
  const kept = Object.entries(process.env).filter(([name]) =>
    /^(?:HOME|npm_config_registry|npm_config_cache|HTTPS?_PROXY|NO_PROXY|NODE_EXTRA_CA_CERTS)$/i.test(name),
  );
  const env = { ...Object.fromEntries(kept), PATH: bin };
  for (const program of ['gcc', 'g++', 'cc', 'make', 'git', 'python3']) {
    if (spawnSync(program, ['--version'], { env }).error?.code !== 'ENOENT')
      throw new Error(`${program} is to be had`);
  }
  return env;
}

function installPnpm() {
  const home = join(folder, 'pnpm-itself');
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{ "private": true }');
  // The last one that runs on the oldest Node line.
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', 'pnpm@10'], { cwd: home });
  return join(home, 'node_modules/pnpm/bin/pnpm.cjs');
}

function installed(name, tarball, script, words, env) {
  const home = join(folder, name);
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "module" }');
  writeFileSync(join(home, 'app.js'), APPLICATION);
  run(process.execPath, [script, ...words, tarball], { cwd: home, env });
  return home;
}

/** Starts the application, asks it once, stops it. */
async function serves(home, node, env) {
  const child = spawn(node, ['app.js'], { cwd: home, env, stdio: ['ignore', 'inherit', 'pipe'] });
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  let log = '';
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`it does not listen:\n${log}`)), DEADLINE_MS);
    const settle = (result) => {
      clearTimeout(timer);
      result instanceof Error ? reject(result) : resolve(result);
    };
    child.stderr.setEncoding('utf8').on('data', (text) => {
      log += text;
      const [, found] = /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(log) ?? [];
      if (found) settle(found);
    });
    void exited.then(() => settle(new Error(`it ended:\n${log}`)));
  });
  try {
    const answer = await (await fetch(url, { signal: AbortSignal.timeout(DEADLINE_MS) })).text();
    const { stdout: version } = spawnSync(node, ['--version'], { encoding: 'utf8' });
    if (answer !== version.trim()) throw new Error(`it answered '${answer}'`);
  } finally {
    child.kill('SIGTERM');
  }
  const { code } = await exited;
  if (code !== 0) throw new Error(`it ended with exit code ${code}:\n${log}`);
}

try {
  const tarball = pack();
  const problems = await packageProblems(tarball);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  console.log('publint and attw find nothing');
  const env = bareEnvironment();
  const npm = scriptOf('npm');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const ways = [
    ['npm', npm, ['install', ...quiet]],
    ['npm-ignore-scripts', npm, ['install', ...quiet, '--ignore-scripts']],
    ['pnpm', installPnpm(), ['add']],
  ];
  for (const [name, script, words] of ways) {
    const home = installed(name, tarball, script, words, env);
    await serves(home, process.execPath, env);
    console.log(`${name}: installs and serves on Node ${process.version}`);
  }
  for (const version of values.node.split(',')) {
    await serves(join(folder, 'npm'), nodeBinary(version), env);
    console.log(`serves on Node ${version}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
