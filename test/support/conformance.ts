// Reads the documents of test/conformance: cases of input bytes and what must come back. Their format is told in
// test/conformance/README.md.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.js';

export interface ExpectedResponse {
  status: number;
  /** It may also be left out: an interim response that depends on how the bytes arrive. */
  isOptional: boolean;
  /** The answer to HEAD. */
  hasNoBody: boolean;
  text: string | undefined;
  headers: [name: string, value: RegExp][];
  absentHeaders: string[];
}

/** What becomes of the connection: it goes on, it ends, or the server waits for more of the request. */
export type ConnectionState = 'open' | 'closed' | 'waiting';

export interface ConformanceCase {
  title: string;
  input: Buffer;
  /** Not to be sent together with other requests. */
  isAlone: boolean;
  responses: ExpectedResponse[];
  state: ConnectionState;
}

export interface ConformanceDocument {
  title: string;
  cases: ConformanceCase[];
}

const SIMPLE_ESCAPES: Record<string, string> = { r: '\r', n: '\n', t: '\t', '0': '\0', '\\': '\\' };

/** The bytes that a block stands for: line breaks of the document count for nothing, escapes make the real ones. */
function decode(block: string): Buffer {
  const text = block
    .split('\n')
    .join('')
    .replace(
      /\\(?:x([0-9a-f]{2})|\{([^*]+)\*(\d+)\}|(.))/gi,
      (whole, hex?: string, part?: string, count?: string, letter?: string) => {
        if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
        if (part !== undefined) return decode(part).toString('latin1').repeat(Number(count));
        const simple = SIMPLE_ESCAPES[letter ?? ''];
        assert.ok(simple !== undefined, `unknown escape ${whole}`);
        return simple;
      },
    );
  return Buffer.from(text, 'latin1');
}

function readExpectation(block: string): { responses: ExpectedResponse[]; state: ConnectionState } {
  const responses: ExpectedResponse[] = [];
  let state: ConnectionState | undefined;
  for (const line of block.split('\n').filter((text) => text.trim() !== '')) {
    const status = /^(\d{3})(\?)?( head)?(?: (".*"))?$/.exec(line);
    const header = /^ {2}(!)?([\w-]+)(?:: (.*))?$/.exec(line);
    if (status) {
      responses.push({
        status: Number(status[1]),
        isOptional: status[2] !== undefined,
        hasNoBody: status[3] !== undefined,
        text: status[4] === undefined ? undefined : (JSON.parse(status[4]) as string),
        headers: [],
        absentHeaders: [],
      });
    } else if (header) {
      const response = responses.at(-1);
      assert.ok(response, `a header before any status: ${line}`);
      if (header[1]) response.absentHeaders.push(header[2]!);
      else response.headers.push([header[2]!, new RegExp(`^(?:${header[3] ?? '.*'})$`, 'i')]);
    } else {
      assert.match(line, /^(?:open|closed|waiting)$/, 'the last line tells what becomes of the connection');
      state = line as ConnectionState;
    }
  }
  assert.ok(state, `no state of the connection in ${JSON.stringify(block)}`);
  return { responses, state };
}

function readDocument(text: string): ConformanceDocument {
  const [head = '', ...sections] = text.split(/^## /m);
  const cases = sections.map((section): ConformanceCase => {
    const title = section.slice(0, section.indexOf('\n')).trim();
    const input = /^```http( alone)?\n([\s\S]*?)\n```$/m.exec(section);
    const expectation = /^```expect\n([\s\S]*?)\n```$/m.exec(section);
    assert.ok(input && expectation, `"${title}" needs an http block and an expect block`);
    const { responses, state } = readExpectation(expectation[1]!);
    return { title, input: decode(input[2]!), isAlone: input[1] !== undefined, responses, state };
  });
  return { title: /^# (.+)$/m.exec(head)?.[1] ?? '', cases };
}

export function conformanceDocuments(): ConformanceDocument[] {
  const folder = join(root, 'test/conformance');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .sort()
    .map((name) => readDocument(readFileSync(join(folder, name), 'utf8')));
}
