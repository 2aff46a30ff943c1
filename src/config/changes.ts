// What a change of options means for a server that runs: which options are others now, and how far that reaches. Pure.
import { isDeepStrictEqual } from 'node:util';
import type { Option } from './kinds.js';
import { OPTION_NAMES, OPTIONS, type OptionName, type ResolvedConfig } from './options.js';

/**
 * How far a change of the option reaches: `start`: only a new start can change it; `workers`: every worker is replaced
 * by one that has it; `manager`: it counts at once.
 */
export type Reach = 'start' | 'workers' | 'manager';

const START: readonly OptionName[] = [
  'admin',
  'adminToken',
  'advertise',
  'workerModel',
  'startMethod',
  'bindModel',
  'pidFile',
  'runtimeDir',
  'user',
  'group',
  'umask',
  'accessLog',
  'accessLogFormat',
];

const MANAGER: readonly OptionName[] = [
  'minServers',
  'maxServers',
  'workers',
  'minLoad',
  'maxLoad',
  'minSpareServers',
  'maxSpareServers',
  'maxExtraServers',
  'maxRequests',
  'maxAccepts',
  'maxMemory',
  'minWorkerTtl',
  'checkInterval',
  'activityTimeout',
  'bootTimeout',
  'warmup',
  'terminationTimeout',
  'shutdownDelay',
  'upgradeTimeout',
  'tlsCheckInterval',
  'tlsTicketRotation',
];

export function reachOf(name: OptionName): Reach {
  if (START.includes(name)) return 'start';
  return MANAGER.includes(name) ? 'manager' : 'workers';
}

/** Names of the options that differ. */
export function changedOptions(before: ResolvedConfig, after: ResolvedConfig): OptionName[] {
  return OPTION_NAMES.filter((name) => {
    const { unit }: Option<unknown, 's' | undefined> = OPTIONS[name];
    const key = (unit === 's' ? `${name}Ms` : name) as keyof ResolvedConfig;
    return !isDeepStrictEqual(before[key], after[key]);
  });
}
