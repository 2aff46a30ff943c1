// The options of a running server: what the application says, what stands above it, and what was said while it runs, which
// is above both until they change. Runs in the manager; changes nothing by itself.
import { changedOptions, reachOf } from '../config/changes.js';
import { cpusAvailable } from '../config/cpus.js';
import { memoryLimit } from '../config/memory.js';
import type { Config, OptionName, ResolvedConfig } from '../config/options.js';
import { mergeConfigs, resolveConfig } from '../config/resolve.js';
import { PronghornError } from '../errors.js';
import { parseAddresses } from '../listener/address.js';
import type { Wanted } from './equipment-store.js';
import { type LiveOptions, stillLive } from './live-options.js';

/** The sources of the options, in rising order. */
export interface Sources {
  readonly app: Config;
  /** The configuration file. */
  readonly file: Config;
  /** Environment and command line. */
  readonly start: Config;
  /** Since then. */
  readonly live: LiveOptions;
}

/** All but what was said while the server runs. */
export function ownConfig({ app, file, start }: Sources): Config {
  return mergeConfigs(app, file, start);
}

export function mergedSources(sources: Sources): Config {
  const own = ownConfig(sources);
  return mergeConfigs(own, stillLive(sources.live, own).options);
}

/** @throws ERR_PRONGHORN_CONFIG_CONFLICT, ERR_PRONGHORN_LISTEN_ADDRESS */
export function wantedBy(sources: Sources): Wanted {
  const merged = mergedSources(sources);
  const config = resolveConfig(merged, cpusAvailable(), memoryLimit());
  parseAddresses([...config.listen, ...(config.admin === '' ? [] : [config.admin])]);
  return { config, isListenAsked: merged.listen !== undefined };
}

export interface Difference {
  readonly names: readonly OptionName[];
  /** Workers that there are cannot go on as they are. */
  readonly reachesWorkers: boolean;
  /** What hosts are equipped with is something else. */
  readonly reachesEquipment: boolean;
}

const TLS_TIMES: readonly OptionName[] = ['tlsCheckInterval', 'tlsTicketRotation'];

/** @throws ERR_PRONGHORN_CONFIG_FIXED */
export function differenceOf(before: ResolvedConfig, after: ResolvedConfig): Difference {
  const names = changedOptions(before, after);
  const fixed = names.find((name) => reachOf(name) === 'start');
  if (fixed) throw new PronghornError('ERR_PRONGHORN_CONFIG_FIXED', { name: fixed });
  const reachesWorkers = names.some((name) => reachOf(name) === 'workers');
  const isMoreRoom = after.maxServers > before.maxServers || after.maxExtraServers > before.maxExtraServers;
  const isTlsTime = names.some((name) => TLS_TIMES.includes(name));
  return { names, reachesWorkers, reachesEquipment: reachesWorkers || isMoreRoom || isTlsTime };
}
