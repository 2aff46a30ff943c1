// The public door of Pronghorn: re-exports only.
export type { Location } from './config/kinds.js';
export type { Config } from './config/options.js';
export { type ErrorCode, PronghornError } from './errors.js';
export type { Request, ResponseInit } from './http/request.js';
export { createServer, type Handler, type Server, type ServerEvents } from './server.js';
export type { WorkerInfo } from './worker/application.js';
