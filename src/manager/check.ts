// Whether a server could be started: loads the application, looks at every option, reads the certificates, and ends what
// it has started. Opens no socket. Runs in the command `check`.
import { checkAccess } from '../admin/access.js';
import type { Config, ResolvedConfig } from '../config/options.js';
import { Booter, wantedMethod } from '../hosts/booter.js';
import type { Method } from '../hosts/host-body.js';
import type { HostProgram } from '../hosts/host-program.js';
import { Reaper } from '../hosts/reaper.js';
import { parseAddress, parseAddresses, tlsPlaces } from '../listener/address.js';
import { createLog } from '../log.js';
import { mergedSources, wantedBy } from './configuration.js';
import { applyUmask, identityOf, refuseLateIdentity } from './identity.js';
import { NOTHING_LIVE } from './live-options.js';
import { TlsKeeper } from './tls-keeper.js';

const DEFAULT_BOOT_TIMEOUT_S = 30;

export interface CheckOptions {
  readonly program: Omit<HostProgram, 'bootTimeoutMs' | 'identity'>;
  readonly file: Config;
  /** Environment and command line. */
  readonly start: Config;
}

export interface Findings {
  readonly config: ResolvedConfig;
  /** How workers would come to be. */
  readonly method: Method;
}

/** @throws whatever would keep the server from starting, but for its sockets */
export async function check({ program, file, start }: CheckOptions): Promise<Findings> {
  const before = { app: {}, file, start, live: NOTHING_LIVE };
  const known = mergedSources(before);
  wantedBy(before);
  applyUmask(known);
  const { bootTimeout = DEFAULT_BOOT_TIMEOUT_S } = known;
  const log = createLog('warn');
  const identity = identityOf(known);
  const reaper = new Reaper();
  const booter = new Booter(
    { ...program, bootTimeoutMs: bootTimeout * 1000, identity },
    reaper,
    log,
    ({ config = {} }) => wantedBy({ ...before, app: config }).config,
  );
  reaper.start();
  try {
    const boot = await booter.boot(wantedMethod(known));
    const sources = { ...before, app: boot.loaded.config ?? {} };
    refuseLateIdentity(sources.app, mergedSources(sources), identity);
    const { config } = wantedBy(sources);
    if (config.admin !== '') checkAccess(parseAddress(config.admin), config.adminToken);
    const { method } = await booter.agreed(boot, wantedMethod(config));
    const tls = await TlsKeeper.open(tlsPlaces(parseAddresses(config.listen)), config, log);
    tls.stop();
    return { config, method };
  } finally {
    await booter.end();
    reaper.stop();
  }
}
