// What server.status() gives, put together from those who know. Runs in the manager; asks no worker anything.
import type { ResolvedConfig } from '../config/options.js';
import type { Progress } from '../control/protocol.js';
import { printAddress } from '../listener/address.js';
import type { News } from '../pool/news.js';
import type { Pool } from '../pool/pool.js';
import { LATENCY_LIMITS_US } from '../scoreboard/scoreboard.js';
import { NO_TOTALS, type Totals } from '../scoreboard/totals.js';
import type { ServerStatus, TotalsStatus } from '../status.js';
import type { Changes } from './changes.js';
import type { EquipmentStore } from './equipment-store.js';

const US_PER_SECOND = 1_000_000;

/** What there is by now: while the server starts, little. */
export interface Known {
  readonly config?: ResolvedConfig;
  readonly pool?: Pool;
  readonly store?: EquipmentStore;
  readonly changes?: Changes;
}

function totalsStatus(totals: Totals): TotalsStatus {
  const { accepted, requests, bytesIn, bytesOut, latencies, latencySumUs } = totals;
  const { responses1xx, responses2xx, responses3xx, responses4xx, responses5xx } = totals;
  return {
    accepted,
    requests,
    bytesIn,
    bytesOut,
    responses: {
      '1xx': responses1xx,
      '2xx': responses2xx,
      '3xx': responses3xx,
      '4xx': responses4xx,
      '5xx': responses5xx,
    },
    latency: {
      limits: LATENCY_LIMITS_US.slice(0, -1).map((us) => us / US_PER_SECOND),
      counts: LATENCY_LIMITS_US.map((_, bucket) => latencies[bucket] ?? 0),
      sum: latencySumUs / US_PER_SECOND,
    },
  };
}

export function statusOf(known: Known, news: News, isStopping: boolean): ServerStatus {
  const { config, pool, store, changes } = known;
  const method = pool?.edition.spawner.method;
  const totals = pool?.totals ?? NO_TOTALS;
  return {
    pid: process.pid,
    uptime: process.uptime(),
    state: isStopping ? 'stopping' : pool?.isUp ? 'running' : 'starting',
    isReady: !isStopping && (pool?.readyCount ?? 0) > 0 && pool?.isUp === true,
    generation: pool?.edition.generation ?? 0,
    change: changes?.current,
    startMethod: method === 'thread' ? undefined : method,
    minServers: config?.minServers ?? 0,
    maxServers: config?.maxServers ?? 0,
    addresses: store?.listeners.addresses.map(printAddress) ?? [],
    adminAddress: store?.admin.addresses.map(printAddress)[0],
    queued: store?.listeners.queueDepth() ?? 0,
    totals: totalsStatus(totals),
    workers: pool?.statuses ?? [],
    decisions: news.decisions,
  };
}

/** Of an upgrade: that of the new manager, whose workers this one does not see. */
export function progressOf({ config, pool, changes }: Known): Progress {
  const { pid } = process;
  if (!config || !pool) return { pid, generation: 0, ready: 0, wanted: 0, present: 0 };
  const { advanced } = changes ?? {};
  const { statuses } = pool;
  const present = statuses.length;
  if (advanced) {
    const { generation, ready, wanted } = advanced;
    return { pid, generation, ready, wanted, present };
  }
  const ready = statuses.filter(({ state, isOutdated }) => state === 'ready' && !isOutdated).length;
  const outdated = statuses.filter(({ state, isOutdated }) => state !== 'draining' && isOutdated).length;
  const wanted = Math.min(Math.max(ready + outdated, config.minServers), config.maxServers);
  return { pid, generation: pool.edition.generation, ready, wanted, present };
}
