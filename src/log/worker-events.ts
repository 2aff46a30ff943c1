// What Pronghorn logs of workers, of their connections and requests, and of zygotes: see events.ts.
import { FACT_FIELDS, row, WORKER_FIELDS } from './fields.js';

const WORKER = WORKER_FIELDS;
const FACTS = [...WORKER, 'reason', ...FACT_FIELDS] as const;
const QUIET = ['info', 'debug'] as const;
const QUIETLY = '`debug` while the pool starts and while it ends.';

export const WORKER_EVENTS = {
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
} as const;
