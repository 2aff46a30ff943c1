// Every line that Pronghorn logs: event → level, fields, words, meaning. Used in every process; writes nothing itself. Names
// and fields are stable, words are for people. `npm run docs` writes docs/LOGS.md from it.
import { type FieldsOf, row } from './fields.js';
import { WORKER_EVENTS } from './worker-events.js';

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

  ...WORKER_EVENTS,

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
