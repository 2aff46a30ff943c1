// The public door of Pronghorn: re-exports only.
export type { CompressionOptions } from './config/compression.js';
export type { Location } from './config/location.js';
export type { Config } from './config/options.js';
export type { TlsOptions, TlsPair } from './config/tls.js';
export { type ErrorCode, PronghornError } from './errors.js';
export { type FetchApplication, type FetchHandler, fetch } from './fetch/application.js';
export type { FetchInfo } from './fetch/info.js';
export type { Handler } from './handler.js';
export { type FileBody, file } from './http/file-body.js';
export type { FieldPart, FilePart, Form, FormLimits, FormPart } from './http/form.js';
export type { Request } from './http/request.js';
export type { ResponseInit, ResponseStart, StreamedBody } from './http/response.js';
export type { Cookie } from './http/set-cookie.js';
export type { TlsInfo } from './http/tls-info.js';
export type { UpgradedSocket } from './http/upgraded-socket.js';
export type { HandleProtocols } from './http/websockets.js';
export { createServer, type Server, type ServerEvents } from './server.js';
export type { WorkerInfo } from './worker/application.js';
