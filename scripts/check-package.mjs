// What others' tools say of the packed package: publint of its package.json, "Are the types wrong?" of its types for
// everything that imports it as an ES module. CommonJS is served by require(esm), which all supported versions of Node have.
import { readFileSync } from 'node:fs';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/** What TypeScript resolves as a consumer that is not one of an ES module. */
const NOT_ESM = ['node10', 'node16-cjs'];

async function lintProblems(tarball, manifest) {
  const { messages } = await publint({ pack: { tarball }, strict: true });
  return messages.map((message) => `publint: ${formatMessage(message, manifest, { color: false })}`);
}

async function typeProblems(tarball) {
  const { types, problems } = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)));
  if (!types) return ['attw: the package has no types'];
  return problems
    .filter(({ resolutionKind }) => !NOT_ESM.includes(resolutionKind))
    .map((problem) => `attw: ${JSON.stringify(problem)}`);
}

/** @returns complaints, none of which may be left */
export async function packageProblems(path) {
  const bytes = readFileSync(path);
  const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return [...(await lintProblems(tarball, manifest)), ...(await typeProblems(tarball))];
}
