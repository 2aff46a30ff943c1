// The status of a server as lines of text, for a terminal or a pipe. Pure.
import type { StatusReport, WorkerReport } from '../manager/controls.js';
import type { Paint, Style } from './terminal.js';

export interface ViewOptions {
  readonly paint: Paint;
  /** Columns of the terminal. */
  readonly width: number;
  /** Lines that there is room for; the rest of the workers is counted. */
  readonly height: number;
  /** Whether bars are drawn with block characters. */
  readonly isUnicode: boolean;
}

const BAR_CELLS = 10;
/** Of heads and the last decision. */
const OTHER_LINES = 8;
/** An event loop that has not turned for so long hangs. */
const HANGS_AFTER_S = 2;
const MIB = 1024 * 1024;

function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function bytes(value: number | undefined): string {
  return value === undefined ? '-' : `${grouped(value / MIB)} MB`;
}

function bar(share: number, isUnicode: boolean): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * BAR_CELLS);
  const [full, empty] = isUnicode ? ['█', '░'] : ['#', '.'];
  return full.repeat(filled) + empty.repeat(BAR_CELLS - filled);
}

function stateOf(worker: WorkerReport): string {
  const { state, heartbeatAge, isOutdated } = worker;
  if (state === 'ready' && heartbeatAge > HANGS_AFTER_S) return 'hangs';
  return state === 'ready' && isOutdated ? 'outdated' : state;
}

const STATE_STYLES: Readonly<Record<string, Style>> = { ready: 'green', hangs: 'red', outdated: 'yellow' };

function loadStyle(load: number): Style {
  if (load >= 0.9) return 'red';
  return load >= 0.7 ? 'yellow' : 'green';
}

interface Column {
  readonly head: string;
  readonly isLeft?: boolean;
  readonly text: (worker: WorkerReport) => string;
  readonly style?: (worker: WorkerReport) => Style | undefined;
}

function columns(isUnicode: boolean): Column[] {
  return [
    { head: 'slot', text: ({ slot }) => String(slot) },
    { head: 'pid', text: ({ pid }) => (pid === undefined ? '-' : String(pid)) },
    { head: 'gen', text: ({ generation }) => String(generation) },
    { head: 'state', isLeft: true, text: stateOf, style: (worker) => STATE_STYLES[stateOf(worker)] },
    { head: 'age', text: ({ age }) => duration(age) },
    {
      head: 'load',
      isLeft: true,
      text: ({ load }) => `${bar(load, isUnicode)} ${String(Math.round(load * 100)).padStart(3)} %`,
      style: ({ load }) => loadStyle(load),
    },
    { head: 'req/s', text: ({ rate }) => grouped(rate) },
    { head: 'in flight', text: ({ inFlight }) => grouped(inFlight) },
    { head: 'conns', text: ({ connections }) => grouped(connections) },
    { head: 'private', text: ({ memory }) => bytes(memory?.private) },
    { head: 'shared', text: ({ memory }) => bytes(memory?.shared) },
  ];
}

/** The columns that fit, the least important being the last. */
function table(workers: readonly WorkerReport[], { width, isUnicode, paint }: ViewOptions): string[] {
  let used = 0;
  const fitting = columns(isUnicode)
    .map((column) => ({
      ...column,
      size: Math.max(column.head.length, ...workers.map((worker) => column.text(worker).length)),
    }))
    .filter(({ size }) => {
      used += size + 2;
      return used <= width + 2;
    });
  const pad = (text: string, { size, isLeft }: { size: number; isLeft?: boolean }) =>
    isLeft ? text.padEnd(size) : text.padStart(size);
  const head = fitting.map((column) => pad(column.head, column)).join('  ');
  const rows = workers.map((worker) =>
    fitting
      .map((column) => {
        const text = pad(column.text(worker), column);
        const style = column.style?.(worker);
        return style ? paint(style, text) : text;
      })
      .join('  ')
      .trimEnd(),
  );
  return [paint('dim', head), ...rows];
}

function total(workers: readonly WorkerReport[], of: (worker: WorkerReport) => number): string {
  return grouped(workers.reduce((sum, worker) => sum + of(worker), 0));
}

function lastDecision({ decisions }: StatusReport, paint: Paint): string[] {
  const last = decisions.at(-1);
  if (!last) return [];
  const { at, kind, worker, reason } = last;
  const time = new Date(at).toTimeString().slice(0, 8);
  const whom = worker === undefined ? '' : ` worker ${worker}`;
  return ['', `${paint('dim', 'last decision')} ${time} ${kind}${whom}: ${reason}`];
}

export function statusLines(report: StatusReport, options: ViewOptions): string[] {
  const { app, state, pid, generation, startMethod, node, addresses, queued, workers } = report;
  const { adminAddress, minServers, maxServers, uptime } = report;
  const { paint, height } = options;
  const isThreaded = workers.some(({ threadId }) => threadId !== undefined);
  const stateStyle = state === 'running' ? 'green' : 'yellow';
  const bounds = minServers === maxServers ? `${maxServers}` : `${minServers} to ${maxServers}`;
  const ready = workers.filter((worker) => worker.state === 'ready').length;
  const room = Math.max(1, height - OTHER_LINES);
  const shown = [...workers].sort((a, b) => a.slot - b.slot).slice(0, room);
  const hidden = workers.length - shown.length;
  const facts = [`pid ${pid}`, `up ${duration(uptime)}`, `generation ${generation}`];
  return [
    `${paint('bold', app)}  ${paint(stateStyle, state)}  ${[...facts, startMethod ?? (isThreaded ? 'threads' : ''), `node ${node}`].join('  ')}`,
    [...addresses, ...(adminAddress === undefined ? [] : [`status page ${adminAddress}`])].join('  '),
    [
      `${ready} of ${bounds} ${maxServers === 1 ? 'worker' : 'workers'} ready`,
      `${total(workers, ({ rate }) => rate)} req/s`,
      `${total(workers, ({ inFlight }) => inFlight)} in flight`,
      `${total(workers, ({ connections }) => connections)} connections`,
      `${grouped(queued)} waiting`,
    ].join('  '),
    '',
    ...table(shown, options),
    ...(hidden > 0 ? [`and ${hidden} more`] : []),
    ...lastDecision(report, paint),
  ];
}
