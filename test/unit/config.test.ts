// Options: what is accepted, what each error says, which source wins.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { quotaOf } from '#dist/config/cpus.js';
import { configFromEnvironment } from '#dist/config/environment.js';
import { environmentName, flagName } from '#dist/config/names.js';
import { nearestName } from '#dist/config/nearest.js';
import { OPTION_NAMES, OPTIONS } from '#dist/config/options.js';
import { mergeConfigs, resolveConfig } from '#dist/config/resolve.js';
import { validateConfig } from '#dist/config/validate.js';

const CPUS = 4;

describe('validateConfig', () => {
  it('accepts every option with its default', () => {
    for (const name of OPTION_NAMES) {
      const value = OPTIONS[name].default;
      if (value !== undefined) assert.deepEqual(validateConfig({ [name]: value }), { [name]: value });
    }
  });

  it('takes undefined for not given', () => {
    assert.deepEqual(validateConfig({ minServers: undefined }), {});
  });

  const wrong: [config: unknown, code: string, message: RegExp][] = [
    [{ minServer: 2 }, 'UNKNOWN', /unknown option `minServer`, did you mean `minServers`\?/],
    [{ min_servers: 2 }, 'UNKNOWN', /did you mean `minServers`\?/],
    [{ toString: 1 }, 'UNKNOWN', /unknown option `toString`$/],
    [{ minServers: 0 }, 'VALUE', /expected an integer from 1 to 4096 for `minServers`, received 0/],
    [{ minServers: '2' }, 'VALUE', /received '2'/],
    [{ minServers: 1.5 }, 'VALUE', /received 1.5/],
    [{ maxLoad: Number.NaN }, 'VALUE', /expected a number from 0 to 1 for `maxLoad`, received NaN/],
    [{ maxLoad: 1.1 }, 'VALUE', /received 1.1/],
    [{ headerTimeout: -1 }, 'VALUE', /expected a number of seconds/],
    [{ bindModel: 'shared' }, 'VALUE', /expected 'reuseport' or 'duplicate' for `bindModel`/],
    [{ listen: [] }, 'VALUE', /for `listen`, received \[\]/],
    [{ listen: { host: 'a', path: '/b' } }, 'VALUE', /for `listen`/],
    [{ listen: { port: 80, tls: 'cert.pem' } }, 'VALUE', /for `listen`/],
    [{ warmup: 'x' }, 'VALUE', /expected '\/path', 'METHOD \/path', .* for `warmup`, received 'x'/],
    [{ warmup: ['/a', { url: '/b', count: 0 }] }, 'VALUE', /for `warmup`/],
    [{ warmup: { url: '/a', headers: { Connection: 'close' } } }, 'VALUE', /for `warmup`/],
    [{ warmup: { url: '/a', headers: { A: 'b\r\nC: d' } } }, 'VALUE', /for `warmup`/],
    [{ readinessCheck: 'ready' }, 'VALUE', /a path that begins with a slash for `readinessCheck`/],
    [{ trustedProxies: '10.0.0.0/33' }, 'VALUE', /expected an IP address, a CIDR block/],
    [{ trustedProxies: ['::1', 'loopback'] }, 'VALUE', /for `trustedProxies`/],
    [{ proxy: 1 }, 'VALUE', /expected true or false for `proxy`, received 1/],
    [{ lockFile: '' }, 'VALUE', /expected a path for `lockFile`/],
    [{ compression: 'gzip' }, 'VALUE', /expected true, false, or \{ encodings/],
    [{ compression: { level: 10 } }, 'VALUE', /for `compression`/],
    [{ compression: { encodings: [] } }, 'VALUE', /for `compression`/],
    [{ compression: { levels: 1 } }, 'VALUE', /for `compression`/],
    [{ workers: 2, minServers: 1 }, 'CONFLICT', /`workers` and `minServers` do not fit together/],
    [[], 'VALUE', /expected an object of options for `config`/],
    [null, 'VALUE', /received null/],
  ];
  for (const [config, code, message] of wrong) {
    it(`refuses ${JSON.stringify(config)}`, () => {
      assert.throws(() => validateConfig(config), {
        code: `ERR_PRONGHORN_CONFIG_${code}`,
        exitCode: 2,
        message,
      });
    });
  }
});

describe('resolveConfig', () => {
  it('fills in every default and turns seconds into milliseconds', () => {
    const config = resolveConfig({ checkInterval: 0.25 }, CPUS);
    assert.equal(config.checkIntervalMs, 250);
    assert.equal(config.keepAliveTimeoutMs, 75_000);
    assert.deepEqual([config.minServers, config.maxServers], [1, CPUS]);
    assert.equal(config.minLoad, 0.35);
    assert.deepEqual(config.listen, ['http://*:8080']);
    assert.ok(!Object.values<unknown>(config).includes(undefined));
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.listen));
  });

  it('has room for minServers even on a small machine', () => {
    assert.equal(resolveConfig({ minServers: 6 }, CPUS).maxServers, 6);
  });

  it('turns the word of proxies on where they are named, unless told otherwise', () => {
    assert.equal(resolveConfig({}, CPUS).proxy, false);
    assert.deepEqual(resolveConfig({ trustedProxies: '::1' }, CPUS).trustedProxies, ['::1']);
    assert.equal(resolveConfig({ trustedProxies: '::1' }, CPUS).proxy, true);
    assert.equal(resolveConfig({ trustedProxies: '::1', proxy: false }, CPUS).proxy, false);
  });

  it('has an accept mutex only where workers share sockets', () => {
    const code = 'ERR_PRONGHORN_CONFIG_CONFLICT';
    assert.throws(() => resolveConfig({ acceptMutex: 'flock' }, CPUS), {
      code,
      message: /bindModel reuseport/,
    });
    assert.throws(() => resolveConfig({ lockFile: '/a' }, CPUS), { code, message: /acceptMutex off/ });
    const config = resolveConfig({ acceptMutex: 'flock', bindModel: 'duplicate' }, CPUS);
    assert.equal(config.lockFile, '');
  });

  it('does not freeze what belongs to the user', () => {
    const listen = [{ port: 80 }];
    resolveConfig({ listen }, CPUS);
    assert.ok(!Object.isFrozen(listen) && !Object.isFrozen(listen[0]));
  });

  it('has no start method for threads', () => {
    const code = 'ERR_PRONGHORN_CONFIG_CONFLICT';
    const message = /startMethod fork` and `workerModel thread` do not fit together/;
    const config = { workerModel: 'thread', startMethod: 'fork' } as const;
    assert.throws(() => resolveConfig(config, CPUS), { code, message });
    assert.equal(resolveConfig({ workerModel: 'thread' }, CPUS).startMethod, 'auto');
  });

  it('refuses bounds that cross', () => {
    const code = 'ERR_PRONGHORN_CONFIG_CONFLICT';
    assert.throws(() => resolveConfig({ minServers: 3, maxServers: 2 }, CPUS), {
      code,
      message: /minServers 3/,
    });
    assert.throws(() => resolveConfig({ minLoad: 0.7 }, CPUS), { code, message: /minLoad 0.7/ });
    assert.equal(resolveConfig({ maxLoad: 0 }, CPUS).minLoad, 0);
  });
});

describe('mergeConfigs', () => {
  it('lets later sources win, workers over bounds and bounds over workers', () => {
    assert.deepEqual(mergeConfigs({ minServers: 1, backlog: 5 }, { workers: 3 }), {
      minServers: 3,
      maxServers: 3,
      backlog: 5,
    });
    assert.deepEqual(mergeConfigs({ workers: 3 }, { maxServers: 5 }), { minServers: 3, maxServers: 5 });
  });
});

describe('configFromEnvironment', () => {
  it('reads compression as a word or as codings', () => {
    const read = (text: string) => configFromEnvironment({ PRONGHORN_COMPRESSION: text }).compression;
    assert.deepEqual(['on', 'true', 'off', 'false'].map(read), [true, true, false, false]);
    assert.deepEqual(read('gzip, br'), { encodings: ['gzip', 'br'] });
    assert.throws(() => read('lzma'), { code: 'ERR_PRONGHORN_CONFIG_VALUE' });
  });

  it('reads options', () => {
    const environment = {
      PRONGHORN_MIN_SERVERS: '2',
      PRONGHORN_MAX_LOAD: '0.5',
      PRONGHORN_LISTEN: 'http://127.0.0.1:1, unix:/a',
      PRONGHORN_BIND_MODEL: 'duplicate',
      PRONGHORN_BACKLOG: '',
      PATH: '/bin',
    };
    assert.deepEqual(configFromEnvironment(environment), {
      minServers: 2,
      maxLoad: 0.5,
      listen: ['http://127.0.0.1:1', 'unix:/a'],
      bindModel: 'duplicate',
    });
  });

  it('leaves variables of others alone, but not slips of the pen', () => {
    assert.deepEqual(
      configFromEnvironment({ PRONGHORN_PORT: 'tcp://10.0.0.1:80', PRONGHORN_SERVICE_HOST: 'a' }),
      {},
    );
    assert.throws(() => configFromEnvironment({ PRONGHORN_MIN_SERVER: '2' }), {
      code: 'ERR_PRONGHORN_CONFIG_UNKNOWN',
      message: /did you mean `PRONGHORN_MIN_SERVERS`\?/,
    });
  });

  it('names the variable when its value is wrong', () => {
    for (const text of ['two', '0x2', ' 2', '1e1']) {
      assert.throws(() => configFromEnvironment({ PRONGHORN_WORKERS: text }), {
        code: 'ERR_PRONGHORN_CONFIG_VALUE',
        message: /for `PRONGHORN_WORKERS`/,
      });
    }
  });
});

it('spells names for each source', () => {
  assert.equal(flagName('minWorkerTtl'), '--min-worker-ttl');
  assert.equal(environmentName('minWorkerTtl'), 'PRONGHORN_MIN_WORKER_TTL');
});

it('finds the nearest name, or none', () => {
  assert.equal(nearestName('--lisen', ['--listen', '--clients']), '--listen');
  assert.equal(nearestName('maxSevrers', OPTION_NAMES), 'maxServers');
  assert.equal(nearestName('colour', OPTION_NAMES), undefined);
});

it('reads the quota of a control group', () => {
  assert.equal(quotaOf('150000 100000\n'), 1.5);
  assert.equal(quotaOf('max 100000\n'), Number.POSITIVE_INFINITY);
});
