// The documents and the tables in the code say the same, in both directions.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { EVENTS } from '#dist/log/events.js';
import { FIELDS } from '#dist/log/fields.js';
import { root } from '../support/paths.js';
import { filesUnder, readSource } from './source-tree.js';

const isTable = (path: string) => /^src\/errors[./]/.test(path);
const errors = filesUnder('src', ['.ts'])
  .filter(({ path }) => isTable(path))
  .map(({ text }) => text)
  .join('\n');
const options = ['options', 'operation'].map((name) => readSource(`src/config/${name}.ts`).text).join('\n');

const codesIn = (text: string) => new Set(text.match(/\bERR_PRONGHORN_[A-Z0-9_]*[A-Z0-9]\b/g));

/** The codes of the table: its rows begin with the code. */
const codes = new Set([...errors.matchAll(/^ {2}(ERR_PRONGHORN_[A-Z0-9_]+):/gm)].map((match) => match[1]!));

const optionNames = [...options.matchAll(/^ {2}([a-z][A-Za-z]+): (?:\w+)\(/gm)].map((match) => match[1]!);

describe('docs/ERRORS.md', () => {
  test('has every code of src/errors.ts and no other', () => {
    assert.ok(codes.size > 10);
    assert.deepEqual([...codesIn(readSource('docs/ERRORS.md').text)].sort(), [...codes].sort());
  });

  test('every code that is used is in the table, and every row is used', () => {
    const sources = filesUnder('src', ['.ts']).filter(({ path }) => !isTable(path));
    const used = new Set(sources.flatMap(({ text }) => [...codesIn(text)]));
    assert.deepEqual([...used].sort(), [...codes].sort());
  });
});

test('every page that is written by npm run docs is what it would write', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/generate-docs.mjs', '--check'], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(`${stderr}${status}`, '0');
});

describe('docs/LOGS.md', () => {
  const others = filesUnder('src', ['.ts']).filter(({ path }) => !/^src\/log[./]/.test(path));
  const named = (text: string) =>
    [...text.matchAll(/\brecord\(\s*[\w.#]+,\s*'([\w.-]+)'/g)].map((match) => match[1]!);

  test('every event of src/log/events.ts is logged somewhere, and no other', () => {
    const logged = new Set(others.flatMap(({ text }) => named(text)));
    // News logs what judgeEnd() says.
    for (const event of ['worker.ended', 'worker.died', 'worker.died-early']) logged.add(event);
    assert.deepEqual([...logged].sort(), Object.keys(EVENTS).sort());
  });

  test('nothing is logged but by record()', () => {
    const around =
      /\blog\w*(?:\.(?:trace|debug|info|warn|error|fatal)\(|\[)|console\.(?:log|error|warn|info|debug)\(/i;
    const found = others.filter(({ path, text }) => path !== 'src/simulation/main.ts' && around.test(text));
    assert.deepEqual(
      found.map(({ path }) => path),
      [],
    );
  });

  test('every field of src/log/fields.ts is of some event', () => {
    const used = new Set(Object.values(EVENTS).flatMap(({ fields }) => [...fields] as string[]));
    assert.deepEqual(
      Object.keys(FIELDS).filter((name) => !used.has(name)),
      [],
    );
  });
});

describe('docs/CONFIGURATION.md', () => {
  test('has a heading or row for every option', () => {
    assert.ok(optionNames.length > 15);
    const text = readSource('docs/CONFIGURATION.md').text;
    assert.deepEqual(
      optionNames.filter((name) => !new RegExp(`\`${name}\``).test(text)),
      [],
    );
  });
});

/** Where links into a document can lead: GitHub's rule for headings, and anchors that are written out. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set([...text.matchAll(/<a id="([^"]+)">/g)].map((match) => match[1]!));
  const prose = text.replaceAll(/^```.*?^```$/gms, '');
  for (const [, heading] of prose.matchAll(/^#+ (.+)$/gm)) {
    const plain = heading!.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = plain.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    let numbered = anchor;
    for (let count = 1; anchors.has(numbered); count++) numbered = `${anchor}-${count}`;
    anchors.add(numbered);
  }
  return anchors;
}

describe('every document', () => {
  const documents = [
    ...filesUnder('docs', ['.md']),
    ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].map(readSource),
  ];

  for (const { path, text } of documents) {
    test(`${path} links to files that exist`, () => {
      const links = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map((match) => match[1]!);
      const dead = links.filter((link) => !existsSync(join(root, dirname(path), link)));
      assert.deepEqual(dead, []);
    });

    test(`${path} links to headings that exist`, () => {
      const links = [...text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)#([^)\s]+)\)/g)];
      const dead = links.filter(([, link, anchor]) => {
        const target = link === '' ? text : readSource(join(dirname(path), link!)).text;
        return !anchorsOf(target).has(anchor!);
      });
      assert.deepEqual(
        dead.map(([whole]) => whole),
        [],
      );
    });

    test(`${path} names source files that exist`, () => {
      const named = [...text.matchAll(/\b(?:src|native|test|scripts|bench|examples|docs)\/[\w./-]+\.\w+/g)];
      const dead = named.map((match) => match[0]).filter((name) => !existsSync(join(root, name)));
      assert.deepEqual(dead, []);
    });
  }
});
