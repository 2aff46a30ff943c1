// Every error that Pronghorn reports: code → message and exit code of a process that ends because of it. Used in
// every process; imports nothing of ours. Callers match on `code`, never on the text.
import { BINDING_ERRORS } from './errors/binding.js';
import { CHANGE_ERRORS } from './errors/changes.js';
import { REQUEST_ERRORS } from './errors/requests.js';
import { EXIT, type Row, row } from './errors/row.js';
import { TLS_ERRORS } from './errors/tls.js';

export { EXIT };

/** An error's own words, without its stack. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}

/** Every code, for the page that lists them. */
export const ERROR_TABLE = {
  ERR_PRONGHORN_CONFIG_UNKNOWN: row<{ name: string; nearest?: string; source?: string; remark?: string }>(
    EXIT.usage,
    ({ name, nearest, source, remark }) =>
      `unknown option \`${name}\`${source ? ` in ${source}` : ''}${nearest ? `, did you mean \`${nearest}\`?` : ''}${remark ? `; ${remark}` : ''}`,
  ),
  ERR_PRONGHORN_CONFIG_VALUE: row<{ name: string; expected: string; received: string; source?: string }>(
    EXIT.usage,
    ({ name, expected, received, source }) =>
      `expected ${expected} for \`${name}\`${source ? ` in ${source}` : ''}, received ${received}`,
  ),
  ERR_PRONGHORN_CONFIG_CONFLICT: row<{ names: readonly string[]; rule: string }>(
    EXIT.usage,
    ({ names, rule }) => `${names.map((name) => `\`${name}\``).join(' and ')} do not fit together: ${rule}`,
  ),
  ERR_PRONGHORN_CONFIG_FIXED: row<{ name: string }>(
    EXIT.usage,
    ({ name }) => `\`${name}\` cannot change while the server runs`,
  ),
  ERR_PRONGHORN_CONFIG_HANDLER: row<{ received: string }>(
    EXIT.usage,
    ({ received }) =>
      `expected a function (request) => …, a (req, res) listener or an object with fetch(request) as handler, received ${received}; node() and fetch() say which it is`,
  ),
  ERR_PRONGHORN_CONFIG_FILE: row<{ path: string; reason: string }>(
    EXIT.usage,
    ({ path, reason }) => `cannot use the configuration file ${path}: ${reason}`,
  ),
  ERR_PRONGHORN_CONFIG_ACCOUNT: row<{ name: string; value: string; reason: string }>(
    EXIT.usage,
    ({ name, value, reason }) => `cannot run as ${name} ${value}: ${reason}`,
  ),
  ERR_PRONGHORN_CLI_USAGE: row<{ text: string }>(EXIT.usage, ({ text }) => text),
  ERR_PRONGHORN_CLI_APP: row<{ path: string; reason: string }>(
    EXIT.usage,
    ({ path, reason }) => `cannot use ${path} as the application: ${reason}`,
  ),

  ERR_PRONGHORN_SIMULATION_USAGE: row<{ text: string }>(EXIT.usage, ({ text }) => text),
  ERR_PRONGHORN_SIMULATION_TRACE: row<{ reason: string }>(
    EXIT.usage,
    ({ reason }) => `the trace cannot be simulated: ${reason}`,
  ),

  ...BINDING_ERRORS,
  ERR_PRONGHORN_SYSTEM_CALL: row<{ syscall: string; errno: string; reason?: string }>(
    EXIT.internal,
    ({ syscall, errno, reason }) => `${syscall} failed with ${errno}${reason ? `: ${reason}` : ''}`,
  ),

  ERR_PRONGHORN_LISTEN_ADDRESS: row<{ address: string; reason: string }>(
    EXIT.usage,
    ({ address, reason }) => `cannot understand the address ${address}: ${reason}`,
  ),
  ERR_PRONGHORN_LISTEN_IN_USE: row<{ address: string }>(
    EXIT.listen,
    ({ address }) => `the address ${address} is in use`,
  ),
  ERR_PRONGHORN_LISTEN_DENIED: row<{ address: string }>(
    EXIT.listen,
    ({ address }) => `not allowed to listen on ${address}`,
  ),
  ERR_PRONGHORN_LISTEN_FAILED: row<{ address: string; reason: string }>(
    EXIT.listen,
    ({ address, reason }) => `cannot listen on ${address}: ${reason}`,
  ),
  ERR_PRONGHORN_LISTEN_LOCK_FILE: row<{ path: string; reason: string }>(
    EXIT.listen,
    ({ path, reason }) => `cannot use ${path} as the lock file of acceptMutex: ${reason}`,
  ),

  ...TLS_ERRORS,

  ERR_PRONGHORN_CHANNEL_MESSAGE: row<{ reason: string }>(
    EXIT.internal,
    ({ reason }) => `a message on the channel makes no sense: ${reason}`,
  ),

  ERR_PRONGHORN_SPAWN: row<{ what: string; reason: string }>(
    EXIT.boot,
    ({ what, reason }) => `cannot start the ${what}: ${reason}`,
  ),
  ERR_PRONGHORN_THREAD_MEMORY: row(
    EXIT.boot,
    () => 'the thread has used up the heap that it may have; node --max-old-space-size sets it, in MiB',
  ),
  ERR_PRONGHORN_THREAD_STUCK: row<{ thread: number; seconds: number }>(
    EXIT.boot,
    ({ thread, seconds }) =>
      `thread ${thread} cannot be ended, it has not come back from native code for ${seconds} seconds`,
  ),
  ERR_PRONGHORN_FORK_UNSAFE: row<{ reason: string }>(
    EXIT.forkUnsafe,
    ({ reason }) => `startMethod is fork, but workers cannot be forked: ${reason}`,
  ),

  ERR_PRONGHORN_BOOT_APP: row<{ path: string; reason: string }>(
    EXIT.boot,
    ({ path, reason }) => `${path} failed while loading: ${reason}`,
  ),
  ERR_PRONGHORN_BOOT_EXPORT: row<{ path: string; received: string }>(
    EXIT.boot,
    ({ path, received }) =>
      `expected a server from createServer(), a function (request) => …, a (req, res) listener or an object with fetch(request) as default export of ${path}, received ${received}; node() and fetch() say which it is`,
  ),
  ERR_PRONGHORN_BOOT_TIMEOUT: row<{ what: string; seconds: number }>(
    EXIT.boot,
    ({ what, seconds }) => `the ${what} was not ready within ${seconds} seconds`,
  ),
  ERR_PRONGHORN_BOOT_EXITED: row<{ what: string; how: string }>(
    EXIT.boot,
    ({ what, how }) => `the ${what} ended before it was ready (${how})`,
  ),
  ERR_PRONGHORN_BOOT_WORKER: row<{ reason: string }>(
    EXIT.boot,
    ({ reason }) => `a worker could not start: ${reason}`,
  ),
  ERR_PRONGHORN_BOOT_READINESS: row<{ path: string; status: number }>(
    EXIT.boot,
    ({ path, status }) => `the readiness check ${path} was answered with ${status}`,
  ),
  ERR_PRONGHORN_OWN_REQUEST: row<{ method: string; url: string; reason: string }>(
    EXIT.boot,
    ({ method, url, reason }) => `the server could not ask itself for ${method} ${url}: ${reason}`,
  ),
  ERR_PRONGHORN_BOOT_WORKERS: row<{ attempts: number; reason: string }>(
    EXIT.boot,
    ({ attempts, reason }) => `no worker became ready in ${attempts} attempts: ${reason}`,
  ),

  ...CHANGE_ERRORS,

  ERR_PRONGHORN_PID_FILE: row<{ path: string; reason: string }>(
    EXIT.usage,
    ({ path, reason }) => `cannot use ${path} as the pid file: ${reason}`,
  ),
  ERR_PRONGHORN_PID_FILE_IN_USE: row<{ path: string; pid: string }>(
    EXIT.usage,
    ({ path, pid }) => `a server runs already: the pid file ${path} belongs to process ${pid}`,
  ),

  ERR_PRONGHORN_ACCESS_LOG: row<{ path: string; reason: string }>(
    EXIT.usage,
    ({ path, reason }) => `cannot write the access log to ${path}: ${reason}`,
  ),
  ERR_PRONGHORN_RUNTIME_DIR: row<{ path: string; reason: string }>(
    EXIT.usage,
    ({ path, reason }) =>
      `cannot keep pid file and control socket in ${path}: ${reason}; --runtime-dir names another folder`,
  ),
  ERR_PRONGHORN_CONTROL_SOCKET: row<{ path: string; reason: string }>(
    EXIT.usage,
    ({ path, reason }) => `cannot use the control socket ${path}: ${reason}`,
  ),
  ERR_PRONGHORN_CONTROL_REQUEST: row<{ reason: string }>(
    EXIT.internal,
    ({ reason }) => `a request on the control socket makes no sense: ${reason}`,
  ),
  ERR_PRONGHORN_CONTROL_VERSION: row<{ own: number; other: string }>(
    EXIT.usage,
    ({ own, other }) =>
      `the running server understands version ${own} of the control protocol, and was spoken to in version ${other}`,
  ),
  ERR_PRONGHORN_CONTROL_LOST: row<{ what: string }>(
    EXIT.internal,
    ({ what }) => `the server ended or broke off before ${what}`,
  ),
  ERR_PRONGHORN_CONTROL_TIMEOUT: row<{ what: string; seconds: number }>(
    EXIT.timeout,
    ({ what, seconds }) => `gave up waiting for ${what} after ${seconds} s; the server goes on with it`,
  ),
  ERR_PRONGHORN_CONTROL_SILENT: row<{ pid?: number; seconds: number; isStopped: boolean }>(
    EXIT.timeout,
    ({ pid, seconds, isStopped }) => {
      // No process holds the pid file: there is nothing to advise.
      if (pid === undefined) return `nothing comes from the control socket within ${seconds} s`;
      const why = isStopped ? `it is stopped, and \`kill -CONT ${pid}\` lets it go on` : 'it hangs';
      return `the manager, process ${pid}, does not answer within ${seconds} s: ${why}; \`pronghorn stop --now\` ends it at once`;
    },
  ),
  ERR_PRONGHORN_ADVERTISE: row<{ reason: string }>(EXIT.usage, ({ reason }) => `cannot advertise: ${reason}`),
  ERR_PRONGHORN_NOT_RUNNING: row(EXIT.notRunning, () => 'Pronghorn server not running.'),

  ERR_PRONGHORN_SERVER_STOPPING: row(EXIT.internal, () => 'the server stops'),
  ERR_PRONGHORN_SERVER_NOT_RUNNING: row<{ method: string }>(
    EXIT.internal,
    ({ method }) => `${method}() is for the process in which run() was called, while the server runs`,
  ),
  ERR_PRONGHORN_SERVER_STARTED: row(
    EXIT.internal,
    () => 'run() was called before on this server; it may be called once',
  ),
  ERR_PRONGHORN_SERVER_HANDLER: row(
    EXIT.boot,
    () => "the server has no handler: pass one to createServer() or add one with on('request', …)",
  ),
  ERR_PRONGHORN_SERVER_LISTENER: row<{ parameters: number }>(
    EXIT.boot,
    ({ parameters }) =>
      `a listener of 'request' gets one parameter, this one has ${parameters}: wrap a (req, res) listener with node()`,
  ),
  ERR_PRONGHORN_SERVER_SECOND: row(
    EXIT.boot,
    () => 'a process can run one server, and another one was run before',
  ),

  ...REQUEST_ERRORS,

  ERR_PRONGHORN_INTERNAL: row<{ reason: string }>(
    EXIT.internal,
    ({ reason }) => `unexpected failure: ${reason}`,
  ),
} as const;

