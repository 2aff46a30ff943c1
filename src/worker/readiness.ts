// The readiness check of a new worker: it asks its own handler, before anybody else can, and is ready only when that
// gives a good answer. Runs in workers; that it takes too long is for the manager to see.
import { setTimeout as delay } from 'node:timers/promises';
import type { ResolvedConfig } from '../config/options.js';
import { PronghornError } from '../errors.js';
import type { HttpServer } from '../http/server.js';
import { type Log, record } from '../log.js';
import { askOwn } from './own-client.js';

/** The one status that says "not yet". */
const NOT_YET = 503;
const FAILURE_STATUS = 400;
const INTERVAL_MS = 100;

/** @throws ERR_PRONGHORN_BOOT_READINESS, ERR_PRONGHORN_OWN_REQUEST */
export async function provenReady(http: HttpServer, config: ResolvedConfig, log: Log): Promise<void> {
  const { readinessCheck: path, bootTimeoutMs } = config;
  const request = { method: 'GET', url: path, headers: {}, body: '' };
  let status = await askOwn(http, request, bootTimeoutMs);
  if (status === NOT_YET) record(log, 'worker.not-yet', { path, status });
  while (status === NOT_YET) {
    await delay(INTERVAL_MS);
    status = await askOwn(http, request, bootTimeoutMs);
  }
  if (status >= FAILURE_STATUS) throw new PronghornError('ERR_PRONGHORN_BOOT_READINESS', { path, status });
}
