// Checks one source of options (an object, the environment, the command line) against the option table. Throws a
// PronghornError that names key, value and expectation. Pure.
import { inspect } from 'node:util';
import { PronghornError } from '../errors.js';
import type { Option } from './kinds.js';
import { nearestName } from './nearest.js';
import { type Config, OPTION_NAMES, OPTIONS, type OptionName } from './options.js';

const RECEIVED_LENGTH_MAX = 80;

/** Without the keys of TLS. */
function withoutKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutKeys);
  return typeof value === 'object' && value !== null && 'tls' in value ? { ...value, tls: '…' } : value;
}

/** A value as an error message shows it. */
export function shown(value: unknown): string {
  const text = inspect(withoutKeys(value), { depth: 1, breakLength: Number.POSITIVE_INFINITY });
  return text.length > RECEIVED_LENGTH_MAX ? `${text.slice(0, RECEIVED_LENGTH_MAX)}…` : text;
}

/** How a source writes the name of an option, and what it is called in messages. */
interface Writing {
  readonly spell: (name: string) => string;
  readonly source?: string;
}

function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}

function checkValue(name: OptionName, value: unknown, { spell, source }: Writing): void {
  const option: Option<unknown, 's' | undefined> = OPTIONS[name];
  if (option.accepts(value)) return;
  throw new PronghornError('ERR_PRONGHORN_CONFIG_VALUE', {
    name: spell(name),
    expected: option.expected,
    received: shown(value),
    source,
  });
}

/** `workers` means both bounds at once, so it cannot stand beside one of them in the same source. */
function checkWorkers(values: Config, spell: (name: string) => string): void {
  if (values.workers === undefined) return;
  const other = (['minServers', 'maxServers'] as const).find((name) => values[name] !== undefined);
  if (other === undefined) return;
  throw new PronghornError('ERR_PRONGHORN_CONFIG_CONFLICT', {
    names: [spell('workers'), spell(other)],
    rule: 'the first sets both bounds',
  });
}

/**
 * The options of one source. Keys whose value is undefined count as not given.
 * @param spell how this source writes an option's name
 * @param source what it is called, where the names alone do not tell
 * @throws ERR_PRONGHORN_CONFIG_UNKNOWN, ERR_PRONGHORN_CONFIG_VALUE, ERR_PRONGHORN_CONFIG_CONFLICT
 */
export function validateConfig(
  values: unknown,
  spell: (name: string) => string = (name) => name,
  source?: string,
): Config {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    const expected = 'an object of options';
    throw new PronghornError('ERR_PRONGHORN_CONFIG_VALUE', {
      name: 'config',
      expected,
      received: shown(values),
      source,
    });
  }
  const config: Partial<Record<OptionName, unknown>> = {};
  for (const [name, value] of Object.entries(values)) {
    if (!isOptionName(name)) {
      const nearest = nearestName(name, OPTION_NAMES);
      throw new PronghornError('ERR_PRONGHORN_CONFIG_UNKNOWN', {
        name,
        nearest: nearest && spell(nearest),
        source,
      });
    }
    if (value === undefined) continue;
    checkValue(name, value, { spell, source });
    config[name] = value;
  }
  checkWorkers(config as Config, spell);
  return config as Config;
}
