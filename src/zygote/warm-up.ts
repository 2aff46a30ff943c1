// Runs requests through the application's handler before anything is forked: what its code compiles, fills and caches
// for them, every worker has from the start, and shares. Runs in hosts; opens no socket that anybody else could reach,
// and leaves none open.
import { setTimeout as delay } from 'node:timers/promises';
import type { ResolvedConfig } from '../config/options.js';
import { fullRequest } from '../config/warmup.js';
import { reasonOf } from '../errors.js';
import { createLog, type Log, record } from '../log.js';
import { Scoreboard } from '../scoreboard/scoreboard.js';
import type { Application } from '../worker/application.js';
import { askOwn } from '../worker/own-client.js';
import { openServer } from '../worker/serving.js';

/** From here on an answer is a failure of the application. */
const FAILURE_STATUS = 500;

type Asked = ReturnType<typeof fullRequest>;

/** As often as wanted, until one fails. @throws ERR_PRONGHORN_OWN_REQUEST */
async function repeat(
  http: ReturnType<typeof openServer>,
  request: Asked,
  deadline: number,
  log: Log,
): Promise<void> {
  const { method, url, count } = request;
  for (let done = 0; done < count; done++) {
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) {
      record(log, 'warm-up.too-slow', { method, url, done, count });
      return;
    }
    const status = await askOwn(http, request, leftMs);
    if (status >= FAILURE_STATUS) {
      record(log, 'warm-up.failed', { method, url, status, reason: undefined });
      return;
    }
  }
}

/**
 * A request that fails is told to the log, and is no reason not to serve: what it needs may be there in workers only.
 * @param timeoutMs for all of it
 */
export async function warmUp(
  application: Application,
  config: ResolvedConfig,
  timeoutMs: number,
): Promise<void> {
  const log = createLog(config.logLevel).child({ pid: process.pid });
  const scoreboard = Scoreboard.create(1);
  const http = openServer({ application, config, scoreboard, slot: 0, log });
  const deadline = performance.now() + timeoutMs;
  for (const request of config.warmup.map(fullRequest)) {
    try {
      await repeat(http, request, deadline, log);
    } catch (error) {
      const { method, url } = request;
      record(log, 'warm-up.failed', { method, url, status: undefined, reason: reasonOf(error) });
    }
  }
  http.close();
  while (!http.isGone) await delay(1);
  scoreboard.close();
}
