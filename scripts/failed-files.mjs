// A reporter for Node's test runner: the files in which a test failed, a path a line. scripts/test.mjs reads it.
import { relative } from 'node:path';

export default async function* failedFiles(events) {
  const seen = new Set();
  for await (const { type, data } of events) {
    if (type !== 'test:fail' || data.file === undefined || seen.has(data.file)) continue;
    seen.add(data.file);
    yield `${relative(process.cwd(), data.file)}\n`;
  }
}
