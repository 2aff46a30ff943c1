// Files of a server in folders where others may write, and a lock that somebody has for a moment: what a link, a pipe or a
// command that looks must not bring about.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { lchownSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PidFile } from '#dist/manager/pid-file.js';
import { commandLine, fixture, temporaryFolder } from '../support/paths.js';
import { runToEnd } from '../support/server.js';

const run = (...args: string[]) =>
  runToEnd({ command: [commandLine, fixture('http-app.mjs'), '--listen', 'http://127.0.0.1:0', ...args] });

test('a link in place of the pid file is not followed', async () => {
  const folder = temporaryFolder();
  const victim = join(folder, 'victim');
  const pidFile = join(folder, 'server.pid');
  writeFileSync(victim, 'a long text that is not to be cut\n');
  symlinkSync(victim, pidFile);
  const { stderr, exit } = await run('--pid-file', pidFile);
  assert.match(stderr, /cannot use .*server\.pid as the pid file: .*ELOOP.*ERR_PRONGHORN_PID_FILE/);
  assert.equal(exit.code, 2);
  assert.equal(readFileSync(victim, 'utf8'), 'a long text that is not to be cut\n');
});

test('a pipe in place of the pid file is refused, and nobody waits at it', async () => {
  const pidFile = join(temporaryFolder(), 'server.pid');
  execFileSync('mkfifo', [pidFile]);
  const { stderr } = await run('--pid-file', pidFile);
  assert.match(stderr, /as the pid file: it is not a file \(ERR_PRONGHORN_PID_FILE\)/);
});

test("a link of somebody else's in place of the runtime folder is refused", {
  skip: process.geteuid?.() !== 0 && 'needs root',
}, async () => {
  const folder = temporaryFolder();
  const [target, link] = [join(folder, 'target'), join(folder, 'link')];
  mkdirSync(target, { mode: 0o700 });
  symlinkSync(target, link);
  lchownSync(link, 65_534, 65_534);
  const { stderr } = await run('--runtime-dir', link);
  assert.match(stderr, /it belongs to another user.*ERR_PRONGHORN_RUNTIME_DIR/);
});

test('a lock that a command has for a moment does not keep a server from starting', async () => {
  const path = join(temporaryFolder(), 'server.pid');
  const words = 'exec 9>"$1"; flock 9; echo locked; sleep 0.05';
  const looking = spawn('sh', ['-c', words, 'sh', path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(looking.stdout, 'data');
  const file = PidFile.create(path);
  assert.equal(readFileSync(path, 'latin1'), `${process.pid}\n`);
  file.remove();
});
