// The code blocks of README and docs, and what the shell blocks among them say, for tests that hold every block to its word.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder } from '../meta/source-tree.js';
import { root } from './paths.js';

export interface Block {
  /** For messages and file names: docs/GUIDE.md:12. */
  place: string;
  path: string;
  language: string;
  code: string;
}

function blocksOf(path: string): Block[] {
  const text = readFileSync(join(root, path), 'utf8');
  return [...text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map((match) => ({
    place: `${path}:${text.slice(0, match.index).split('\n').length}`,
    path,
    language: match[1]!,
    code: match[2]!,
  }));
}

export const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'bench/README.md'],
  ...filesUnder('docs', ['.md']).map(({ path }) => path),
];

export const blocks = documents.flatMap(blocksOf);

/** Words of a command as a shell would pass them on; no variables, no substitution. */
function wordsOf(command: string): string[] {
  const words = [...command.matchAll(/(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+/g)].map((match) => match[0]);
  return words.map((word) =>
    word.replaceAll(
      /'([^']*)'|"([^"]*)"|\\(.)/g,
      (_, single, double, escaped) => single ?? double ?? escaped,
    ),
  );
}

/** Commands of a shell block, without comments, redirections, `sudo` and assignments in front. */
export function commandsOf({ code }: Block): string[][] {
  const lines = code.replaceAll('\\\n', ' ').split('\n');
  return lines
    .map((line) => line.replace(/(?:^|\s)#.*$/, '').replace(/\s[12]?>>?\s*(?:"[^"]*"|\S+)/g, ''))
    .flatMap((line) => line.split(/&&|\|(?!\|)|;/))
    .map((command) => wordsOf(command).filter((word, at) => at > 0 || word !== 'sudo'))
    .map((words) => words.slice(words.findIndex((word) => !/^[A-Z_]+=/.test(word))))
    .filter((words) => words.length > 0);
}

/** `pronghorn …` commands in running text. */
export function commandsInText(path: string): string[][] {
  const text = readFileSync(join(root, path), 'utf8').replaceAll(/^```.*?^```$/gms, '');
  const spans = [...text.matchAll(/(?<!`)`((?:npx )?pronghorn [^`…‹]+)`/g)].map((match) => match[1]!);
  return spans.map(wordsOf);
}
