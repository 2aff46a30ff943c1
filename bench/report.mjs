// Turns results files of the benchmark into Markdown; run.mjs prints it, page.mjs puts it into the documents, and so does
//   node bench/report.mjs bench/results/FILE.json…   (the newest first: of each case, the first that has it counts)
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { CASES } from './cases.mjs';
import { deployTable } from './deploy.mjs';
import { forkTable } from './fork.mjs';
import { frameworksTable } from './frameworks.mjs';
import { SATURATED } from './measure.mjs';
import { median } from './statistics.mjs';
import { digits, medianOf, ratioOf, SUBJECT, samplesOf, table } from './tables.mjs';

function costRow(peer, samples) {
  const of = (pick) => median(samples.map(pick));
  const cpu = samples.map(({ cpuUs }) => cpuUs);
  const busy = of((sample) => sample.busy);
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
    String(samples.reduce((sum, sample) => sum + sample.errors, 0)),
  ];
}

function latencyRow(peer, samples) {
  const of = (pick) => String(Math.round(median(samples.map(pick))));
  return [
    peer,
    digits(median(samples.map(({ rps }) => rps)) / 1000),
    ...['p50', 'p99', 'p999', 'max'].map((name) => of(({ latencyUs }) => latencyUs[name])),
    `${of(({ busy }) => busy * 100)} %`,
    String(samples.reduce((sum, sample) => sum + sample.errors, 0)),
  ];
}

function idleRow(peer, samples) {
  const bytes = samples.map(({ bytesEach }) => bytesEach);
  const range = `${Math.round(Math.min(...bytes))}–${Math.round(Math.max(...bytes))}`;
  const all = median(samples.map(({ privateMiB }) => privateMiB));
  return [peer, String(Math.round(median(bytes))), range, all.toFixed(1)];
}

const FORMS = {
  cost: {
    head: [
      'server',
      ...['k req/s', 'CPU µs/request', 'smallest–largest', 'busy', 'p50 µs', 'p99 µs', 'PSS MiB', 'errors'],
    ],
    row: costRow,
  },
  latency: {
    head: ['server', 'k req/s', 'p50 µs', 'p99 µs', 'p99.9 µs', 'max µs', 'busy', 'errors'],
    row: latencyRow,
  },
  idle: { head: ['server', 'bytes a connection', 'smallest–largest', 'all its own MiB'], row: idleRow },
};

function caseSection(results, { name, title, load, measure }) {
  const { head, row } = FORMS[measure];
  const rows = results.peers
    .map(({ name: peer }) => [peer, samplesOf(results, name, peer)])
    .filter(([, samples]) => samples.length > 0)
    .map(([peer, samples]) => row(peer, samples));
  const { rounds, seconds } = results.settings;
  const how = measure === 'idle' ? '' : ` of ${seconds} s`;
  const lines = [
    `### ${name}: ${title}`,
    '',
    `${load.connections} connections, depth ${load.depth}; ${rounds} rounds${how}, on ${results.time.slice(0, 10)}.`,
    '',
  ];
  if (rows.length > 0) lines.push(table(head, rows), '');
  for (const { peer, reason } of results.failures.filter((failure) => failure.case === name)) {
    lines.push(`Failed: ${peer}: ${reason.split('\n')[0]}`, '');
  }
  return lines.join('\n');
}

function ratioCell(ratio, goal) {
  if (ratio === undefined) return '–';
  if (goal === undefined) return ratio.toFixed(2);
  return `${ratio <= goal ? ratio.toFixed(3) : `**${ratio.toFixed(3)}**`} (≤ ${goal})`;
}

function ratioSection(measured, peers) {
  const rows = measured
    .filter(
      ({ entry, results }) => entry.measure === 'cost' && samplesOf(results, entry.name, SUBJECT).length > 0,
    )
    .map(({ entry, results }) => [
      entry.name,
      ...peers.map((peer) => ratioCell(ratioOf(results, entry.name, peer), entry.goals[peer])),
    ]);
  if (rows.length === 0 || peers.length === 0) return '';
  const text =
    "Pronghorn's CPU time per request divided by the peer's in the same round, the median of the rounds: below 1 Pronghorn " +
    'needs less. In brackets what we want to reach; bold where we do not.';
  return `## CPU per request, as a multiple of the peer's\n\n${text}\n\n${table(['case', ...peers], rows)}`;
}

