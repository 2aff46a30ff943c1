// What a linter cannot see: sizes, opening comments and the words that are used for the ideas of the project.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { filesUnder, readSource, type SourceFile } from './source-tree.js';

const SOURCE_LINES_MAX = 300;
const TEST_LINES_MAX = 350;
const FUNCTION_LINES_MAX = 60;

const sources = filesUnder('src', ['.ts']);
const natives = filesUnder('native', ['.h', '.cc']);
const tests = filesUnder('test', ['.ts', '.cts', '.mjs', '.cjs']);
const scripts = [...filesUnder('scripts', ['.mjs']), ...filesUnder('bench', ['.mjs', '.ts', '.c', '.cc'])];
const documents = [
  ...filesUnder('docs', ['.md']),
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].map(readSource),
];

function longerThan(files: SourceFile[], max: number): string[] {
  return files.filter(({ lines }) => lines.length > max).map(({ path, lines }) => `${path}: ${lines.length}`);
}

/**
 * Functions of a file and their lengths. The formatters close a function with a brace in the column in which
 * its first line begins, so that no parser is needed.
 */
function functionLengths(
  file: SourceFile,
  opens: (line: string) => boolean,
): { name: string; length: number }[] {
  const found: { name: string; length: number }[] = [];
  file.lines.forEach((line, start) => {
    if (!opens(line)) return;
    const indent = /^\s*/.exec(line)![0];
    const end = file.lines.findIndex((other, at) => at > start && new RegExp(`^${indent}[})]`).test(other));
    if (end !== -1) {
      found.push({ name: `${file.path}:${start + 1} ${line.trim()}`, length: end - start + 1 });
    }
  });
  return found;
}

const TYPESCRIPT_NON_FUNCTIONS =
  /^\s*(?:if|else|for|while|switch|try|catch|do|return|class|interface|type|export (?:abstract )?(?:class|interface|type)|\}|\/\/|\*)\b|^\s*\}/;
const opensTypeScriptFunction = (line: string) =>
  /(?:\)|\w|>|\]|\})\s*(?:=>\s*)?\{$/.test(line) && /\(/.test(line) && !TYPESCRIPT_NON_FUNCTIONS.test(line);

const NATIVE_NON_FUNCTIONS =
  /^\s*(?:if|else|for|while|switch|do|struct|class|enum|union|namespace|extern|\}|\/\/)/;
const opensNativeFunction = (line: string) =>
  /\)[^;]*\{$/.test(line) && !NATIVE_NON_FUNCTIONS.test(line) && /^ {0,2}\S/.test(line);

describe('sizes', () => {
  test(`files of src and native have at most ${SOURCE_LINES_MAX} lines`, () => {
    assert.deepEqual(longerThan([...sources, ...natives], SOURCE_LINES_MAX), []);
  });

  test(`files of test, scripts and bench have at most ${TEST_LINES_MAX} lines`, () => {
    assert.deepEqual(longerThan([...tests, ...scripts], TEST_LINES_MAX), []);
  });

  test(`functions have at most ${FUNCTION_LINES_MAX} lines`, () => {
    const all = [
      ...sources.flatMap((file) => functionLengths(file, opensTypeScriptFunction)),
      ...natives.flatMap((file) => functionLengths(file, opensNativeFunction)),
    ];
    assert.ok(all.length > 100, 'the measure finds functions at all');
    const long = all.filter(({ length }) => length > FUNCTION_LINES_MAX);
    assert.deepEqual(
      long.map(({ name, length }) => `${name}: ${length}`),
      [],
    );
  });
});

describe('files', () => {
  test('every file opens with a comment that says what it is', () => {
    const silent = [...sources, ...natives, ...tests, ...scripts]
      .filter(({ lines }) => !/^(\/\/|\/\*) ?\S/.test(lines[lines[0]?.startsWith('#!') ? 1 : 0] ?? ''))
      .map(({ path }) => path);
    assert.deepEqual(silent, []);
  });

  test('no file is a drawer', () => {
    const drawers = [...sources, ...natives]
      .map(({ path }) => path)
      .filter((path) => /(?:^|[/_-])(?:utils?|helpers?|misc|common|tools?)[./_-]/.test(path));
    assert.deepEqual(drawers, []);
  });

  test('TypeScript files are kebab-case, C++ files snake_case', () => {
    const wrong = [
      ...sources.filter(({ path }) => !/^[a-z0-9/.-]+$/.test(path)),
      ...natives.filter(({ path }) => !/^[a-z0-9/._]+$/.test(path)),
    ].map(({ path }) => path);
    assert.deepEqual(wrong, []);
  });

  test('nothing waits to be done', () => {
    const mark = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`);
    const marked = [...sources, ...natives, ...tests, ...scripts, ...documents].flatMap(({ path, lines }) =>
      lines.flatMap((line, at) => (mark.test(line) ? [`${path}:${at + 1}`] : [])),
    );
    assert.deepEqual(marked, []);
  });
});

describe('vocabulary', () => {
  /** Words that would be a second name for something that has one. */
  const REJECTED = ['master', 'slave', 'supervisor', 'primary', 'monitor', 'arbiter'];
  /** Names of other people's things that contain one. */
  const FOREIGN = /uncaughtExceptionMonitor|cluster\.isPrimary|isPrimary/g;

  test('one word for one idea', () => {
    const pattern = new RegExp(`(?<![a-z])(${REJECTED.join('|')})s?(?![a-z])`, 'i');
    const found = [...sources, ...natives, ...scripts, ...documents].flatMap(({ path, lines }) =>
      lines.flatMap((line, at) => {
        const word = pattern.exec(line.replace(FOREIGN, ''));
        return word ? [`${path}:${at + 1}: ${word[0]}`] : [];
      }),
    );
    assert.deepEqual(found, []);
  });
});
