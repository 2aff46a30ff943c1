// The acceptance scenario of Hypnotoad, command by command: two ports, kept connections, a hot deployment by typing the
// command again, one that fails, a slow request across a deployment, workers replaced for what they have accepted, stop.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { assertKnownLines } from '../support/log-lines.js';
import { isRunning } from '../support/processes.js';
import { RawClient } from '../support/raw-client.js';
import { targetOf } from '../support/server.js';
import { getText, Site } from '../support/site.js';
import { noTerminal, Terminal, type } from '../support/terminal.js';
import { waitFor } from '../support/wait.js';

/** Answers with a word; /slow when the gate is open, /pid with its process. */
function application(word: string, gate: string, first = ''): string {
  return `${first}
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
export default async (request) => {
  if (request.url === '/slow') while (!existsSync(${JSON.stringify(gate)})) await delay(10);
  request.respond({ body: request.url === '/pid' ? String(process.pid) : '${word}' });
};
`;
}

async function isRefused(url: string): Promise<boolean> {
  const socket = connect(targetOf(url) as { host: string; port: number });
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(false));
    socket.once('error', () => resolve(true));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}

describe('as Hypnotoad does it', { skip: noTerminal }, () => {
  const site = new Site('');
  const gate = join(site.folder, 'gate');
  const write = (word: string, first = '') => writeFileSync(site.app, application(word, gate, first));
  const places = ['--listen', 'http://127.0.0.1:0', '--listen', 'http://127.0.0.2:0'];
  const words = ['start', 'app.mjs', ...places, '--workers', '2', '--check-interval', '0.1'];
  const start = (...more: string[]) => [...words, '--log-file', site.log, ...site.place, ...more];
  const options = { cwd: site.folder };
  let urls: string[] = [];
  let kept: RawClient[] = [];

  after(async () => {
    for (const client of kept) client.destroy();
    await site.end();
  });

  const keptAnswer = () => Promise.all(kept.map(async (client) => (await client.get('/')).text));
  const newAnswers = () => Promise.all(urls.map((url) => getText(url)));

  test('starts, and answers on both ports, on connections that are kept', async () => {
    write('one');
    const { code, text } = await type(start(), options);
    assert.equal(code, 0, text);
    urls = await site.addresses();
    assert.equal(urls.length, 2);
    kept = await Promise.all(urls.map((url) => RawClient.connect(targetOf(url))));
    for (let i = 0; i < 3; i++) assert.deepEqual(await keptAnswer(), ['one', 'one']);
  });

  test('a deployment that dies changes nothing: the old connections go on', async () => {
    const { pid } = site;
    write('broken', 'process.exit(3);');
    const { code, text } = await type(start(), options);
    assert.equal(code, 1, text);
    assert.match(text, /^pronghorn: the upgrade failed: .*\(ERR_PRONGHORN_UPGRADE\)$/m);
    assert.equal(site.pid, pid);
    assert.deepEqual(await keptAnswer(), ['one', 'one']);
  });

  test('typed again it deploys: kept connections answer from the old one until it goes, a slow request is finished by it', async () => {
    const { pid } = site;
    const slow = await RawClient.connect(targetOf(urls[0]!));
    const answer = slow.get('/slow');
    const loading = join(site.folder, 'loading');
    const wait = `import { existsSync as is } from 'node:fs';
while (!is(${JSON.stringify(loading)})) await new Promise((resolve) => setTimeout(resolve, 10));`;
    write('two', wait);
    const deployment = new Terminal(start(), options);
    await deployment.shows(new RegExp(`^Starting hot deployment for Pronghorn server ${pid}\\.$`, 'm'));
    await deployment.shows(/generation 1 → …/);
    assert.deepEqual(await keptAnswer(), ['one', 'one']);
    writeFileSync(loading, '');
    assert.equal(await deployment.exits(), 0);
    assert.notEqual(site.pid, pid);
    assert.deepEqual(await newAnswers(), ['two', 'two']);
    assert.ok(isRunning(pid), 'the old one has a request to finish');
    writeFileSync(gate, '');
    const finished = await answer;
    assert.equal(finished.text, 'one');
    assert.equal(finished.header('connection'), 'close');
    slow.destroy();
    await waitFor('the old manager to end', () => !isRunning(pid));
  });

  test('the new application keeps connections as well', async () => {
    for (const client of kept) client.destroy();
    kept = await Promise.all(urls.map((url) => RawClient.connect(targetOf(url))));
    for (let i = 0; i < 3; i++) assert.deepEqual(await keptAnswer(), ['two', 'two']);
  });

  test('workers are replaced after the connections that they may accept', async () => {
    const few = ['--max-accepts', '2', '--keep-alive-requests', '1', '--min-worker-ttl', '0'];
    assert.equal((await type(start(...few), options)).code, 0);
    const client = await RawClient.connect(targetOf(urls[0]!));
    assert.equal((await client.get('/')).header('connection'), 'close');
    client.destroy();
    const pids = new Set<string>();
    await waitFor('other workers', async () => {
      pids.add(await getText(urls[0]!, '/pid'));
      return pids.size > 2;
    });
  });

  test('the log tells of all of it', () => {
    const log = readFileSync(site.log, 'utf8');
    for (const words of [
      /listening on/,
      /upgrading, a new manager starts/,
      /upgrade failed, all goes on as it was/,
    ]) {
      assert.match(log, words);
    }
    assert.match(log, /upgraded, the new manager takes over/);
    assertKnownLines(site.lines);
  });

  test('stop frees both ports', async () => {
    const { pid } = site;
    const { lines, code } = await site.type('stop');
    assert.deepEqual({ code, lines }, { code: 0, lines: [`Stopping Pronghorn server ${pid} gracefully.`] });
    // The manager before this one may still be finishing.
    await waitFor('the ports to be free', async () =>
      (await Promise.all(urls.map(isRefused))).every(Boolean),
    );
    assert.ok(!site.isRunning);
  });
});
