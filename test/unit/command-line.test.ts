// The command line's grammar and the one line that an error becomes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCommandLine } from '#dist/cli/command-line.js';
import { reportText } from '#dist/cli/report.js';
import { PronghornError } from '#dist/errors.js';

function parse(...args: string[]) {
  return parseCommandLine(args, '1.2.3', () => {});
}

/** What is printed in place of a command. */
function printed(...args: string[]): string {
  let text = '';
  const line = parseCommandLine(args, '1.2.3', (part) => {
    text += part;
  });
  assert.equal(line, undefined);
  return text;
}

describe('parseCommandLine', () => {
  it('takes the application and options, in any order, with or without run', () => {
    for (const args of [
      ['app.mjs', '--min-servers', '2', '--max-load=0.5'],
      ['run', '--min-servers', '2', '--max-load=0.5', 'app.mjs'],
      ['--min-servers', '2', '--max-load=0.5', 'app.mjs'],
    ]) {
      const { command, app, appArguments, config } = parse(...args)!;
      assert.deepEqual([command, app, appArguments], ['run', 'app.mjs', []]);
      assert.deepEqual(config, { minServers: 2, maxLoad: 0.5 });
    }
  });

  it('collects several places to listen', () => {
    const line = parse('a.mjs', '--listen', 'http://*:80', '--listen', 'unix:/a,unix:/b');
    assert.deepEqual(line?.config, { listen: ['http://*:80', 'unix:/a', 'unix:/b'] });
  });

  it('leaves what follows -- to the application', () => {
    assert.deepEqual(parse('a.mjs', '--', '--min-servers', 'x')?.appArguments, ['--min-servers', 'x']);
  });

  it('takes a size for scale, also a negative one', () => {
    for (const size of ['4', '2..8', '+1', '-1']) {
      const { command, app, size: taken } = parse('scale', size, 'app.mjs')!;
      assert.deepEqual([command, taken, app], ['scale', size, 'app.mjs']);
    }
  });

  it('takes what is for a command only', () => {
    const { own } = parse('stop', 'a.mjs', '--timeout', '1.5', '--now', '--json', '--no-config')!;
    assert.equal(own.timeoutMs, 1500);
    assert.deepEqual([own.now, own.json, own.config], [true, true, false]);
  });

  it('has help for all and for each, and the version', () => {
    assert.equal(printed('--version'), '1.2.3\n');
    assert.match(printed('--help'), /Commands:[\s\S]*scale[\s\S]*Exit codes:/);
    assert.equal(printed('help'), printed('-h'));
    assert.match(printed('help', 'run'), /Listening:[\s\S]*--listen <url>[\s\S]*Workers:/);
    assert.equal(printed('stop', '--help'), printed('help', 'stop'));
  });

  const wrong: [args: string[], code: string, message: RegExp][] = [
    [['stop', '--workers', '2'], 'CONFIG_UNKNOWN', /unknown option `--workers`/],
    [['a.mjs', '--port', '80'], 'CONFIG_UNKNOWN', /did you mean `--listen http:/],
    [['-s', 'a.mjs'], 'CONFIG_UNKNOWN', /did you mean `pronghorn stop`/],
    [['--reload', 'a.mjs'], 'CONFIG_UNKNOWN', /did you mean `pronghorn reload`/],
    [['stop', 'a.mjs', 'b.mjs'], 'CLI_USAGE', /too many arguments/],
    [['stop', '--timeout', 'soon'], 'CONFIG_VALUE', /number of seconds.*`--timeout`, received 'soon'/],
    [['scale'], 'CLI_USAGE', /expected a size/],
    [['a.mjs', '--min-server', '2'], 'CONFIG_UNKNOWN', /`--min-server`, did you mean `--min-servers`\?/],
    [['a.mjs', '--colour'], 'CONFIG_UNKNOWN', /unknown option `--colour`$/],
    [['a.mjs', '--min-servers', 'two'], 'CONFIG_VALUE', /for `--min-servers`, received 'two'/],
    [['a.mjs', '--min-servers'], 'CLI_USAGE', /--min-servers/],
    [['a.mjs', '--workers', '2', '--max-servers', '3'], 'CONFIG_CONFLICT', /`--workers` and `--max-servers`/],
  ];
  for (const [args, code, message] of wrong) {
    it(`refuses ${args.join(' ') || 'nothing'}`, () => {
      assert.throws(() => parse(...args), { code: `ERR_PRONGHORN_${code}`, exitCode: 2, message });
    });
  }
});

describe('reportText', () => {
  it('is one line', () => {
    const error = new PronghornError('ERR_PRONGHORN_BOOT_APP', { path: 'a.mjs', reason: 'two\nlines' });
    assert.equal(
      reportText(error),
      'pronghorn: a.mjs failed while loading: two lines (ERR_PRONGHORN_BOOT_APP)\n',
    );
  });
});
