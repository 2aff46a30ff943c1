// What a simulation is told to do: a trace in JSON, checked whole before anything runs. docs/SCALING.md describes it. Pure.
import type { Config, ResolvedConfig } from '../config/options.js';
import { resolveConfig } from '../config/resolve.js';
import { shown, validateConfig } from '../config/validate.js';
import { PronghornError, reasonOf } from '../errors.js';

/** From `atMs` on so many requests a second, reached in a straight line that takes `overMs`. */
export interface LoadPoint {
  readonly atMs: number;
  readonly rps: number;
  readonly overMs: number;
}

export type TraceEvent =
  | { readonly atMs: number; readonly kind: 'burst'; readonly requests: number }
  | { readonly atMs: number; readonly kind: 'hang'; readonly forMs: number }
  | { readonly atMs: number; readonly kind: 'crash'; readonly workers: number }
  | { readonly atMs: number; readonly kind: 'crashLoop'; readonly forMs: number }
  | { readonly atMs: number; readonly kind: 'boot'; readonly bootMs: number };

export interface Trace {
  readonly config: ResolvedConfig;
  readonly seed: number;
  readonly lengthMs: number;
  readonly serviceMs: number;
  readonly service: 'fixed' | 'exponential';
  readonly bootMs: number;
  readonly load: readonly LoadPoint[];
  readonly events: readonly TraceEvent[];
}

const WORKERS_MOST = 1000;
const REQUESTS_MOST = 10_000_000;
/** For the options whose defaults depend on the machine. */
const CPUS = 8;

type Fields = Record<string, unknown>;

function refuse(reason: string, cause?: unknown): never {
  throw new PronghornError('ERR_PRONGHORN_SIMULATION_TRACE', { reason, cause });
}

/** An object with these keys and no others. */
function fieldsOf(value: unknown, where: string, names: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuse(`expected an object for ${where}, received ${shown(value)}`);
  }
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown !== undefined) refuse(`unknown key \`${unknown}\` in ${where}; there are ${names.join(', ')}`);
  return value as Fields;
}

function numberOf(fields: Fields, name: string, where: string, least: number, fallback?: number): number {
  const value = fields[name] ?? fallback;
  if (typeof value === 'number' && Number.isFinite(value) && value >= least) return value;
  return refuse(
    `expected a number of at least ${least} for \`${name}\` in ${where}, received ${shown(value)}`,
  );
}

function listOf(value: unknown, where: string): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : refuse(`expected a list for ${where}, received ${shown(value)}`);
}

function loadPoint(value: unknown, index: number): LoadPoint {
  const where = `load[${index}]`;
  const fields = fieldsOf(value, where, ['at', 'rps', 'over']);
  return {
    atMs: numberOf(fields, 'at', where, 0) * 1000,
    rps: numberOf(fields, 'rps', where, 0),
    overMs: numberOf(fields, 'over', where, 0, 0) * 1000,
  };
}

function event(value: unknown, index: number): TraceEvent {
  const where = `events[${index}]`;
  const { kind } = fieldsOf(value, where, ['at', 'kind', 'requests', 'seconds', 'workers', 'bootMs']);
  const only = (...names: string[]) => fieldsOf(value, where, ['at', 'kind', ...names]);
  const atMs = numberOf(value as Fields, 'at', where, 0) * 1000;
  const forMs = (fallback?: number) => numberOf(only('seconds'), 'seconds', where, 0, fallback) * 1000;
  switch (kind) {
    case 'burst':
      return { atMs, kind, requests: numberOf(only('requests'), 'requests', where, 1) };
    case 'hang':
      return { atMs, kind, forMs: forMs(1e9) };
    case 'crash':
      return { atMs, kind, workers: numberOf(only('workers'), 'workers', where, 1, 1) };
    case 'crashLoop':
      return { atMs, kind, forMs: forMs() };
    case 'boot':
      return { atMs, kind, bootMs: numberOf(only('bootMs'), 'bootMs', where, 0) };
    default:
      return refuse(
        `expected burst, hang, crash, crashLoop or boot for \`kind\` in ${where}, received ${shown(kind)}`,
      );
  }
}

function configOf(value: unknown): ResolvedConfig {
  const fields = fieldsOf(value ?? {}, 'config', Object.keys(value ?? {}));
  let config: ResolvedConfig;
  try {
    config = resolveConfig(validateConfig(fields as Config), CPUS);
  } catch (error) {
    return refuse(`config: ${reasonOf(error)}`, error);
  }
  if (config.maxServers > WORKERS_MOST) refuse(`at most ${WORKERS_MOST} workers can be simulated`);
  return config;
}

/** @throws ERR_PRONGHORN_SIMULATION_TRACE */
export function parseTrace(text: string): Trace {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    refuse(`it is no JSON: ${reasonOf(error)}`, error);
  }
  const names = ['config', 'seed', 'seconds', 'serviceMs', 'service', 'bootMs', 'load', 'events'];
  const fields = fieldsOf(value, 'the trace', names);
  const { service = 'fixed' } = fields;
  if (service !== 'fixed' && service !== 'exponential') {
    refuse(`expected fixed or exponential for \`service\`, received ${shown(service)}`);
  }
  const load = listOf(fields.load, '`load`').map(loadPoint);
  if (load.length === 0) refuse('`load` has no point');
  if (load.some(({ atMs }, i) => i > 0 && atMs < load[i - 1]!.atMs)) refuse('`load` is not in order of `at`');
  const lengthMs = numberOf(fields, 'seconds', 'the trace', 1) * 1000;
  const most = Math.max(...load.map(({ rps }) => rps)) * (lengthMs / 1000);
  if (most > REQUESTS_MOST) refuse(`${most} requests are too many: at most ${REQUESTS_MOST}`);
  return {
    config: configOf(fields.config),
    seed: numberOf(fields, 'seed', 'the trace', 0, 1),
    lengthMs,
    serviceMs: Math.max(1e-3, numberOf(fields, 'serviceMs', 'the trace', 0)),
    service,
    bootMs: numberOf(fields, 'bootMs', 'the trace', 0, 12),
    load,
    events: listOf(fields.events, '`events`').map(event),
  };
}

/** Requests a second at this time. */
export function rateAt(load: readonly LoadPoint[], now: number): number {
  let rate = 0;
  for (const { atMs, rps, overMs } of load) {
    if (now < atMs) break;
    const share = overMs === 0 ? 1 : Math.min(1, (now - atMs) / overMs);
    rate += (rps - rate) * share;
  }
  return rate;
}
