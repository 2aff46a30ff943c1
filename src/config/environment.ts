// Options from PRONGHORN_* environment variables. Runs in the manager. A variable that is no option is left alone,
// because others set such names too (Kubernetes sets PRONGHORN_PORT for a service called pronghorn), unless it is
// clearly a slip of the pen.
import { PronghornError } from '../errors.js';
import type { Option } from './kinds.js';
import { ENVIRONMENT_PREFIX, environmentName } from './names.js';
import { nearestName } from './nearest.js';
import { type Config, OPTION_NAMES, OPTIONS } from './options.js';
import { validateConfig } from './validate.js';

/** @throws ERR_PRONGHORN_CONFIG_UNKNOWN, ERR_PRONGHORN_CONFIG_VALUE, ERR_PRONGHORN_CONFIG_CONFLICT */
export function configFromEnvironment(environment: NodeJS.ProcessEnv): Config {
  const names = new Map(OPTION_NAMES.map((name) => [environmentName(name), name]));
  const values: Record<string, unknown> = {};
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(ENVIRONMENT_PREFIX) || text === undefined || text === '') continue;
    const name = names.get(variable);
    if (name !== undefined) {
      const option: Option<unknown, 's' | undefined> = OPTIONS[name];
      values[name] = option.fromText(text);
      continue;
    }
    const suffix = variable.slice(ENVIRONMENT_PREFIX.length);
    const nearest = nearestName(suffix, OPTION_NAMES);
    if (nearest === undefined) continue;
    const suggestion = environmentName(nearest);
    const source = 'the environment';
    throw new PronghornError('ERR_PRONGHORN_CONFIG_UNKNOWN', { name: variable, nearest: suggestion, source });
  }
  return validateConfig(values, environmentName);
}
