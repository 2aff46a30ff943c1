// examples/kubernetes as objects, and what the Kubernetes API says of such objects: its types (kubernetes-types are made from
// the API's own description) are asked by the compiler, which knows what is missing, misspelt or of another type.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2.js';
import type { Service } from 'kubernetes-types/core/v1.js';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.js';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';
import { root } from './paths.js';

const PATH = 'examples/kubernetes/application.yaml';

interface Kinds {
  Deployment: Deployment;
  Service: Service;
  PodDisruptionBudget: PodDisruptionBudget;
  HorizontalPodAutoscaler: HorizontalPodAutoscaler;
}

/** Of each kind, the module that has its type. */
const MODULES: Record<string, string> = {
  'apps/v1 Deployment': 'kubernetes-types/apps/v1.js',
  'v1 Service': 'kubernetes-types/core/v1.js',
  'policy/v1 PodDisruptionBudget': 'kubernetes-types/policy/v1.js',
  'autoscaling/v2 HorizontalPodAutoscaler': 'kubernetes-types/autoscaling/v2.js',
};

export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
}

/** Every document of the example. YAML that is wrong or doubtful (a key twice, for one) is an error. */
export function readExample(): KubernetesObject[] {
  return parseAllDocuments(readFileSync(join(root, PATH), 'utf8')).map((document) => {
    if ('errors' in document) {
      const [fault] = [...document.errors, ...document.warnings];
      if (fault) throw fault;
    }
    return document.toJS() as KubernetesObject;
  });
}

/** The only object of a kind. */
export function onlyOf<Kind extends keyof Kinds>(
  objects: readonly KubernetesObject[],
  kind: Kind,
): Kinds[Kind] {
  const found = objects.filter((object) => object.kind === kind);
  if (found.length !== 1) throw new Error(`${PATH} has ${found.length} objects of kind ${kind}`);
  return found[0] as Kinds[Kind];
}

function source(objects: readonly KubernetesObject[]): string {
  return objects
    .map(({ apiVersion, kind, ...rest }, at) => {
      const module = MODULES[`${apiVersion} ${kind}`];
      if (module === undefined) throw new Error(`${apiVersion} ${kind} is no kind that this test knows`);
      const text = JSON.stringify({ apiVersion, kind, ...rest });
      return `export const object${at}: import('${module}').${kind} = ${text};`;
    })
    .join('\n');
}

/**
 * What the types have against the objects, a line each.
 * @throws of a kind or version that is not in the table
 */
export function faultsOf(objects: readonly KubernetesObject[]): string[] {
  const path = join(root, 'out/kubernetes-example.ts');
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: [] },
    ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
    ...{ target: ts.ScriptTarget.ES2022, lib: ['lib.es2022.d.ts'] },
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  const text = source(objects);
  host.fileExists = (name) => name === path || fileExists.call(host, name);
  host.readFile = (name) => (name === path ? text : readFile.call(host, name));
  host.getSourceFile = (name, ...rest) =>
    name === path
      ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022)
      : getSourceFile.call(host, name, ...rest);
  const program = ts.createProgram([path], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
