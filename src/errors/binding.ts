// Why the addon cannot be used here: the rows of src/errors.ts that loading it may end with. Used in every process.
import { EXIT, row } from './row.js';

export const BINDING_ERRORS = {
  ERR_PRONGHORN_BINDING_UNSUPPORTED: row<{ wanted: string; found: string }>(
    EXIT.internal,
    ({ wanted, found }) => `Pronghorn runs on ${wanted}, and this is ${found}`,
  ),
  ERR_PRONGHORN_BINDING_LOAD: row<{ platform: string; reason: string }>(
    EXIT.internal,
    ({ platform, reason }) =>
      `the native binding for ${platform} could not be loaded (${reason.trim()}); \`npm rebuild pronghorn\` compiles it`,
  ),
  ERR_PRONGHORN_BINDING_SYMBOL: row<{ symbol: string; owner: string; cure: string }>(
    EXIT.internal,
    ({ symbol, owner, cure }) =>
      `the native binding needs \`${symbol}\`, which ${owner} does not have; ${cure}`,
  ),
  ERR_PRONGHORN_BINDING_LIBRARY: row<{ version: string; found: string }>(
    EXIT.internal,
    ({ version, found }) =>
      `the native binding was compiled for ${version}, and this system has ${found}; \`npm rebuild pronghorn\` compiles it for this one`,
  ),
  ERR_PRONGHORN_BINDING_ABI: row<{ expected: number; found: number }>(
    EXIT.internal,
    ({ expected, found }) =>
      `the native binding has ABI ${found}, expected ${expected}; \`npm rebuild pronghorn\` compiles the right one`,
  ),
  ERR_PRONGHORN_BINDING_HOST: row<{ node: string; llhttp: string }>(
    EXIT.internal,
    ({ node, llhttp }) =>
      `Node.js ${node} comes with llhttp ${llhttp}, which this version of Pronghorn does not know; llhttp 9.3 and 9.4 are known`,
  ),
};