/** The short table of README.md: ratios to servers, no goals, no floor. */
export function summary(all) {
  const peers = peersOf(all).filter((peer) => peer !== 'floor' && peer !== 'node-cluster');
  const cell = (ratio) =>
    ratio === undefined ? '–' : ratio > 1 ? `**${ratio.toFixed(2)}**` : ratio.toFixed(2);
  const rows = measuredCases(all)
    .filter(({ entry }) => entry.measure === 'cost' && Object.keys(entry.goals).length > 0)
    .map(({ entry, results }) => [
      entry.title,
      ...peers.map((peer) => cell(ratioOf(results, entry.name, peer))),
    ]);
  return table(['', ...peers], rows);
}

/** A measurement in which a peer did better, as a line. */
function lossesIn({ entry, results }, peers) {
  const compare = (pick, unit) =>
    peers
      .filter((peer) => peer !== 'floor')
      .map((peer) => ({
        peer,
        own: medianOf(results, entry.name, SUBJECT, pick),
        other: medianOf(results, entry.name, peer, pick),
        factor: ratioOf(results, entry.name, peer, pick),
      }))
      .filter(({ factor }) => factor > 1)
      .map(({ peer, own, other, factor }) => ({
        factor,
        cells: [entry.title, `${digits(own)} ${unit}`, `${digits(other)} ${unit}`, peer],
      }));
  if (entry.measure === 'cost') return compare(({ cpuUs }) => cpuUs, 'µs');
  if (entry.measure === 'idle') return compare(({ bytesEach }) => bytesEach, 'bytes');
  return compare(({ latencyUs }) => latencyUs.p999, 'µs p99.9');
}

function lossSection(measured, peers) {
  const losses = measured.flatMap((one) => lossesIn(one, peers)).sort((a, b) => b.factor - a.factor);
  const rows = losses.map(({ factor, cells }) => [...cells, factor.toFixed(2)]);
  const head = ['case', 'Pronghorn', 'the peer', 'who', 'times'];
  const text = rows.length > 0 ? table(head, rows) : 'Nothing in this run.';
  return `## Where a peer does better\n\nThe floor is no server, and not in this list. Medians; the last column is the median of the ratios of each round.\n\n${text}`;
}

function machineSection({ machine, settings, peers, skipped }) {
  const stray = settings.strayLoad.map((share) => `${Math.round(share * 100)} %`).join(' and ');
  return [
    `- Machine: ${machine.cpu}, ${machine.cpus} CPUs, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, ${machine.compiler}`,
    `- Servers: ${peers.map(({ version }) => version).join(' · ')}`,
    ...skipped.map(({ name, reason }) => `- Skipped: ${name}: ${reason}`),
    `- Server on CPU ${settings.cpus.server}, load on CPU ${settings.cpus.load}; ${settings.warm} s of warm-up; raised priority: ${settings.raisedPriority ? 'yes' : 'not permitted'}; those CPUs were busy before the first round: ${stray}`,
    '- Medians of interleaved rounds. CPU time is user and system time of all processes of a server. * The server was not saturated: the load, or others’ processes, held it back; its CPU time per request stands all the same.',
  ].join('\n');
}

/** Each case with the first of the results that has it. */
export function measuredCases(all) {
  return CASES.map((entry) => ({
    entry,
    results: all.find(({ samples, failures }) =>
      [...samples, ...failures].some((one) => one.case === entry.name),
    ),
  })).filter(({ results }) => results !== undefined);
}

/** Peers in the order of the newest run that has them. */
export function peersOf(all) {
  return [...new Set(all.flatMap(({ peers }) => peers.map(({ name }) => name)))].filter(
    (name) => name !== SUBJECT,
  );
}

/**
 * @param all results, the newest first
 * @param charts what goes between the summary and the tables
 */
export function report(all, charts = '') {
  const measured = measuredCases(all);
  const peers = peersOf(all);
  const own = (name) => all.find((results) => results[name])?.[name];
  const [fork, deploy, frameworks] = ['fork', 'deploy', 'frameworks'].map(own);
  return [
    machineSection(all.find(({ samples }) => samples.length > 0) ?? all[0]),
    lossSection(measured, peers),
    ratioSection(measured, peers),
    charts,
    frameworks ? `## Applications of frameworks\n\n${frameworksTable(frameworks)}` : '',
    deploy ? `## Deployments under load\n\n${deployTable(deploy)}` : '',
    measured.length > 0 ? '## Every case' : '',
    ...measured.map(({ entry, results }) => caseSection(results, entry)),
    fork ? `### fork: a new worker, and its memory\n\n${forkTable(fork)}` : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .replaceAll(/\n{3,}/g, '\n\n');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv[2] === undefined) {
    console.error('node bench/report.mjs bench/results/FILE.json…');
    process.exit(2);
  }
  console.log(report(process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8')))));
}
