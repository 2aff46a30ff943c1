// The status of a server in the text format of Prometheus, version 0.0.4. Pure. docs/METRICS.md lists every name, of which
// a test makes sure; names are never given another meaning.

import type { WorkerState } from '../policy/view.js';
import type { ServerStatus } from '../status.js';

type Labels = Readonly<Record<string, string | number>>;
type Sample = readonly [suffix: string, labels: Labels, value: number];

interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly samples: (status: ServerStatus) => readonly Sample[];
}

const STATES: readonly WorkerState[] = ['spawned', 'booting', 'ready', 'draining'];

const one = (value: number): readonly Sample[] => [['', {}, value]];

/** Of the workers that serve. */
export function meanLoad({ workers }: ServerStatus): number {
  const loads = workers.filter(({ state }) => state === 'ready').map(({ load }) => load);
  return loads.length === 0 ? 0 : loads.reduce((sum, load) => sum + load, 0) / loads.length;
}

function sumOf(status: ServerStatus, field: 'connections' | 'inFlight'): number {
  return status.workers.reduce((sum, worker) => sum + worker[field], 0);
}

function durations({ totals: { latency } }: ServerStatus): Sample[] {
  let below = 0;
  const buckets = latency.counts.map((count, bucket): Sample => {
    below += count;
    return ['_bucket', { le: latency.limits[bucket] ?? '+Inf' }, below];
  });
  return [...buckets, ['_sum', {}, latency.sum], ['_count', {}, below]];
}

const bySlot = (value: (worker: ServerStatus['workers'][number]) => number) => (status: ServerStatus) =>
  status.workers
    .filter(({ state }) => state === 'ready')
    .map((worker): Sample => ['', { slot: worker.slot }, value(worker)]);

const counter = (name: string, help: string, value: (status: ServerStatus) => number): Metric => ({
  name,
  type: 'counter',
  help,
  samples: (status) => one(value(status)),
});

const gauge = (name: string, help: string, value: (status: ServerStatus) => number): Metric => ({
  name,
  type: 'gauge',
  help,
  samples: (status) => one(value(status)),
});

export const METRICS: readonly Metric[] = [
  counter('pronghorn_http_requests_total', 'Requests received.', ({ totals }) => totals.requests),
  {
    name: 'pronghorn_http_responses_total',
    type: 'counter',
    help: 'Answers sent, by the class of their status.',
    samples: ({ totals }) =>
      Object.entries(totals.responses).map(([code, count]) => ['', { class: code }, count]),
  },
  {
    name: 'pronghorn_http_request_duration_seconds',
    type: 'histogram',
    help: "From the arrival of a request's head to the end of its answer, in all workers.",
    samples: durations,
  },
  gauge('pronghorn_http_requests_in_flight', 'Requests that are not answered yet.', (status) =>
    sumOf(status, 'inFlight'),
  ),
  counter('pronghorn_connections_accepted_total', 'Connections accepted.', ({ totals }) => totals.accepted),
  gauge('pronghorn_connections', 'Open connections.', (status) => sumOf(status, 'connections')),
  gauge('pronghorn_connections_queued', 'Connections that nobody has accepted yet.', ({ queued }) => queued),
  counter('pronghorn_received_bytes_total', 'Bytes received from clients.', ({ totals }) => totals.bytesIn),
  counter('pronghorn_sent_bytes_total', 'Bytes sent to clients.', ({ totals }) => totals.bytesOut),
  {
    name: 'pronghorn_workers',
    type: 'gauge',
    help: 'Workers, by state.',
    samples: ({ workers }) =>
      STATES.map((state) => ['', { state }, workers.filter((worker) => worker.state === state).length]),
  },
  gauge('pronghorn_workers_min', 'Lower bound of the pool.', ({ minServers }) => minServers),
  gauge('pronghorn_workers_max', 'Upper bound of the pool.', ({ maxServers }) => maxServers),
  gauge('pronghorn_load_ratio', 'Busy share of the event loops of serving workers, on average.', meanLoad),
  {
    name: 'pronghorn_worker_load_ratio',
    type: 'gauge',
    help: 'Busy share of the event loop of one worker.',
    samples: bySlot(({ load }) => load),
  },
  {
    name: 'pronghorn_worker_connections',
    type: 'gauge',
    help: 'Open connections of one worker.',
    samples: bySlot(({ connections }) => connections),
  },
  {
    name: 'pronghorn_worker_heartbeat_age_seconds',
    type: 'gauge',
    help: 'Since the event loop of one worker last turned.',
    samples: bySlot(({ heartbeatAge }) => heartbeatAge),
  },
  gauge(
    'pronghorn_generation',
    'Generation of the application that is current.',
    ({ generation }) => generation,
  ),
  gauge('pronghorn_ready', 'Whether new connections should be sent here.', ({ isReady }) => Number(isReady)),
  gauge('pronghorn_uptime_seconds', 'Since the manager was started.', ({ uptime }) => uptime),
];

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

export function metricsText(status: ServerStatus): string {
  const lines = METRICS.flatMap(({ name, type, help, samples }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples(status).map(([suffix, labels, value]) => `${name}${suffix}${labelText(labels)} ${value}`),
  ]);
  return `${lines.join('\n')}\n`;
}
