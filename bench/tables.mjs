// Numbers of results files, and how the benchmark's page writes them. Pure.
import { median } from './statistics.mjs';

export const SUBJECT = 'pronghorn';

export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join(
    '\n',
  );
}

/** Three significant digits, as the numbers of one table span five orders of magnitude. */
export function digits(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

export function samplesOf(results, caseName, peer) {
  return results.samples.filter((sample) => sample.case === caseName && sample.peer === peer);
}

/** The median of one number of a peer's samples in a case; undefined without samples. */
export function medianOf(results, caseName, peer, pick) {
  const samples = samplesOf(results, caseName, peer);
  return samples.length > 0 ? median(samples.map(pick)) : undefined;
}

/**
 * Of each round the ratio to the peer's sample of that round, and of those the median: what slowed the machine in one
 * round slowed both. Undefined where the two were never measured together.
 */
export function ratioOf(results, caseName, peer, pick = ({ cpuUs }) => cpuUs) {
  const others = new Map(samplesOf(results, caseName, peer).map((sample) => [sample.round, pick(sample)]));
  const ratios = samplesOf(results, caseName, SUBJECT)
    .filter(({ round }) => others.has(round))
    .map((sample) => pick(sample) / others.get(sample.round));
  return ratios.length > 0 ? median(ratios) : undefined;
}
