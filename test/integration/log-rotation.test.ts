// logrotate itself, with the configuration of docs/LOGS.md, on a server in the background: what is written before and after
// is in one file or the other, and nothing else happens to the server.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { blocks } from '../support/documents.js';
import { missing } from '../support/proxied.js';
import { getText, Site } from '../support/site.js';
import { noTerminal } from '../support/terminal.js';
import { waitFor } from '../support/wait.js';

const REQUESTS = 20;
const APP = `export default (request) => {
  console.log('asked for ' + request.path);
  request.respond({ body: 'one' });
};
`;

/** The only block of the documents in this language. */
function configurationFor(site: Site, accessLog: string): string {
  const [block, ...more] = blocks.filter(({ language }) => language === 'logrotate');
  assert.equal(more.length, 0);
  const places = {
    '/var/log/app/access.log': accessLog,
    '/var/log/app/server.log': site.log,
    '/run/app/pronghorn.pid': site.pidFile,
  };
  let text = block!.code;
  for (const [usual, place] of Object.entries(places)) {
    assert.ok(text.includes(usual), usual);
    text = text.replaceAll(usual, place);
  }
  const path = join(site.folder, 'logrotate.conf');
  writeFileSync(path, text, { mode: 0o644 });
  return path;
}

function rotate(site: Site, configuration: string): void {
  const args = ['--force', '--state', join(site.folder, 'logrotate.state'), configuration];
  const { status, stderr } = spawnSync('logrotate', args, { encoding: 'utf8' });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
}

const read = (path: string) => readFileSync(path, 'utf8');

test('logrotate loses no request of the access log, and the log goes on from its beginning', {
  skip: noTerminal ?? missing('logrotate', '--version'),
}, async () => {
  const site = new Site('one');
  const accessLog = join(site.folder, 'access.log');
  writeFileSync(site.app, APP);
  const configuration = configurationFor(site, accessLog);
  // Of a server that does not run it asks nothing.
  rotate(site, configuration);
  try {
    const { code, text } = await site.start('--workers', '2', '--access-log', accessLog);
    assert.equal(code, 0, text);
    const [url] = await site.addresses();
    const ask = async (from: number, to: number) => {
      for (let i = from; i < to; i++) await getText(url!, `/${i}`);
    };
    await ask(0, REQUESTS / 2);
    const { pid } = site;
    rotate(site, configuration);
    await ask(REQUESTS / 2, REQUESTS);
    await waitFor('a new access log', () => site.lines.some(({ event }) => event === 'access-log.reopened'));
    assert.equal(site.pid, pid);
    assert.equal((await site.type('stop')).code, 0);
  } finally {
    await site.end();
  }
  const paths = (text: string) =>
    [...text.matchAll(/(?:GET|asked for) \/(\d+)/g)].map(([, path]) => Number(path));
  const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);
  const asked = paths(read(`${accessLog}.1`) + read(accessLog)).sort((a, b) => a - b);
  assert.deepEqual(asked, numbers(0, REQUESTS));
  assert.match(read(`${site.log}.1`), /"event":"server\.listening"/);
  assert.deepEqual(paths(read(`${site.log}.1`)), numbers(0, REQUESTS / 2));
  assert.deepEqual(paths(read(site.log)), numbers(REQUESTS / 2, REQUESTS));
  assert.doesNotMatch(read(site.log), /\0/, 'everybody appends');
  assert.doesNotMatch(read(site.log), /"event":"server\.listening"/);
  assert.equal(site.lines.at(-1)!.event, 'server.stopped');
});
