// Options that were set while the server ran: each stands above the configuration until that says something else of it
// than it said then. So they outlive a reload and an upgrade, and the last word is always the newest one. Pure.
import { isDeepStrictEqual } from 'node:util';
import type { HandoverLive } from '../channel/messages.js';
import type { Config, OptionName } from '../config/options.js';
import { mergeConfigs } from '../config/resolve.js';
import { validateConfig } from '../config/validate.js';

export interface LiveOptions {
  /** Never `workers`, but the bounds that it stands for. */
  readonly options: Config;
  /** What the configuration said of each of them at that time; it did not name the ones that are missing. */
  readonly over: Config;
}

export const NOTHING_LIVE: LiveOptions = { options: {}, over: {} };

/** One is nothing without the other. */
const BOUNDS: readonly OptionName[] = ['minServers', 'maxServers'];

function withPartners(names: readonly OptionName[]): OptionName[] {
  return names.some((name) => BOUNDS.includes(name)) ? [...new Set([...names, ...BOUNDS])] : [...names];
}

function namesOf(config: Config): OptionName[] {
  return Object.keys(config) as OptionName[];
}

function only(config: Config, names: readonly OptionName[]): Config {
  const named = names.filter((name) => config[name] !== undefined);
  return Object.fromEntries(named.map((name) => [name, config[name]]));
}

/** @param own what the configuration says now */
export function withLive({ options, over }: LiveOptions, config: Config, own: Config): LiveOptions {
  const added = mergeConfigs(config);
  const set = withPartners(namesOf(added));
  const rest = namesOf(over).filter((name) => !set.includes(name));
  return { options: mergeConfigs(options, added), over: { ...only(over, rest), ...only(own, set) } };
}

/** What this configuration has set is as it was before, unless it has been set once more since then. */
export function withoutLive(live: LiveOptions, config: Config, before: LiveOptions): LiveOptions {
  const set = mergeConfigs(config);
  const mine = namesOf(set).filter((name) => isDeepStrictEqual(live.options[name], set[name]));
  const others = namesOf(live.options).filter((name) => !mine.includes(name));
  const options = { ...only(live.options, others), ...only(before.options, mine) };
  return { options, over: only({ ...before.over, ...live.over }, withPartners(namesOf(options))) };
}

/** Without those of which the configuration says something else by now. @param own what it says */
export function stillLive(live: LiveOptions, own: Config): LiveOptions {
  const differs = (name: OptionName) => !isDeepStrictEqual(live.over[name], own[name]);
  const names = namesOf(live.options).filter((name) => !withPartners([name]).some(differs));
  return { options: only(live.options, names), over: only(live.over, withPartners(names)) };
}

function isValid(name: OptionName, value: unknown): boolean {
  try {
    validateConfig({ [name]: value });
    return true;
  } catch {
    return false;
  }
}

/** Of the manager before this one, which may be of another version: what this one does not know is not among them. */
export function inheritedLive({ options = {}, over = {} }: Partial<HandoverLive> = {}): LiveOptions {
  const names = namesOf(options).filter((name) => isValid(name, options[name]));
  return { options: only(options, names), over: only(over, withPartners(names)) };
}
