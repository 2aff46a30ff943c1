// Builds the image of examples/docker by buildah, with the packed package, and runs it by crun as process 1. Needs root,
// buildah, crun and debootstrap (Debian's packages), and `npm run build:prebuilt` before.
//   node scripts/try-image.mjs                  on a stand-in for node:24-slim; no image registry is reached
//   node scripts/try-image.mjs --node 22-slim   on one with another version of Node.js
//   node scripts/try-image.mjs --node 26-alpine --base SOURCE   on an image from SOURCE, as buildah pull takes it:
//                              oci-archive:FILE, docker-archive:FILE, docker.io/library/node:26-alpine
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeApplication } from './image/application.mjs';
import { importBase } from './image/base.mjs';
import { outputOf, pathOf, run } from './image/commands.mjs';
import { Container, SECCOMP } from './image/container.mjs';
import { baseOf } from './image/words.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const NAME = 'pronghorn-trial';
const RUNTIME = '/run/app';
const TOKEN = { PRONGHORN_ADMIN_TOKEN: 'secret' };

function readWords() {
  try {
    return baseOf(process.argv.slice(2));
  } catch (error) {
    console.error(`try-image: ${error.message}`);
    return process.exit(2);
  }
}

function missing() {
  const forStandIn = base.source === undefined ? ['debootstrap'] : [];
  const programs = ['buildah', 'crun', 'unshare', 'nsenter', ...forStandIn].filter(
    (name) => pathOf(name) === undefined,
  );
  return [
    ...(process.getuid() === 0 ? [] : ['to be root']),
    ...(programs.length > 0 ? [`to be installed: ${programs.join(', ')}`] : []),
    ...(existsSync(SECCOMP) ? [] : [`${SECCOMP} (Debian: golang-github-containers-common)`]),
    ...(existsSync(join(root, 'prebuilds')) ? [] : ['npm run build:prebuilt before']),
  ];
}

const base = readWords();
const lacks = missing();
if (lacks.length > 0) {
  console.error(`try-image needs ${lacks.join('; ')}`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'pronghorn-image-'));
// Kept, since the base image takes a minute to make.
const kept = join(root, 'out/image');
const store = ['--root', join(kept, 'images'), '--runroot', join(kept, 'run')];
const buildah = (...words) => ['buildah', [...store, ...words]];
let containers = 0;

/** Runs a container while it is used. */
async function withContainer(image, options, use) {
  containers += 1;
  const container = new Container(join(folder, `container-${containers}`), image, {
    ...{ env: TOKEN, cpus: 1, tmpfs: RUNTIME },
    ...options,
  });
  try {
    await use(container);
  } finally {
    await container.remove();
  }
}

async function build() {
  importBase(buildah, folder, base);
  const { folder: context, cache } = await makeApplication(root, folder);
  const options = ['--isolation', 'chroot', '--pull-never', '--volume', `${cache}:/root/.npm`];
  run(...buildah('bud', ...options, '--build-arg', `NODE=${base.tag}`, '-t', NAME, context));
  const { OCIv1 } = JSON.parse(outputOf(...buildah('inspect', '--type', 'image', NAME)));
  const mounted = outputOf(...buildah('mount', outputOf(...buildah('from', '--pull-never', NAME))));
  assert.ok(!existsSync(join(mounted, 'app/.env')), '.env is in the image');
  return { root: mounted, config: OCIv1.config };
}

/** Processes of the container, less those that look. */
async function processes(container) {
  const script =
    'for f in /proc/[0-9]*/status; do sed -n "s/^\\(Name\\|State\\|PPid\\|Uid\\|CapEff\\):\\s*//p" $f | tr "\\n\\t" "  "; echo; done';
  const { output } = await container.exec('sh', '-c', script);
  return output
    .split('\n')
    .map((line) => /^(\S+) (\S) \(\w+\) (\d+) (\d+) .* ([0-9a-f]{16}) *$/.exec(line))
    .filter((found) => found && !/^(?:sh|sed|tr)$/.test(found[1]))
    .map(([, name, state, parent, uid, capabilities]) => ({
      ...{ name, state, parent: Number(parent), uid: Number(uid) },
      capabilities: Number.parseInt(capabilities, 16),
    }));
}

