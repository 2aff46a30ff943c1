// Options of several sources → one frozen configuration with every default filled in. Pure: what depends on the machine
// comes in as an argument.
import { PronghornError } from '../errors.js';
import type { Option } from './kinds.js';
import { workerMemory } from './memory.js';
import { type Config, OPTION_NAMES, OPTIONS, type OptionName, type ResolvedConfig } from './options.js';

/** What a configuration is made of before times become milliseconds. */
type Filled = { [Name in OptionName]: NonNullable<Config[Name]> };

const DEFAULT_MAX_LOAD = 0.7;

interface Rule {
  readonly names: readonly OptionName[];
  readonly rule: string;
  readonly holds: (config: Filled) => boolean;
}

/** What must be true between options, when each by itself is right. */
const RULES: readonly Rule[] = [
  {
    names: ['minServers', 'maxServers'],
    rule: 'the lower bound is above the upper one',
    holds: ({ minServers, maxServers }) => minServers <= maxServers,
  },
  {
    names: ['minSpareServers', 'maxSpareServers'],
    rule: 'the lower bound is above the upper one',
    holds: ({ minSpareServers, maxSpareServers }) =>
      maxSpareServers === 0 || minSpareServers <= maxSpareServers,
  },
  {
    names: ['minSpareServers', 'maxServers'],
    rule: 'then no worker would be left to work',
    holds: ({ minSpareServers, maxServers }) => minSpareServers < maxServers || minSpareServers === 0,
  },
  {
    names: ['maxSpareServers', 'maxServers'],
    rule: 'there are never so many',
    holds: ({ maxSpareServers, maxServers }) => maxSpareServers <= maxServers,
  },
  {
    names: ['minLoad', 'maxLoad'],
    rule: 'minLoad must be below maxLoad, else workers come and go all the time',
    holds: ({ minLoad, maxLoad }) => minLoad === 0 || maxLoad === 0 || minLoad < maxLoad,
  },
  {
    names: ['acceptMutex', 'bindModel'],
    rule: 'where each worker has a socket of its own, none has to wait for another',
    holds: ({ acceptMutex, bindModel }) => acceptMutex === 'off' || bindModel === 'duplicate',
  },
  {
    names: ['startMethod', 'workerModel'],
    rule: 'threads are neither forked nor spawned',
    holds: ({ startMethod, workerModel }) => startMethod === 'auto' || workerModel === 'prefork',
  },
  {
    names: ['lockFile', 'acceptMutex'],
    rule: 'the file is for acceptMutex flock',
    holds: ({ lockFile, acceptMutex }) => lockFile === '' || acceptMutex === 'flock',
  },
  {
    names: ['accessLog', 'accessLogFormat'],
    rule: 'accessLog is where the lines go, accessLogFormat what they look like; a file of that name is ./combined or ./json',
    holds: ({ accessLog }) => !(OPTIONS.accessLogFormat.choices as readonly string[]).includes(accessLog),
  },
  {
    names: ['group', 'user'],
    rule: 'the group is for the processes of the user, which must be given too',
    holds: ({ group, user }) => group === '' || user !== '',
  },
  {
    names: ['user', 'workerModel'],
    rule: 'threads are what their process is, and that is the manager',
    holds: ({ user, workerModel }) => user === '' || workerModel === 'prefork',
  },
];

/** Later sources win. `workers` stands for both bounds, so it also wins over a bound of an earlier source. */
export function mergeConfigs(...sources: readonly Config[]): Config {
  const merged: Partial<Record<OptionName, unknown>> = {};
  for (const { workers, ...others } of sources) {
    if (workers !== undefined) Object.assign(merged, { minServers: workers, maxServers: workers });
    Object.assign(merged, others);
  }
  return merged as Config;
}

/** Texts without which something is not done. */
const UNSET = [
  'pidFile',
  'runtimeDir',
  'user',
  'group',
  'umask',
  'admin',
  'adminToken',
  'advertise',
  'readinessCheck',
] as const;

function fill(config: Config, cpus: number, memoryLimit: number): Filled {
  const filled: Partial<Record<OptionName, unknown>> = {};
  for (const name of OPTION_NAMES) filled[name] = config[name] ?? OPTIONS[name].default;
  const { minServers, minSpareServers } = filled as Filled;
  filled.maxServers ??= Math.max(minServers, cpus);
  const { maxServers } = filled as Filled;
  filled.maxMemory ??= workerMemory(memoryLimit, maxServers);
  filled.maxSpareServers ??= minSpareServers > 0 ? Math.min(minSpareServers + minServers, maxServers) : 0;
  filled.maxExtraServers ??= Math.ceil(maxServers / 4);
  filled.maxLoad ??= minSpareServers > 0 ? 0 : DEFAULT_MAX_LOAD;
  filled.minLoad ??= (filled as Filled).maxLoad / 2;
  filled.trustedProxies ??= [];
  filled.lockFile ??= '';
  filled.accessLog ??= 'off';
  filled.warmup ??= [];
  for (const name of UNSET) filled[name] ??= '';
  filled.proxy = config.proxy ?? [filled.trustedProxies].flat().length > 0;
  return filled as Filled;
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}

/**
 * @param config options that validateConfig() has accepted
 * @param memoryLimit bytes that the server and all its processes may use
 * @throws ERR_PRONGHORN_CONFIG_CONFLICT
 */
export function resolveConfig(
  config: Config,
  cpus: number,
  memoryLimit = Number.POSITIVE_INFINITY,
): ResolvedConfig {
  const filled = fill(mergeConfigs(config), cpus, memoryLimit);
  for (const { names, rule, holds } of RULES) {
    if (holds(filled)) continue;
    const given = names.map((name) => `${name} ${filled[name]}`);
    throw new PronghornError('ERR_PRONGHORN_CONFIG_CONFLICT', { names: given, rule });
  }
  const resolved: Record<string, unknown> = {};
  for (const name of OPTION_NAMES) {
    if (name === 'workers') continue;
    const { unit }: Option<unknown, 's' | undefined> = OPTIONS[name];
    if (unit === 's') resolved[`${name}Ms`] = Math.round((filled[name] as number) * 1000);
    else resolved[name] = filled[name];
  }
  resolved.listen = structuredClone([filled.listen].flat());
  resolved.trustedProxies = [filled.trustedProxies].flat();
  resolved.warmup = structuredClone([filled.warmup].flat());
  return deepFreeze(resolved as ResolvedConfig);
}
