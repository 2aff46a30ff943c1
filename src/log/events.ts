// Every line that Pronghorn logs: event → level, fields, words, meaning. Used in every process; writes nothing itself. Names
// and fields are stable, words are for people. `npm run docs` writes docs/LOGS.md from it.
import { FACT_FIELDS, type FieldsOf, row, WORKER_FIELDS } from './fields.js';

const WORKER = WORKER_FIELDS;
const FACTS = [...WORKER, 'reason', ...FACT_FIELDS] as const;
const QUIET = ['info', 'debug'] as const;
const QUIETLY = '`debug` while the pool starts and while it ends.';

const LISTENING = ['addresses', 'workers', 'startMethod', 'pid'] as const;

function listening({ addresses, workers, startMethod, pid }: FieldsOf<(typeof LISTENING)[number]>): string {
  const way = startMethod === 'thread' ? 'worker model thread' : `start method ${startMethod}`;
  const count = `${workers} worker${workers === 1 ? '' : 's'}`;
  return `listening on ${addresses?.join(', ')} (${count}, ${way}, pid ${pid})`;
}

/** Every event, for the page that lists them. */
export const EVENTS = {
  'server.listening': row(
    'info',
    LISTENING,
    listening,
    'As many workers as `minServers` serve for the first time; `pid` is the manager.',
  ),
  'server.stopping': row(
    'info',
    ['reason'],
    'stopping; once more stops at once',
    'A signal, a command or the program wants the server to stop; requests under way are finished.',
  ),
  'server.stopping-at-once': row(
    'warn',
    ['reason'],
    'stopping at once',
    'The same for the second time, or `stop --now`: workers are killed.',
  ),
  'server.stopped': row('info', [], 'stopped', 'The last line: every child is gone.'),

  'reload.started': row('info', [], 'reloading the application', 'A reload has begun.'),
  'generation.deployed': row(
    'info',
    ['generation'],
    'every worker runs the new generation',
    'A reload has come to its end.',
  ),
  'generation.rolled-back': row(
    'error',
    ['generation', 'reason'],
    'the new generation is no good, going back',
    'A worker of a reload was no good; `generation` is the one that serves again.',
  ),
  'upgrade.started': row(
    'info',
    ['pid', 'timeoutMs'],
    'upgrading, a new manager starts',
    '`pid` is the new manager.',
  ),
  'upgrade.done': row(
    'info',
    ['pid'],
    'upgraded, the new manager takes over',
    'Said by the old manager, whose workers drain now.',
  ),
  'upgrade.taken-over': row(
    'info',
    ['pid'],
    'the manager before this one has handed over',
    'Said by the new manager; `pid` is the old one.',
  ),
  'change.failed': row(
    'error',
    ['change', 'reason'],
    ({ change, reason }) => `${change} failed, all goes on as it was: ${reason}`,
    'A reload, an upgrade or a change of the number of workers did not happen.',
  ),
  'options.taken-back': row(
    'error',
    ['reason'],
    'workers with the new options are no good, going back',
    'The options from before are in force again; who asked for the new ones is told why.',
  ),
  'options.changed': row('info', ['options'], 'reconfigured', 'These options have other values now.'),

  'worker.spawning': row(
    QUIET,
    ['worker', 'slot', 'generation', 'replaces', 'reason'],
    'spawning worker',
    `The manager has asked for a worker. ${QUIETLY}`,
  ),
  'worker.spawn-failed': row('error', ['slot', 'reason'], 'cannot spawn a worker', 'It cannot even ask.'),
  'worker.ready': row('debug', WORKER, 'worker is ready', 'It serves, by its own word.'),
  'worker.leaving': row(
    'info',
    WORKER,
    'worker ends of its own accord',
    'It was sent SIGQUIT, or the application wants it to end.',
  ),
  'worker.draining': row(
    QUIET,
    [...WORKER, 'reason'],
    'draining worker',
    `The manager has asked it to finish what it has begun. ${QUIETLY}`,
  ),
  'worker.hangs': row('error', FACTS, 'worker hangs', 'Its event loop stands still: see `inHand`.'),
  'worker.killing': row('warn', FACTS, 'killing worker', 'It did not end when it was asked to.'),
  'worker.ended': row(
    ['info', 'debug', 'warn'],
    [...WORKER, 'reason', 'retryInMs'],
    'worker ended',
    'As it was asked to. `warn` if not by exit code 0, else `debug` while the server stops.',
  ),
  'worker.died': row(
    'error',
    [...FACTS, 'retryInMs'],
    'worker died',
    'It served, and nobody had asked it to end.',
  ),
  'worker.died-early': row(
    'error',
    [...WORKER, 'reason', 'retryInMs'],
    'worker died before it was ready',
    'Another one is tried after `retryInMs`.',
  ),
  'worker.boot-failed': row(
    'error',
    ['err'],
    'worker failed to start',
    "Said by the worker: a 'spawn' listener threw, or the readiness check failed.",
  ),
  'worker.not-yet': row(
    'info',
    ['path', 'status'],
    'the readiness check says not yet, asking again',
    'Said by a worker whose `readinessCheck` is answered 503.',
  ),
  'worker.orphaned': row(
    'warn',
    [],
    'the manager is gone, stopping',
    'Said by a worker whose manager has died.',
  ),

  'connection.failed': row(
    'error',
    ['err'],
    'a listener of connections failed',
    'One of `connection`, `clientError` or of a socket threw; the worker goes on.',
  ),
  'request.failed': row(
    'error',
    ['err', 'method', 'url'],
    'handler failed',
    'It threw; the client gets a 500.',
  ),
  'request.refused': row(
    'debug',
    ['method', 'url', 'reason'],
    'request refused',
    "The client's fault, as a body that is too large.",
  ),
  'request.abandoned': row(
    'debug',
    ['method', 'url', 'reason'],
    'client gone',
    'The handler failed because the client has left.',
  ),

  'zygote.ready': row('debug', ['pid', 'generation'], 'zygote is ready', 'Workers can be forked from it.'),
  'zygote.died': row(
    'warn',
    ['pid', 'generation', 'reason'],
    'zygote died, starting a new one; workers go on',
    'Until the new one is ready no worker can be replaced.',
  ),
  'zygote.stuck': row(
    'error',
    ['pid', 'generation'],
    'zygote does not fork, killing it',
    'A worker that was asked for did not come to life within `bootTimeout`.',
  ),
  'zygote.failed': row(
    'error',
    ['reason', 'retryInMs'],
    'zygote failed to start',
    'The application cannot be loaded again.',
  ),
  'fork.unsafe': row(
    'warn',
    ['reason'],
    'workers cannot be forked, each loads the application by itself',
    'See FORK_SAFETY.md.',
  ),
  'fork.shared-resources': row(
    'warn',
    ['reason'],
    "opened while loading and shared by all workers; on('spawn') is the place for it",
    '`reason` lists what.',
  ),
  'warm-up.failed': row(
    'warn',
    ['method', 'url', 'status', 'reason'],
    'a request of the warm-up failed, its others are left out',
    'By its status, or by the reason.',
  ),
  'warm-up.too-slow': row(
    'warn',
    ['method', 'url', 'done', 'count'],
    'warm-up takes too long, the rest is left out',
    'It may take half of `bootTimeout`.',
  ),

  'access-log.reopened': row('info', ['path'], 'access log opened anew', 'After SIGUSR1.'),
  'access-log.not-reopened': row(
    'error',
    ['reason'],
    'the access log cannot be opened anew',
    'Lines go on to the old file.',
  ),
  'access-log.lost': row('warn', ['lines'], 'lines of the access log are lost', 'Its file takes nothing.'),
  'access-log.unusable': row('error', ['reason'], 'cannot use the access log', 'Said by a worker.'),

  'admin.listening': row(
    'info',
    ['addresses'],
    ({ addresses }) => `status page on ${addresses?.join(', ')}`,
    'See METRICS.md.',
  ),
  'admin.failed': row('error', ['err'], 'the admin server fails', 'Its sockets cannot be used.'),
  'admin.page-failed': row('error', ['err', 'url'], 'an admin page failed', 'The client gets a 500.'),

  'advertise.announced': row(
    'info',
    ['names'],
    'announced in the local network',
    'By Bonjour, one name for each address.',
  ),
  'advertise.failed': row(
    'warn',
    ['reason'],
    'the server cannot be announced in the local network',
    'It serves all the same.',
  ),

  'certificates.changed': row(
    'info',
    [],
    'certificates changed, new connections get the new ones',
    'Their files have changed.',
  ),
  'certificates.refused': row(
    'warn',
    ['reason'],
    'certificates changed and are no good, the old ones stay',
    'It is tried again when the files change again.',
  ),
  'certificates.unusable': row('error', ['err'], 'certificates cannot be changed', 'Said by a worker.'),
  'ticket-keys.rotated': row('debug', [], 'ticket keys rotated', 'See TLS.md.'),

  'steering.failed': row(
    'warn',
    ['reason'],
    'new connections cannot be steered to live workers',
    'They are accepted by neighbours instead.',
  ),
  'sockets.unused': row(
    'warn',
    ['unused'],
    'passed sockets that no location names were closed',
    'The process was started with more sockets than it wants.',
  ),
  'descriptors.short': row(
    'warn',
    ['clients', 'room', 'reason'],
    'a worker has not the descriptors for as many connections as clients says',
    'RLIMIT_NOFILE is too low.',
  ),
  'control.unreachable': row(
    'debug',
    ['reason'],
    'commands cannot reach this server',
    'A server in the foreground has neither pid file nor control socket.',
  ),
  'control.signals-only': row(
    'warn',
    ['reason'],
    'commands reach this server by signals only',
    'It has a pid file and no control socket.',
  ),
  'pid-file.lost': row(
    'error',
    ['reason'],
    'the pid file is gone and cannot be made again',
    'Somebody has removed it.',
  ),
  'service.untold': row(
    'warn',
    ['text', 'reason'],
    'the service manager cannot be told',
    'systemd does not listen any more.',
  ),
} as const;

export type EventName = keyof typeof EVENTS;

/** What has to be said of an event. */
export type EventFields<Name extends EventName> = FieldsOf<(typeof EVENTS)[Name]['fields'][number]>;

/** Whether this is the name of an event of ours. */
export function isEvent(name: unknown): name is EventName {
  return typeof name === 'string' && Object.hasOwn(EVENTS, name);
}