/** Everything that the manager does by signals and commands but end. */
async function serves(container) {
  await container.logged('server.listening');
  const { status, text } = await container.get('http://127.0.0.1:8080/');
  assert.equal(status, 200);
  assert.ok(text.startsWith(`1000 v${base.major}.`), text);
  for (const probe of ['healthz', 'readyz'])
    assert.equal((await container.get(`http://127.0.0.1:9090/${probe}`)).status, 200);
  assert.equal((await container.get('http://127.0.0.1:9090/metrics')).status, 401);
  const metrics = await container.get('http://127.0.0.1:9090/metrics', { authorization: 'Bearer secret' });
  assert.match(metrics.text, /^pronghorn_workers_max 1$/m);
  const all = await processes(container);
  assert.ok(all.length >= 2, `no manager and worker: ${JSON.stringify(all)}`);
  for (const { name, uid, capabilities } of all)
    assert.deepEqual({ name, uid, capabilities }, { name, uid: 1000, capabilities: 0 });
  console.log(
    `serves as ${text}, not root, without capabilities; a quota of 1 CPU of ${availableParallelism()} is 1 worker at most`,
  );
  assert.notEqual((await container.exec('touch', '/app/new')).code, 0);
  const shown = await container.exec('pronghorn', 'status', '--json');
  const { pid, startMethod } = JSON.parse(shown.output);
  assert.deepEqual({ pid, startMethod }, { pid: 1, startMethod: 'fork' });
  const reload = await container.exec('pronghorn', 'reload');
  assert.equal(reload.code, 0, reload.output);
  const upgrade = await container.exec('pronghorn', 'upgrade');
  assert.equal(upgrade.code, 1, upgrade.output);
  assert.match(upgrade.output, /process 1 of a container/);
  console.log(
    'workers are forked; status and reload work within, on a read-only root file system; an upgrade is refused',
  );
}

async function reaps(container) {
  await container.get('http://127.0.0.1:8080/orphan');
  await container.exec('sh', '-c', 'sleep 0.2 >/dev/null 2>&1 &');
  const strangers = async () =>
    (await processes(container)).filter(({ name, state }) => name === 'sleep' || state === 'Z');
  const deadline = Date.now() + 30_000;
  for (let left = await strangers(); left.length > 0; left = await strangers())
    assert.ok(Date.now() < deadline, `not reaped: ${JSON.stringify(left)}`);
  console.log('strangers are reaped');
}

async function drains(container) {
  const slow = container.get('http://127.0.0.1:8080/slow');
  const inFlight = async () =>
    JSON.parse((await container.exec('pronghorn', 'status', '--json')).output).workers.some(
      (worker) => worker.inFlight > 0,
    );
  while (!(await inFlight())) assert.ok(!container.output.includes('server.stopping'));
  await container.signal('TERM');
  assert.equal((await slow).status, 200);
  assert.equal(await container.exitCode(), 0, container.output);
  console.log('TERM drains, and it ends with exit code 0');
}

try {
  const image = await build();
  console.log(`the image builds on node:${base.tag}`);
  await withContainer(image, {}, async (container) => {
    await serves(container);
    await reaps(container);
    await drains(container);
  });
  await withContainer(image, { env: {} }, async (container) => {
    assert.equal(await container.exitCode(), 2, container.output);
    assert.match(container.output, /adminToken/);
    console.log('without a token it says so and ends with exit code 2');
  });
  await withContainer(image, { words: ['none.mjs'] }, async (container) => {
    assert.equal(await container.exitCode(), 2, container.output);
    assert.match(container.output, /none\.mjs/);
    console.log('without the application it says so and ends with exit code 2');
  });
} finally {
  run(...buildah('rm', '--all'));
  if (outputOf(...buildah('images', '--quiet', '--filter', `reference=${NAME}`)))
    run(...buildah('rmi', NAME));
  rmSync(folder, { recursive: true, force: true });
}
