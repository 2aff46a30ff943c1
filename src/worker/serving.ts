// The HTTP server of a process that has the application: as a worker has it, and as a host has it for its warm-up. Runs
// in both; opens no listener.
import type { EngineOptions } from '../binding/contract.js';
import type { ResolvedConfig } from '../config/options.js';
import { HttpServer } from '../http/server.js';
import { TrustedProxies } from '../http/trusted-proxies.js';
import type { Log } from '../log.js';
import type { Scoreboard } from '../scoreboard/scoreboard.js';
import type { Application } from './application.js';

export interface Serving {
  readonly application: Application;
  readonly config: ResolvedConfig;
  readonly scoreboard: Scoreboard;
  readonly slot: number;
  readonly log: Log;
}

function engineOptions({ config, scoreboard, slot }: Serving): EngineOptions {
  return {
    scoreboard: scoreboard.native,
    slot,
    clients: config.clients,
    maxHeaderSize: config.maxHeaderSize,
    maxHeaders: config.maxHeaders,
    requiresHost: true,
    maxBodySize: config.maxBodySize,
    maxPipeline: config.maxPipeline,
    keepAliveTimeoutMs: config.keepAliveTimeoutMs,
    keepAliveRequests: config.keepAliveRequests,
    headerTimeoutMs: config.headerTimeoutMs,
    bodyTimeoutMs: config.bodyTimeoutMs,
    requestTimeoutMs: 0,
    sendTimeoutMs: config.sendTimeoutMs,
    loadWindowMs: config.loadAveragePeriodMs,
    accessLog: config.accessLog === 'off' ? 'off' : config.accessLogFormat,
  };
}

export function openServer(serving: Serving): HttpServer {
  const { application, config, log } = serving;
  return new HttpServer({
    engine: engineOptions(serving),
    listeners: application,
    proxies: TrustedProxies.fromConfig(config),
    compression: config.compression,
    webSockets: {
      timeoutMs: config.websocketTimeoutMs,
      deflate: config.websocketDeflate,
      messageSizeMost: config.maxMessageSize,
    },
    webSocketSupport: application.webSocketSupport,
    log,
  });
}
