// A simulation as pictures: lines of characters for a terminal, and SVG for a file. Pure.
import type { Run } from './run.js';

export interface Series {
  readonly name: string;
  /** One for each column. */
  readonly values: readonly number[];
}

const COLUMNS = 72;
const ROWS = 8;
const BLOCKS = ' ▁▂▃▄▅▆▇█';

/** The largest value of each stretch of time. */
function seriesOf({ samples, jobs, trace }: Run, columns: number): Series[] {
  const columnOf = (atMs: number) => Math.min(columns - 1, Math.floor((atMs / trace.lengthMs) * columns));
  const empty = () => new Array<number>(columns).fill(0);
  const [load, workers, waits] = [empty(), empty(), empty()];
  const keep = (values: number[], atMs: number, value: number) => {
    const column = columnOf(atMs);
    values[column] = Math.max(values[column]!, value);
  };
  for (const { atMs, rps, workers: count } of samples) {
    keep(load, atMs, rps);
    keep(workers, atMs, count);
  }
  for (const { atMs, startMs, isLost } of jobs) if (!isLost) keep(waits, atMs, startMs - atMs);
  return [
    { name: 'requests/s', values: load },
    { name: 'workers', values: workers },
    { name: 'longest wait, ms', values: waits },
  ];
}

function plot({ name, values }: Series): string[] {
  const most = Math.max(...values, 1e-9);
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const floor = ROWS - 1 - row;
    const cells = values.map((value) => {
      const eighths = Math.round((value / most) * ROWS * 8) - floor * 8;
      return BLOCKS[Math.min(8, Math.max(0, eighths))];
    });
    return `│${cells.join('')}`.trimEnd();
  });
  return [`${name}, at most ${Math.round(most * 10) / 10}`, ...lines, `└${'─'.repeat(values.length)}`];
}

export function textChart(run: Run): string {
  return seriesOf(run, COLUMNS)
    .flatMap((series) => [...plot(series), ''])
    .join('\n');
}

const WIDTH = 960;
const HEIGHT = 160;
const GAP = 40;
const LEFT = 60;

/** A standalone SVG document. */
export function svgChart(run: Run): string {
  const all = seriesOf(run, WIDTH - LEFT);
  const seconds = run.trace.lengthMs / 1000;
  const parts = all.map(({ name, values }, i) => {
    const top = GAP + i * (HEIGHT + GAP);
    const most = Math.max(...values, 1e-9);
    const points = values.map((value, x) => `${LEFT + x},${(top + HEIGHT * (1 - value / most)).toFixed(1)}`);
    return [
      `<text x="${LEFT}" y="${top - 10}">${name}</text>`,
      `<text x="${LEFT - 8}" y="${top + 6}" text-anchor="end">${Math.round(most * 10) / 10}</text>`,
      `<text x="${LEFT - 8}" y="${top + HEIGHT}" text-anchor="end">0</text>`,
      `<path d="M${LEFT},${top} V${top + HEIGHT} H${WIDTH}" fill="none" stroke="#999"/>`,
      `<polyline points="${points.join(' ')}" fill="none" stroke="#06c" stroke-width="1.5"/>`,
    ].join('\n');
  });
  const height = GAP + all.length * (HEIGHT + GAP);
  const end = `<text x="${WIDTH}" y="${height - 12}" text-anchor="end">${seconds} s</text>`;
  const style = 'font-family="sans-serif" font-size="13"';
  const open = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH + 10}" height="${height}" ${style}>`;
  return `${[open, '<rect width="100%" height="100%" fill="#fff"/>', ...parts, end, '</svg>'].join('\n')}\n`;
}
