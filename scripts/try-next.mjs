// Installs and builds examples/next in a temporary folder, serves it by its own server.js and by Pronghorn, and compares
// the answers. Runs by hand: Next.js and what it builds take 500 MB. Changes nothing in the clone.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '..');
const COMMAND = path.join(ROOT, 'dist/cli/main.js');
const START_MS = 30_000;
const ENV = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };

const JSON_POST = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ a: [1, 'é'] }),
};
const REQUESTS = [
  ['a page rendered on the server', '/'],
  ['the same, compressed', '/', { headers: { 'accept-encoding': 'gzip' } }],
  ['a page of the build', '/still'],
  ['its data, as the client asks for it', '/still', { headers: { rsc: '1' } }],
  ['a page that is streamed', '/slow'],
  ['a page that is not there', '/none'],
  ['a route handler', '/api/echo', JSON_POST],
  ['a route handler, by the wrong method', '/api/echo'],
  ['a page, by HEAD', '/still', { method: 'HEAD' }],
  ['a way out of the folder', '/_next/static/..%2f..%2fserver.js'],
];

if (!existsSync(COMMAND)) {
  process.stderr.write('not built: run npm run build\n');
  process.exit(2);
}

async function run(folder, command, ...args) {
  const child = spawn(command, args, { cwd: folder, env: ENV, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code, signal] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${signal ?? `exit code ${code}`}`);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts node with these words, and ends it when `use` is through. @param says what it prints when it serves */
async function serving(words, says, env, use) {
  const child = spawn(process.execPath, words, {
    env: { ...ENV, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      out += text;
    });
  }
  const ended = once(child, 'exit');
  const deadline = Date.now() + START_MS;
  try {
    while (!says.test(out)) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`it does not serve:\n${out}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return await use(says.exec(out));
  } finally {
    child.kill();
    await ended;
  }
}

/** Without times. */
function withoutTimes(text) {
  return text.replaceAll(/\b\d{13}\b/g, 'now');
}

async function answers(url) {
  const found = [];
  for (const [title, where, init] of REQUESTS) {
    const response = await fetch(url + where, init);
    const headers = [...response.headers].filter(([name]) => !/^(date|connection|keep-alive)$/.test(name));
    found.push({ title, status: response.status, headers, body: withoutTimes(await response.text()) });
  }
  const [script] = /\/_next\/static\/[^"]*\.js/.exec(found[0].body);
  const response = await fetch(url + script);
  found.push({ title: 'a script', status: response.status, body: await response.text() });
  return found;
}

const folder = mkdtempSync(path.join(tmpdir(), 'pronghorn-next-'));
try {
  cpSync(path.join(ROOT, 'examples/next'), folder, { recursive: true });
  await run(folder, 'npm', 'install', '--no-audit', '--no-fund');
  await run(folder, 'npm', 'run', 'build');
  const built = path.join(folder, '.next/standalone');
  const port = await freePort();
  const expected = await serving(
    [path.join(built, 'server.js')],
    /Ready in/,
    { PORT: `${port}`, HOSTNAME: '127.0.0.1' },
    () => answers(`http://127.0.0.1:${port}`),
  );
  const actual = await serving(
    [COMMAND, path.join(built, 'pronghorn.mjs'), '--listen', 'http://127.0.0.1:0', '--workers', '2'],
    /listening on (http:\S+) \((.*), pid/,
    {},
    ([, url, workers]) => {
      process.stdout.write(`Pronghorn: ${workers}\n`);
      return answers(url);
    },
  );
  for (const [at, answer] of actual.entries()) {
    process.stdout.write(`${answer.status} ${answer.title}\n`);
    assert.deepEqual(answer, expected[at]);
  }
  process.stdout.write(`${actual.length} answers are the same\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
