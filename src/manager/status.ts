// What server.status() gives, put together from those who know. Runs in the manager; asks no worker anything.
import type { ResolvedConfig } from '../config/options.js';
import { printAddress } from '../listener/address.js';
import type { Changes } from './changes.js';
import type { EquipmentStore } from './equipment-store.js';
import type { ServerStatus } from './events.js';
import type { News } from './news.js';
import type { Pool } from './pool.js';

/** What there is by now: while the server starts, little. */
export interface Known {
  readonly config?: ResolvedConfig;
  readonly pool?: Pool;
  readonly store?: EquipmentStore;
  readonly changes?: Changes;
}

export function statusOf(known: Known, news: News, isStopping: boolean): ServerStatus {
  const { config, pool, store, changes } = known;
  const method = pool?.spawner.method;
  return {
    pid: process.pid,
    uptime: process.uptime(),
    state: isStopping ? 'stopping' : pool?.isUp ? 'running' : 'starting',
    isReady: !isStopping && (pool?.readyCount ?? 0) > 0 && pool?.isUp === true,
    generation: pool?.spawner.generation ?? 0,
    change: changes?.current,
    startMethod: method === 'thread' ? undefined : method,
    minServers: config?.minServers ?? 0,
    maxServers: config?.maxServers ?? 0,
    addresses: store?.listeners.addresses.map(printAddress) ?? [],
    queued: store?.listeners.queueDepth() ?? 0,
    workers: pool?.statuses ?? [],
    decisions: news.decisions,
  };
}
