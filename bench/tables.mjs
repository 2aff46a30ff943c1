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

/** CPU time per request, as a share of the peer's in the same run; undefined where one of the two was not measured. */
export function ratioOf(results, caseName, peer) {
  const cpuUs = (name) => medianOf(results, caseName, name, (sample) => sample.cpuUs);
  const own = cpuUs(SUBJECT);
  const other = cpuUs(peer);
  return own === undefined || other === undefined ? undefined : own / other;
}
