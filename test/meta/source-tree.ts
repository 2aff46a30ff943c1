// The files of the project, for the tests that look at the source itself.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { root } from '../support/paths.js';

export interface SourceFile {
  /** From the root of the clone, with slashes. */
  path: string;
  text: string;
  lines: string[];
}

export function filesUnder(folder: string, endings: string[]): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !path.split('/').includes('node_modules'))
    .sort()
    .map(readSource);
}

export function readSource(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  return { path, text, lines: text.replace(/\n$/, '').split('\n') };
}

/** The area of a file: its folder below src/ or native/, or the name of a file that lies there directly. */
export function areaOf(path: string): string {
  const [, first = '', ...rest] = path.split('/');
  return rest.length === 0 ? first.replace(/\.[a-z]+$/, '') : first;
}

/** Files of ours that a TypeScript file imports, as paths from the root. `import()` counts too. */
export function importsOf({ path, text }: SourceFile): string[] {
  const specifiers = [...text.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']*)'/g)].map((match) => match[1]!);
  return specifiers.map((specifier) => normalize(join(dirname(path), specifier)).replace(/\.js$/, '.ts'));
}

/** What a C++ file includes: our own headers as paths from the root, others as they stand in <>. */
export function includesOf({ text }: SourceFile): { ours: string[]; others: string[] } {
  const ours = [...text.matchAll(/^#include "([^"]+)"/gm)].map((match) => `native/${match[1]}`);
  const others = [...text.matchAll(/^#include <([^>]+)>/gm)].map((match) => match[1]!);
  return { ours, others };
}

/** A cycle in a graph of files, as the way round it; undefined when there is none. */
export function findCycle(graph: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, way: string[]): string[] | undefined => {
    const start = way.indexOf(node);
    if (start !== -1) return [...way.slice(start), node];
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...way, node]);
      if (cycle) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle) return cycle;
  }
  return undefined;
}
