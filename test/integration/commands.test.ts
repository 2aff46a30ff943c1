// Every command, typed in a terminal whose screen is read.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { isRunning, processEntry } from '../support/processes.js';
import { getText, Site } from '../support/site.js';
import { noTerminal, Terminal, type } from '../support/terminal.js';
import { waitFor } from '../support/wait.js';

const LISTEN = ['--listen', 'http://127.0.0.1:0'];

describe('a server in the background, from start to stop', { skip: noTerminal }, () => {
  const site = new Site('one');
  let url = '';
  let page = '';

  after(() => site.end());

  test('check says that everything looks good', async () => {
    const { code, lines } = await site.type('check', 'app.mjs');
    assert.deepEqual({ code, lines }, { code: 0, lines: ['Everything looks good!'] });
  });

  test('status, reload, upgrade and scale say that nothing runs', async () => {
    const status = await site.type('status');
    assert.deepEqual(status.lines, ['Pronghorn server not running.']);
    assert.equal(status.code, 5);
    for (const words of [['reload'], ['upgrade'], ['scale', '2']]) {
      const { code, text } = await site.type(...(words as [string]));
      assert.match(text, /^pronghorn: Pronghorn server not running\. \(ERR_PRONGHORN_NOT_RUNNING\)$/m);
      assert.equal(code, 5, words.join(' '));
    }
  });

  test('start comes back when the workers serve', async () => {
    const { code, text, lines } = await site.start('--workers', '2', '--admin', 'http://127.0.0.1:0');
    assert.equal(code, 0, text);
    assert.match(text, /loading app\.mjs/);
    url = /^Pronghorn server \d+ listens on (http:\S+) \(2 workers\)\.$/m.exec(lines.join('\n'))?.[1] ?? '';
    assert.ok(lines.includes(`Log: ${site.log}`), text);
    page = /^Status page: (http:\S+)$/m.exec(lines.join('\n'))?.[1] ?? '';
    assert.equal(await getText(url), 'one');
    assert.equal(await getText(page, '/readyz'), 'ready\n');
    const { session, pid } = processEntry(site.pid)!;
    assert.equal(session, pid, 'in a session of its own');
    assert.match(readFileSync(site.log, 'utf8'), /listening on/);
  });

  test('nobody else can use its files', () => {
    assert.equal(statSync(site.runtimeDir).mode & 0o777, 0o700);
    assert.equal(statSync(site.socket).mode & 0o777, 0o600);
    assert.equal(statSync(site.pidFile).mode & 0o777, 0o644);
    assert.equal(statSync(site.log).mode & 0o137, 0, 'the log is not for everybody');
  });

  test('reload brings new code, and shows how far it is', async () => {
    site.write('two');
    const before = site.pid;
    const { code, text, lines } = await site.type('reload');
    assert.equal(code, 0, text);
    assert.match(text, /generation 1 → …, loading the application/);
    assert.match(text, /generation 1 → 2, workers ready \d\/2/);
    assert.deepEqual(lines.at(-1), 'Reloaded: generation 1 → 2, 2 workers ready.');
    assert.equal(await getText(url), 'two');
    assert.equal(site.pid, before);
  });

  test('a reload of broken code fails with what is wrong, and all goes on', async () => {
    site.write('three', "throw new Error('no database here');");
    const { code, text, lines } = await site.type('reload');
    assert.equal(code, 1, text);
    assert.match(text, /^pronghorn: .*no database here.*\(ERR_PRONGHORN_BOOT_APP\)$/m);
    assert.equal(lines.at(-1), `Log: ${site.log}`);
    assert.equal(await getText(url), 'two');
  });

  test('upgrade brings a new manager', async () => {
    site.write('four');
    const before = site.pid;
    const { code, text, lines } = await site.type('upgrade');
    assert.equal(code, 0, text);
    assert.notEqual(site.pid, before);
    assert.equal(
      lines.at(-1),
      `Deployed: generation 2 → 3, manager ${before} → ${site.pid}, 2 workers ready.`,
    );
    assert.equal(await getText(url), 'four');
  });

  test('scale waits for the workers', async () => {
    assert.equal((await site.type('scale', '3')).lines.at(-1), 'Scaled: 3 workers ready.');
    assert.equal((await site.type('scale', '-2')).lines.at(-1), 'Scaled: 1 worker ready.');
    assert.match(
      (await site.type('scale', '1..4')).lines.at(-1)!,
      /^Scaled: \d workers? ready, of 1 to 4\.$/,
    );
    const { code, text } = await site.type('scale', '9..2');
    assert.match(text, /ERR_PRONGHORN_CONFIG_CONFLICT/);
    assert.equal(code, 2);
  });

  test('status is a live view until q is pressed', async () => {
    const view = new Terminal(['status', ...site.place], { cwd: site.folder });
    await view.shows(/req\/s.*conns.*private.*shared/);
    await view.shows(/last decision \d\d:\d\d:\d\d \w+/);
    await view.shows(/\d+ +3 +ready/);
    view.press('q');
    assert.equal(await view.exits(), 0);
    assert.ok(view.raw.includes('\u001b[?1049h') && view.raw.trimEnd().endsWith('\u001b[?1049l'));
  });

  test('status --once is text, and without colours where they are not wanted', async () => {
    const { text } = await site.type('status', '--once');
    assert.match(text, /^app\.mjs {2}running {2}pid \d+/);
    assert.ok(text.includes(`\n${url}  status page ${page}\n`), text);
    const plain = new Terminal(['status', '--once', ...site.place], {
      cwd: site.folder,
      env: { NO_COLOR: '1' },
    });
    await plain.exits();
    assert.equal(plain.raw.includes('\u001b'), false);
  });

  test('start once more deploys; other options than before count, whatever was scaled', async () => {
    site.write('five');
    const before = site.pid;
    const { code, text, lines } = await site.start('--workers', '3');
    assert.equal(code, 0, text);
    assert.equal(lines[0], `Starting hot deployment for Pronghorn server ${before}.`);
    assert.match(text, /generation 3 → 4, workers ready \d\/3/);
    assert.match(lines.at(-1)!, /^Deployed: generation 3 → 4, manager \d+ → \d+, 3 workers ready\.$/);
    assert.equal(await getText(url), 'five');
    assert.ok(!isRunning(before) || site.pid !== before);
  });

  test('a deployment that fails leaves all as it was', async () => {
    const before = site.pid;
    site.write('six', 'process.exit(9);');
    const { code, text, lines } = await site.start('--workers', '2');
    assert.equal(code, 1, text);
    assert.match(text, /ERR_PRONGHORN_UPGRADE/);
    assert.equal(lines.at(-1), `Log: ${site.log}`);
    assert.equal(site.pid, before);
    assert.equal(await getText(url), 'five');
  });

  test('a deployment to another address says so', async () => {
    site.write('seven');
    const { code, text, lines } = await site.start('--workers', '1', '--listen', 'http://127.0.0.2:0');
    assert.equal(code, 0, text);
    const [, now, before] = /1 worker ready\. It listens on (\S+) now, before on (\S+)\.$/.exec(
      lines.at(-1)!,
    )!;
    assert.equal(before, url);
    assert.equal(await getText(now!), 'seven');
  });

  test('stop waits, and leaves nothing', async () => {
    const { pid } = site;
    const { code, lines } = await site.type('stop');
    assert.deepEqual({ code, lines }, { code: 0, lines: [`Stopping Pronghorn server ${pid} gracefully.`] });
    await waitFor('the process to be gone', () => !isRunning(pid));
    assert.ok(!existsSync(site.pidFile) && !existsSync(site.socket));
    const again = await site.type('stop');
    assert.deepEqual(again.lines, ['Pronghorn server not running.']);
    assert.equal(again.code, 0);
  });
});

