// The simulator's command line: `node dist/simulation/main.js TRACE.json [--svg FILE] [--quiet]`. Prints what the policy
// decides under the trace, and why, then charts and a summary. Starts no process but itself and opens no socket.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { PronghornError, reasonOf } from '../errors.js';
import type { Action } from '../policy/view.js';
import { svgChart, textChart } from './chart.js';
import { simulate } from './run.js';
import { type Summary, summarize } from './summary.js';
import { parseTrace, type Trace } from './trace.js';

const USAGE = 'usage: npm run simulate -- TRACE.json [--svg FILE] [--quiet]';

interface Order {
  readonly path: string;
  readonly svg: string | undefined;
  readonly quiet: boolean;
}

function orderOf(words: string[]): Order {
  try {
    const options = { svg: { type: 'string' }, quiet: { type: 'boolean', default: false } } as const;
    const { values, positionals } = parseArgs({ args: words, options, allowPositionals: true });
    if (positionals.length !== 1) throw new Error('one trace is needed');
    return { path: positionals[0]!, svg: values.svg, quiet: values.quiet };
  } catch (error) {
    throw new PronghornError('ERR_PRONGHORN_SIMULATION_USAGE', { text: `${reasonOf(error)}; ${USAGE}` });
  }
}

function traceOf(path: string): Trace {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new PronghornError('ERR_PRONGHORN_SIMULATION_TRACE', { reason: reasonOf(error) });
  }
  return parseTrace(text);
}

function describe(action: Action): string {
  if (action.kind === 'giveUp') return `give up after ${action.attempts} attempts`;
  const whom = action.kind === 'spawn' ? `in slot ${action.slot}` : `worker ${action.worker}`;
  return `${action.kind} ${whom}: ${action.reason}`;
}

function inWords(summary: Summary): string[] {
  const { requests, lost, flaps, waitMs, recoveries } = summary;
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const { workersLeast, workersMost, workersMean } = summary;
  return [
    `requests   ${requests}, of which ${lost} were lost`,
    `workers    ${workersLeast} to ${workersMost}, ${workersMean.toFixed(1)} on average`,
    `flaps      ${flaps}`,
    `waits      median ${ms(waitMs.p50)}, p99 ${ms(waitMs.p99)}, longest ${ms(waitMs.most)}`,
    ...recoveries.map(({ what, atMs, tookMs }) => {
      const took = tookMs === undefined ? 'not recovered' : `p99 below twice what it was after ${tookMs} ms`;
      return `${(atMs / 1000).toFixed(1).padStart(7)} s  ${what}: ${took}`;
    }),
  ];
}

try {
  const { path, svg, quiet } = orderOf(process.argv.slice(2));
  const run = simulate(traceOf(path));
  if (!quiet) {
    for (const { atMs, action, workers } of run.decisions) {
      console.log(`${(atMs / 1000).toFixed(3).padStart(9)} s  ${workers} workers  ${describe(action)}`);
    }
    console.log(`\n${textChart(run)}`);
  }
  console.log(inWords(summarize(run)).join('\n'));
  if (svg !== undefined) writeFileSync(svg, svgChart(run));
} catch (error) {
  if (!(error instanceof PronghornError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = error.exitCode;
}
