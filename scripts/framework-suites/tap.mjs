// Reads what node:test, mocha and vitest print as TAP: which tests there were, and which passed. Pure; what tests have printed
// between the lines is passed over.

const LINE = /^(\s*)(not ok|ok) \d+ (?:- )?(.*)$/;
/** Of vitest, behind each name. */
const TIME = / # time=[\d.]+ms$/;
const SUBTEST = /^(\s*)# Subtest: (.*)$/;

/** @returns {Map<string, 'passed' | 'failed' | 'skipped'>} by whole names; one that comes again has its number behind it */
export function readTap(text) {
  const outcomes = new Map();
  const open = [];
  for (const line of text.split('\n')) {
    const subtest = SUBTEST.exec(line);
    if (subtest) {
      const depth = subtest[1].length / 4;
      open.length = depth;
      open[depth] = { name: subtest[2], hasTests: false };
      if (depth > 0 && open[depth - 1]) open[depth - 1].hasTests = true;
      continue;
    }
    const result = LINE.exec(line);
    if (!result) continue;
    const depth = result[1].length / 4;
    const [title, directive] = result[3].replace(TIME, '').split(/ # (?=[A-Z]+\b)/);
    // A suite's own line only sums up.
    if (open[depth]?.hasTests) continue;
    const above = open.slice(0, depth).map((parent) => parent?.name ?? '');
    const outcome = directive ? 'skipped' : result[2] === 'ok' ? 'passed' : 'failed';
    outcomes.set(unused([...above, title].join(' '), outcomes), outcome);
  }
  return outcomes;
}

function unused(name, taken) {
  if (!taken.has(name)) return name;
  let again = 2;
  while (taken.has(`${name} (${again})`)) again++;
  return `${name} (${again})`;
}