describe('start', { skip: noTerminal }, () => {
  for (const [what, first, args, expected, code] of [
    [
      'an application that throws',
      "throw new Error('not today');",
      [],
      /not today.*ERR_PRONGHORN_BOOT_APP/,
      1,
    ],
    [
      'an address that is not ours',
      '',
      ['--listen', 'http://192.0.2.1:80'],
      /ERR_PRONGHORN_LISTEN_FAILED/,
      3,
    ],
  ] as const) {
    test(`${what}: the reason is on the terminal, and the exit code that of run`, async () => {
      const site = new Site('one');
      site.write('one', first);
      const ended = await site.start(...args);
      assert.match(ended.text, expected);
      assert.equal(ended.code, code);
      assert.ok(!site.isRunning);
    });
  }

  test('a syntax error: the log that is named tells where it is', async () => {
    const site = new Site('one');
    writeFileSync(site.app, 'export default 1;\nnot JavaScript\n');
    const { code, lines } = await site.start();
    assert.match(lines.at(-2)!, /^pronghorn: app\.mjs failed while loading: .*ERR_PRONGHORN_BOOT_APP\)$/);
    assert.equal(lines.at(-1), `Log: ${site.log}`);
    assert.equal(code, 1);
    assert.match(readFileSync(site.log, 'utf8'), /app\.mjs:2\n/);
  });

  test('a server that is killed while it starts: the log is named', async () => {
    const site = new Site('one');
    site.write('one', "process.kill(process.ppid, 'SIGKILL');");
    const { code, lines } = await site.start();
    assert.match(
      lines.at(-2)!,
      /^pronghorn: the server ended before .* \(SIGKILL\) \(ERR_PRONGHORN_BOOT_EXITED\)$/,
    );
    assert.equal(lines.at(-1), `Log: ${site.log}`);
    assert.equal(code, 1);
  });

  test('without options the server is found by its application', async () => {
    const site = new Site('one');
    const options = { cwd: site.folder, env: { XDG_RUNTIME_DIR: site.runtimeDir } };
    const started = await type(['start', 'app.mjs', ...LISTEN, '--json'], options);
    const { pid, log } = JSON.parse(started.lines.at(-1)!) as { pid: number; log: string };
    try {
      assert.equal((await type(['status', './app.mjs', '--json'], options)).code, 0);
      const stopped = await type(['stop', site.app, '--json'], options);
      assert.deepEqual(JSON.parse(stopped.text), { stopped: true, pid });
    } finally {
      rmSync(log, { force: true });
    }
  });

  test('a server without a control socket is stopped and reloaded by signals', async () => {
    const site = new Site('one');
    // No room for the name of a socket.
    const pidFile = join(site.folder, `${'p'.repeat(100)}.pid`);
    const options = { cwd: site.folder };
    const place = ['--pid-file', pidFile];
    const start = ['start', 'app.mjs', ...LISTEN, ...place, '--log-file', site.log, '--workers', '1'];
    assert.equal((await type(start, options)).code, 0);
    const pid = Number(readFileSync(pidFile, 'latin1'));
    assert.match((await type(['status', ...place], options)).text, /has no control socket/);
    assert.match((await type(['reload', ...place], options)).text, /Sent SIGHUP/);
    assert.match(
      (await type(['scale', '2', ...place], options)).text,
      /no control socket.*ERR_PRONGHORN_CLI_USAGE/,
    );
    assert.equal((await type(['stop', ...place], options)).code, 0);
    assert.ok(!isRunning(pid));
  });
});

