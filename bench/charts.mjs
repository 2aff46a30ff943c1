// Draws the benchmark's charts as SVG files, with vega-lite: CPU time per request of every server in every case, and
// latencies at half load. Knows no file but those that it writes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { medianOf, SUBJECT } from './tables.mjs';

const COLOURS = { own: '#b4531f', others: '#9aa5b1' };
const PERCENTILES = { p50: 'p50', p99: 'p99', p999: 'p99.9' };

function bars(values, x, title) {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    title: { text: title, anchor: 'start' },
    data: { values },
    facet: { field: 'group', type: 'nominal', title: null, sort: null, header: { labelFontWeight: 'bold' } },
    columns: 3,
    spec: {
      width: 200,
      height: { step: 16 },
      encoding: {
        y: { field: 'server', type: 'nominal', title: null, sort: null },
        x: { field: 'value', type: 'quantitative', title: x },
      },
      layer: [
        {
          mark: 'bar',
          encoding: {
            color: {
              condition: { test: `datum.server === '${SUBJECT}'`, value: COLOURS.own },
              value: COLOURS.others,
            },
          },
        },
        {
          mark: { type: 'text', align: 'left', dx: 3, fontSize: 9 },
          encoding: { text: { field: 'label', type: 'nominal' } },
        },
      ],
    },
    resolve: { scale: { x: 'independent', y: 'independent' } },
    config: { font: 'sans-serif', axis: { grid: false }, view: { stroke: null } },
  };
}

function valuesOf(measured, peers, measure, picks) {
  return measured
    .filter(({ entry }) => entry.measure === measure)
    .flatMap(({ entry, results }) =>
      Object.entries(picks(entry)).flatMap(([group, pick]) =>
        [SUBJECT, ...peers].map((server) => ({
          group,
          server,
          value: medianOf(results, entry.name, server, pick),
        })),
      ),
    )
    .filter(({ value }) => value !== undefined)
    .map((one) => ({ ...one, label: one.value >= 100 ? one.value.toFixed(0) : one.value.toPrecision(3) }));
}

function specifications(measured, peers) {
  const cost = valuesOf(measured, peers, 'cost', ({ name }) => ({ [name]: ({ cpuUs }) => cpuUs }));
  const latency = valuesOf(measured, peers, 'latency', () =>
    Object.fromEntries(
      Object.entries(PERCENTILES).map(([key, name]) => [name, ({ latencyUs }) => latencyUs[key]]),
    ),
  );
  return [
    {
      name: 'cpu-per-request',
      title: 'CPU time of the server per request',
      unit: 'µs, smaller is better',
      values: cost,
    },
    { name: 'latency', title: 'Latency at half of what the server can take', unit: 'µs', values: latency },
  ].filter(({ values }) => values.length > 0);
}

/** @returns {Promise<{ title: string, file: string }[]>} what was drawn into the directory */
export async function drawCharts(measured, peers, directory) {
  const [vega, lite] = [await import('vega'), await import('vega-lite')];
  const drawn = [];
  const logger = vega.logger(vega.Error);
  for (const { name, title, unit, values } of specifications(measured, peers)) {
    const view = new vega.View(vega.parse(lite.compile(bars(values, unit, title), { logger }).spec), {
      renderer: 'none',
    });
    const file = `${name}.svg`;
    writeFileSync(join(directory, file), `${await view.toSVG()}\n`);
    drawn.push({ title, file });
  }
  return drawn;
}
