// The command line's grammar and the one line that an error becomes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCommandLine } from '#dist/cli/command-line.js';
import { reportText } from '#dist/cli/report.js';
import { PronghornError } from '#dist/errors.js';

function parse(...args: string[]) {
  return parseCommandLine(args, '1.2.3');
}

describe('parseCommandLine', () => {
  it('takes the application and options, in any order, with or without run', () => {
    const expected = { app: 'app.mjs', appArguments: [], config: { minServers: 2, maxLoad: 0.5 } };
    assert.deepEqual(parse('app.mjs', '--min-servers', '2', '--max-load=0.5'), expected);
    assert.deepEqual(parse('run', '--min-servers', '2', '--max-load=0.5', 'app.mjs'), expected);
  });

  it('collects several places to listen', () => {
    const line = parse('a.mjs', '--listen', 'http://*:80', '--listen', 'unix:/a,unix:/b');
    assert.deepEqual(line?.config, { listen: ['http://*:80', 'unix:/a', 'unix:/b'] });
  });

  it('leaves what follows -- to the application', () => {
    assert.deepEqual(parse('a.mjs', '--', '--min-servers', 'x')?.appArguments, ['--min-servers', 'x']);
  });

  const wrong: [args: string[], code: string, message: RegExp][] = [
    [[], 'CLI_USAGE', /expected the application/],
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