describe('Ctrl-C', { skip: noTerminal }, () => {
  const site = new Site('one');
  const begun = join(site.folder, 'begun');
  const gate = join(site.folder, 'gate');
  const waiting = `import { existsSync as is, writeFileSync } from 'node:fs';
writeFileSync(${JSON.stringify(begun)}, '');
while (!is(${JSON.stringify(gate)})) await new Promise((resolve) => setTimeout(resolve, 10));`;
  const options = { cwd: site.folder };
  after(() => site.end());

  test('breaks off a start, and nothing is left of it', async () => {
    site.write('one', waiting);
    const start = ['start', 'app.mjs', ...LISTEN, ...site.place, '--log-file', site.log];
    const command = new Terminal(start, options);
    await command.shows(/loading app\.mjs/);
    await waitFor('the application to load', () => existsSync(begun));
    command.press('\u0003');
    assert.equal(await command.exits(), 130);
    assert.equal(command.lines.at(-1), 'pronghorn: broken off; the server is stopped again');
    assert.equal(site.isRunning, false);
  });

  test('ends the wait for a reload, and says that the server goes on with it', async () => {
    writeFileSync(gate, '');
    assert.equal((await site.start()).code, 0);
    rmSync(gate);
    const command = new Terminal(['reload', ...site.place], options);
    await command.shows(/generation 1 → …/);
    command.press('\u0003');
    assert.equal(await command.exits(), 130);
    assert.equal(
      command.lines.at(-1),
      'pronghorn: no longer waiting for the reload; the server goes on with it',
    );
    writeFileSync(gate, '');
    await waitFor('the new generation', async () => {
      const { text } = await site.type('status', '--json');
      return (JSON.parse(text) as { generation: number }).generation === 2;
    });
  });
});

describe('run', { skip: noTerminal }, () => {
  test('serves in the foreground until Ctrl-C, and can be asked meanwhile', async () => {
    const site = new Site('one');
    const words = ['run', 'app.mjs', ...LISTEN, ...site.place];
    const server = new Terminal(words, { cwd: site.folder });
    await server.shows(/info {2}listening on http:/);
    assert.equal((await site.type('status', '--json')).code, 0);
    server.press('\u0003');
    assert.equal(await server.exits(), 0);
    assert.match(server.text, /stopped/);
  });

  test('a server that hangs is shown as such', async () => {
    const site = new Site('one');
    const code = 'export default (request) => { for (;;); };\n';
    writeFileSync(site.app, code);
    const server = new Terminal(['app.mjs', ...LISTEN, ...site.place, '--workers', '1'], {
      cwd: site.folder,
    });
    await server.shows(/listening on/);
    const [url] = await site.addresses();
    void getText(url!).catch(() => {});
    const view = new Terminal(['status', ...site.place], { cwd: site.folder });
    await view.shows(/ hangs /);
    view.press('q');
    assert.equal(await view.exits(), 0);
    assert.equal((await site.type('stop', '--now')).code, 0);
    await server.exits();
  });
});
