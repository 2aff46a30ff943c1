// The option table: every option that createServer(), the environment and the command line take. The one place where
// an option is described; documentation and help are made from it. Pure data, used in every process.
import { compression } from './compression.js';
import {
  account,
  bytes,
  choice,
  flag,
  integer,
  locations,
  networks,
  path,
  permissions,
  seconds,
  share,
} from './kinds.js';
import type { Location } from './location.js';
import { OPERATION_OPTIONS } from './operation.js';
import { target, type WarmupRequest, warmup } from './warmup.js';

export const OPTIONS = {
  listen: locations({
    default: 'http://*:8080',
    doc: 'where to listen: http://host:port, https://host:port?cert=…&key=…, unix:/path or fd://number; may be given several times',
  }),
  minServers: integer({ default: 1, min: 1, max: 4096, doc: 'workers that are always there' }),
  maxServers: integer({
    min: 1,
    max: 4096,
    defaultDoc: 'the number of CPUs, at least minServers',
    doc: 'workers that there are at most',
  }),
  workers: integer({
    min: 1,
    max: 4096,
    defaultDoc: 'none',
    doc: 'a fixed number of workers: minServers and maxServers at once',
  }),
  minLoad: share({
    defaultDoc: 'half of maxLoad',
    doc: 'average busy share of the event loops below which workers are removed; 0 removes none',
  }),
  maxLoad: share({
    defaultDoc: '0.7, or 0 if minSpareServers is given',
    doc: 'average busy share of the event loops above which workers are added; 0 adds none',
  }),
  loadAveragePeriod: seconds({ default: 3, min: 0.1, doc: 'over which the busy share is measured' }),
  minSpareServers: integer({
    default: 0,
    min: 0,
    max: 4096,
    doc: 'workers without a request in the works that are always there, within maxServers; 0 is without this rule',
  }),
  maxSpareServers: integer({
    min: 0,
    max: 4096,
    defaultDoc: 'minSpareServers and minServers together, if the first is given',
    doc: 'workers without a request in the works above which workers are removed; 0 removes none',
  }),
  maxExtraServers: integer({
    min: 1,
    max: 4096,
    defaultDoc: 'a quarter of maxServers',
    doc: 'workers beyond the others while some are replaced, so that a new one is ready before an old one goes',
  }),
  maxRequests: integer({
    default: 0,
    min: 0,
    doc: 'requests after which a worker is replaced, for each one a number between half of this and all; 0 is unlimited',
  }),
  maxAccepts: integer({
    default: 0,
    min: 0,
    doc: 'connections after which a worker is replaced, for each one a number between half of this and all; 0 is unlimited',
  }),
  maxMemory: bytes({
    defaultDoc: '¾ of the memory limit ÷ maxServers',
    min: 0,
    doc: 'bytes of memory that a worker shares with no other, after which it is replaced, for each one a number between the middle of its way there and this; 0 is unlimited',
  }),
  minWorkerTtl: seconds({
    default: 60,
    doc: 'age below which a worker is not removed for lack of load, and not replaced for what it has done',
  }),
  checkInterval: seconds({ default: 1, min: 0.01, doc: 'between two looks at the load' }),
  activityTimeout: seconds({
    default: 30,
    doc: 'for which the event loop of a worker may stand still, after which it is asked to stop, and after twice as long killed; 0 is unlimited',
  }),
  bootTimeout: seconds({
    default: 30,
    min: 0.1,
    doc: 'for the application to load, and for a worker to become ready',
  }),
  terminationTimeout: seconds({
    default: 30,
    doc: 'that a worker has to finish its requests when it is stopped, after which it is killed; 0 is unlimited',
  }),
  forceWorkerStop: flag({
    default: true,
    doc: 'whether a worker ends as soon as its last connection is gone, or when nothing of the application keeps its event loop alive either',
  }),
  shutdownDelay: seconds({
    default: 0,
    doc: 'for which all goes on after the word to stop, so that load balancers learn of it; a second signal cuts it short',
  }),
  upgradeTimeout: seconds({
    default: 60,
    min: 0.1,
    doc: 'that a new manager has until its workers serve, in an upgrade; else it is killed and the old one goes on',
  }),
  pidFile: path({
    defaultDoc: 'none',
    doc: 'a file that names the manager and is locked by it',
  }),
  runtimeDir: path({
    defaultDoc: 'none; of the command, a private folder for each application',
    doc: 'a folder for pid file and control socket, by which commands find the server',
  }),
  user: account({
    placeholder: '<user>',
    defaultDoc: 'whoever starts the server',
    doc: 'who the processes are that run the application; the manager, which binds sockets and reads keys, stays root',
  }),
  group: account({
    placeholder: '<group>',
    defaultDoc: 'that of the user',
    doc: 'their main group; the other groups of the user are theirs too',
  }),
  umask: permissions({
    defaultDoc: 'as it was',
    doc: 'permissions that files which are made do not get',
  }),
  bindModel: choice(['reuseport', 'duplicate'], {
    default: 'reuseport',
    placeholder: '<model>',
    doc: 'one listening socket for each worker, or one that all workers share',
  }),
  acceptMutex: choice(['off', 'flock'], {
    default: 'off',
    placeholder: '<mutex>',
    doc: 'bindModel duplicate: whether a worker locks a file while it accepts, so that one at a time does',
  }),
  lockFile: path({
    defaultDoc: 'in a private folder that the server makes and removes',
    doc: 'the file that acceptMutex flock locks',
  }),
  workerModel: choice(['prefork', 'thread'], {
    default: 'prefork',
    placeholder: '<model>',
    doc: "workers that are processes of their own, or threads of the manager's",
  }),
  startMethod: choice(['auto', 'fork', 'spawn'], {
    default: 'auto',
    placeholder: '<method>',
    doc: 'workerModel prefork: workers forked from a process that loaded the application once, or each started by itself; auto forks where that is safe',
  }),
  warmup: warmup({
    defaultDoc: 'none',
    doc: 'requests that a process makes to its own handler before workers are forked from it, or before it serves itself: /path, METHOD /path, or { url, method, headers, body, count }, each 200 times or count times',
  }),
  readinessCheck: target({
    defaultDoc: 'none',
    doc: 'path that a new worker asks its own handler for before it serves: only with an answer of 2xx or 3xx it is ready; 503 is asked again until bootTimeout',
  }),
  clients: integer({
    default: 10_000,
    min: 1,
    doc: 'connections that a worker holds before it stops accepting',
  }),
  backlog: integer({
    default: 4096,
    min: 1,
    max: 65_535,
    doc: 'connections that wait in a listening socket',
  }),
  keepAliveTimeout: seconds({
    default: 75,
    doc: 'after which an idle connection is closed; longer than the idle time of the load balancers in front',
  }),
  keepAliveRequests: integer({
    default: 0,
    min: 0,
    doc: 'requests that a connection may carry; 0 is unlimited',
  }),
  headerTimeout: seconds({ default: 10, doc: 'for the whole head of a request to arrive; 0 is unlimited' }),
  bodyTimeout: seconds({ default: 30, doc: 'of silence within the body of a request; 0 is unlimited' }),
  sendTimeout: seconds({ default: 30, doc: 'of a client not taking its response; 0 is unlimited' }),
  maxHeaderSize: bytes({
    default: 16_384,
    min: 512,
    max: 262_144,
    doc: "bytes of a request's head, else it is answered 431",
  }),
  maxHeaders: integer({ default: 100, min: 1, max: 2000, doc: 'header lines of a request, else 431' }),
  maxBodySize: bytes({
    default: 16 * 1024 * 1024,
    min: 0,
    max: 2_147_483_647,
    doc: "bytes of a request's body, else it is answered 413",
  }),
  maxPipeline: integer({
    default: 64,
    min: 1,
    max: 4096,
    doc: 'requests of one connection that are in the works at a time; fewer while their bodies exceed maxBodySize together',
  }),
  proxy: flag({
    default: false,
    doc: 'whether clients are proxies, whose word on the real client, scheme and host is taken',
  }),
  trustedProxies: networks({
    defaultDoc: 'every client, if proxy is true',
    doc: 'the clients that are such proxies: addresses, CIDR blocks, unix; implies proxy',
  }),
  proxyHeaders: choice(['x-forwarded', 'forwarded'], {
    default: 'x-forwarded',
    placeholder: '<headers>',
    doc: 'what these proxies write: X-Forwarded-For, -Proto and -Host, or Forwarded (RFC 7239); the other is not looked at',
  }),
  tlsTicketRotation: seconds({
    default: 3600,
    min: 1,
    doc: 'after which the keys of TLS session tickets are replaced; a session can be resumed for twice as long',
  }),
  tlsCheckInterval: seconds({
    default: 10,
    doc: 'between two looks at the files of certificates and keys, which are read again when they have changed; 0 is never',
  }),
  compression: compression({
    default: false,
    doc: 'whether answers are compressed as clients accept it, and compressed request bodies inflated; true, or how',
  }),
  websocketTimeout: seconds({
    default: 60,
    doc: 'of silence after which a WebSocket client is pinged; as long again without a sign of life, it is closed; 0 is unlimited',
  }),
  websocketDeflate: flag({
    default: false,
    doc: 'whether WebSocket messages are compressed (permessage-deflate), which costs memory for each connection',
  }),
  maxMessageSize: bytes({
    default: 16 * 1024 * 1024,
    min: 1,
    max: 2_147_483_647,
    doc: 'bytes of a WebSocket message, else the connection is closed with 1009',
  }),
  ...OPERATION_OPTIONS,
} as const;

export type Options = typeof OPTIONS;
export type OptionName = keyof Options;

type ValueOf<Row> = Row extends { accepts: (value: unknown) => value is infer Value } ? Value : never;

/**
 * What createServer() takes. Every option is optional; names, defaults, ranges and meanings are in docs/CONFIGURATION.md.
 * Times are seconds and may be fractional.
 */
export type Config = { readonly [Name in OptionName]?: ValueOf<Options[Name]> };

type ResolvedName<Name extends OptionName> = 's' extends Options[Name]['unit'] ? `${Name}Ms` : Name;

/** Options that are lists, whether one or several values were given. */
type ListName = 'listen' | 'trustedProxies' | 'warmup';

/** Every option with its final value. Times are milliseconds, and their names say so. Plain JSON. */
export type ResolvedConfig = {
  readonly [Name in Exclude<OptionName, 'workers' | ListName> as ResolvedName<Name>]: ValueOf<Options[Name]>;
} & { readonly listen: readonly (string | Location)[]; readonly trustedProxies: readonly string[] } & {
  readonly warmup: readonly (string | WarmupRequest)[];
};

export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];