type Table = typeof ERROR_TABLE;

/** Every code, with its message and exit code, is in docs/ERRORS.md. */
export type ErrorCode = keyof Table;

/** What the message of a code is made of. */
export type ErrorDetails<Code extends ErrorCode> = Table[Code] extends Row<infer Details> ? Details : never;

/** What the constructor takes: a code, and its details where it has some. */
export type ErrorArguments = {
  [Code in ErrorCode]: Record<never, never> extends ErrorDetails<Code>
    ? [code: Code, details?: { cause?: unknown }]
    : [code: Code, details: ErrorDetails<Code> & { cause?: unknown }];
}[ErrorCode];

/** The one class of Pronghorn's errors. `code` tells them apart and is stable; the message is for people. */
export class PronghornError extends Error {
  /** Stable: later versions add codes, and do not change what one means. */
  readonly code: ErrorCode;
  /** What the process exits with when this error ends it. */
  readonly exitCode: number;
  /**
   * The file in which more is to be read; undefined: none is known.
   * @internal
   */
  declare log: string | undefined;

  /** @internal */
  constructor(...[code, details = {}]: ErrorArguments) {
    const { exitCode, message } = ERROR_TABLE[code] as Row<unknown>;
    super(message(details), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.exitCode = exitCode;
  }

  /**
   * An error that another process reported: the same code and words, and as cause what stood below them there.
   * @returns undefined if the code is not one of ours
   * @internal
   */
  static relayed(code: string, text: string, cause?: unknown): PronghornError | undefined {
    if (!Object.hasOwn(ERROR_TABLE, code)) return undefined;
    const error = new PronghornError('ERR_PRONGHORN_INTERNAL', { reason: text, cause });
    const { exitCode } = ERROR_TABLE[code as ErrorCode];
    return Object.assign(error, { code, exitCode, message: text });
  }

  static {
    // On the prototype, so that it is not listed as an own property wherever an error is printed.
    Object.defineProperty(PronghornError.prototype, 'name', {
      value: 'PronghornError',
      configurable: true,
      writable: true,
    });
  }
}
