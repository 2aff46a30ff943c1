// Turns a results file of the benchmark into Markdown; run.mjs prints it, and so does
//   node bench/report.mjs bench/results/FILE.json
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { CASES } from './cases.mjs';
import { SATURATED } from './measure.mjs';
import { median } from './statistics.mjs';

const SUBJECT = 'pronghorn';

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join(
    '\n',
  );
}

function samplesOf(results, caseName, peer) {
  return results.samples.filter((sample) => sample.case === caseName && sample.peer === peer);
}

/** Median CPU time per request of a peer in a case; undefined without samples. */
function cpuOf(results, caseName, peer) {
  const samples = samplesOf(results, caseName, peer);
  return samples.length > 0 ? median(samples.map(({ cpuUs }) => cpuUs)) : undefined;
}

/** Three significant digits, as the numbers of one table span five orders of magnitude. */
function digits(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function summaryRow(peer, samples) {
  const of = (pick) => median(samples.map(pick));
  const cpu = samples.map(({ cpuUs }) => cpuUs);
  const busy = of((sample) => sample.busy);
  const errors = samples.reduce((sum, sample) => sum + sample.errors, 0);
  const memory = of((sample) => sample.pssKib ?? Number.NaN);
  return [
    peer,
    digits(of(({ rps }) => rps) / 1000),
    digits(median(cpu)),
    `${digits(Math.min(...cpu))}–${digits(Math.max(...cpu))}`,
    `${Math.round(busy * 100)} %${busy < SATURATED ? ' *' : ''}`,
    String(Math.round(of(({ latencyUs }) => latencyUs.p50))),
    String(Math.round(of(({ latencyUs }) => latencyUs.p99))),
    Number.isNaN(memory) ? '–' : (memory / 1024).toFixed(1),
    String(errors),
  ];
}

const SUMMARY_HEAD = [
  'server',
  'k req/s',
  'CPU µs/request',
  'smallest–largest',
  'busy',
  'p50 µs',
  'p99 µs',
  'PSS MiB',
  'errors',
];

function caseSection(results, { name, title, load }) {
  const rows = results.peers
    .map(({ name: peer }) => [peer, samplesOf(results, name, peer)])
    .filter(([, samples]) => samples.length > 0)
    .map(([peer, samples]) => summaryRow(peer, samples));
  const failures = results.failures.filter((failure) => failure.case === name);
  const lines = [`### ${name}: ${title}`, '', `${load.connections} connections, depth ${load.depth}.`, ''];
  if (rows.length > 0) lines.push(table(SUMMARY_HEAD, rows), '');
  for (const { peer, reason } of failures) lines.push(`Failed: ${peer}: ${reason.split('\n')[0]}`, '');
  return lines.join('\n');
}

function ratioCell(own, other, goal) {
  if (own === undefined || other === undefined) return '–';
  const ratio = own / other;
  if (goal === undefined) return ratio.toFixed(3);
  return `${ratio.toFixed(3)} (${ratio <= goal ? 'met' : '**missed**'}: ≤ ${goal})`;
}

function ratioSection(results) {
  const peers = results.peers.map(({ name }) => name).filter((name) => name !== SUBJECT);
  const rows = CASES.filter(({ name }) => cpuOf(results, name, SUBJECT) !== undefined).map(
    ({ name, goals }) => [
      name,
      ...peers.map((peer) =>
        ratioCell(cpuOf(results, name, SUBJECT), cpuOf(results, name, peer), goals[peer]),
      ),
    ],
  );
  if (rows.length === 0 || peers.length === 0) return '';
  const text = "Pronghorn's CPU time per request divided by the peer's; below 1 Pronghorn needs less.";
  return `## Ratios\n\n${text}\n\n${table(['case', ...peers], rows)}\n`;
}

/** How Pronghorn changed since an earlier results file of the same machine. */
function changeSection(results, earlier) {
  const rows = CASES.map(({ name }) => [
    name,
    cpuOf(earlier.results, name, SUBJECT),
    cpuOf(results, name, SUBJECT),
  ])
    .filter(([, before, now]) => before !== undefined && now !== undefined)
    .map(([name, before, now]) => [
      name,
      digits(before),
      digits(now),
      `${((now / before - 1) * 100).toFixed(1)} %`,
    ]);
  if (rows.length === 0) return '';
  const head = ['case', 'CPU µs before', 'now', 'change'];
  return `## Pronghorn since ${earlier.name}\n\n${table(head, rows)}\n`;
}

function machineSection({ machine, settings, peers, skipped }) {
  const stray = settings.strayLoad.map((share) => `${Math.round(share * 100)} %`).join(' and ');
  return [
    `- Machine: ${machine.cpu}, ${machine.cpus} CPUs, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, ${machine.compiler}`,
    `- Servers: ${peers.map(({ version }) => version).join(' · ')}`,
    ...skipped.map(({ name, reason }) => `- Skipped: ${name}: ${reason}`),
    `- ${settings.rounds} interleaved rounds of ${settings.seconds} s after ${settings.warm} s of warm-up; server on CPU ${settings.cpus.server}, load on CPU ${settings.cpus.load}; raised priority: ${settings.raisedPriority ? 'yes' : 'not permitted'}`,
    `- Those CPUs were busy before the first round: ${stray}`,
    `- Medians. CPU time is user and system time of all processes of a server. * The server was not saturated: the load, or others' processes, held it back.`,
  ].join('\n');
}

/** @param earlier {{ name: string, results: object } | undefined} results to compare with */
export function report(results, earlier) {
  const measured = CASES.filter(({ name }) =>
    [...results.samples, ...results.failures].some((entry) => entry.case === name),
  );
  return [
    `# Benchmark of ${results.time.slice(0, 10)}`,
    machineSection(results),
    ratioSection(results),
    '## Cases',
    ...measured.map((entry) => caseSection(results, entry)),
    earlier ? changeSection(results, earlier) : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .replaceAll(/\n{3,}/g, '\n\n');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv[2] === undefined) {
    console.error('node bench/report.mjs bench/results/FILE.json');
    process.exit(2);
  }
  console.log(report(JSON.parse(readFileSync(process.argv[2], 'utf8'))));
}
