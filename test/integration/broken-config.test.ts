// A configuration file that is no good any more, while the server runs that was started with it: the commands that only look
// for the server find it, with a warning, and never take another one for it.
import assert from 'node:assert/strict';
import { unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { commandLine, temporaryFolder } from '../support/paths.js';
import { runToEnd, ServerProcess, VERBOSE, withServer } from '../support/server.js';
import { answering } from '../support/site.js';

const LISTEN = 'http://127.0.0.1:0';

class Folder {
  readonly path = temporaryFolder();
  readonly file = join(this.path, 'pronghorn.config.json');

  constructor() {
    writeFileSync(join(this.path, 'app.mjs'), answering('one'));
  }

  configure(text: string): void {
    writeFileSync(this.file, text);
  }

  run(...args: string[]): () => ServerProcess {
    return () => new ServerProcess({ command: [commandLine, ...args], cwd: this.path, env: VERBOSE });
  }

  async type(...words: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const { stdout, stderr, exit } = await runToEnd({ command: [commandLine, ...words], cwd: this.path });
    return { code: exit.code, stdout, stderr };
  }
}

const good = { app: 'app.mjs', runtimeDir: 'run', listen: LISTEN, workers: 1 };
const WARNING = /^pronghorn: warning: unknown option `worker` .*`pronghorn \w+` goes on all the same$/m;

describe('with a slip in it', () => {
  test('status, scale and stop find the server by what is right in it, and warn', () => {
    const folder = new Folder();
    folder.configure(JSON.stringify(good));
    return withServer(folder.run(), async (server) => {
      folder.configure(JSON.stringify({ ...good, workers: undefined, worker: 1 }));
      for (const words of [['status', '--json'], ['scale', '2'], ['stop']]) {
        const { code, stderr } = await folder.type(...words);
        assert.match(stderr, WARNING);
        assert.equal(stderr.trim().split('\n').length, 1, stderr);
        assert.equal(code, 0, words[0]);
      }
      await server.assertGone();
      const { code, stderr } = await folder.type('status');
      assert.match(stderr, /unknown option `worker`.* `--no-config`, .*CONFIG_UNKNOWN/);
      assert.equal(code, 2, 'whether it runs is not known');
    });
  });

  test('what would bring the file in is refused, and the server goes on', () => {
    const folder = new Folder();
    folder.configure(JSON.stringify(good));
    return withServer(folder.run(), async (server) => {
      folder.configure(JSON.stringify({ ...good, worker: 1 }));
      for (const command of ['reload', 'upgrade', 'start', 'check']) {
        const { code, stderr } = await folder.type(command);
        assert.match(stderr, /^pronghorn: unknown option `worker` .*CONFIG_UNKNOWN\)$/m);
        assert.equal(code, 2, command);
      }
      assert.equal((await server.get('/')).text, 'one');
    });
  });
});

describe('that cannot be read', () => {
  test('the server of the application is stopped if it was started with it', () => {
    const folder = new Folder();
    folder.configure(JSON.stringify({ listen: LISTEN }));
    return withServer(folder.run('app.mjs'), async (server) => {
      folder.configure('{ "listen": ');
      const unnamed = await folder.type('stop');
      assert.match(unnamed.stderr, /JSON.*; `--no-config`, with the application.*ERR_PRONGHORN_CONFIG_FILE/);
      assert.equal(unnamed.code, 2);
      const { code, stderr } = await folder.type('stop', 'app.mjs');
      assert.match(stderr, /^pronghorn: warning: cannot use the configuration file /);
      assert.equal(code, 0);
      await server.assertGone();
    });
  });

  test('another server of the same application is left alone', () => {
    const folder = new Folder();
    return withServer(folder.run('app.mjs', '--listen', LISTEN), async (server) => {
      folder.configure('{ "runtimeDir": "run" ');
      for (const words of [['stop'], ['stop', '--now'], ['scale', '2'], ['status']]) {
        const { code, stderr } = await folder.type(...words, 'app.mjs');
        assert.match(stderr, /JSON.*ERR_PRONGHORN_CONFIG_FILE/);
        assert.equal(code, 2, words.join(' '));
      }
      assert.equal((await server.get('/')).text, 'one');
      assert.equal((await folder.type('stop', 'app.mjs', '--no-config')).code, 0);
      await server.assertGone();
    });
  });

  test('a server that the command line names is the one', () => {
    const folder = new Folder();
    const place = ['--runtime-dir', join(folder.path, 'run')];
    return withServer(folder.run('app.mjs', '--listen', LISTEN, ...place), async (server) => {
      folder.configure('{');
      const { code, stderr } = await folder.type('stop', ...place);
      assert.match(stderr, /warning: .*JSON/);
      assert.equal(code, 0);
      await server.assertGone();
      const again = await folder.type('stop', ...place);
      assert.equal(again.stdout, 'Pronghorn server not running.\n');
    });
  });
});

test('a pid file of the command line is no word against a folder of the file, where another server may be', () => {
  const folder = new Folder();
  const elsewhere = ['--runtime-dir', join(folder.path, 'run')];
  return withServer(folder.run('app.mjs', '--listen', LISTEN, ...elsewhere), async (server) => {
    folder.configure(JSON.stringify({ runtimeDir: 'run', worker: 1 }));
    const { code, stderr } = await folder.type('stop', '--pid-file', join(folder.path, 'other.pid'));
    assert.match(stderr, /unknown option `worker`.*CONFIG_UNKNOWN/);
    assert.equal(code, 2);
    assert.equal((await server.get('/')).text, 'one');
  });
});

test('that is gone: the server that was started with it is found by its name', () => {
  const folder = new Folder();
  folder.configure(JSON.stringify({ listen: LISTEN }));
  return withServer(folder.run('app.mjs'), async (server) => {
    unlinkSync(folder.file);
    const { code, stderr } = await folder.type('stop', 'app.mjs', '--config', 'pronghorn.config.json');
    assert.match(stderr, /warning: .*there is no such file; `pronghorn stop` goes on all the same/);
    assert.equal(code, 0);
    await server.assertGone();
  });
});
