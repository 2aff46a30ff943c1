// Loads the addon: the prebuilt binary of this platform, or the one that was compiled here. The only file that
// does. Runs in every process.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PronghornError } from '../errors.js';
import type { Binding } from './contract.js';
import { loadFailure, unsupported } from './supported.js';

/** The ABI number of native/contract.h that this source was written for. */
const ABI = 1;

/** Undefined with another C library. */
function glibcVersion(): string | undefined {
  const { report } = process;
  // It would look up names of whoever is connected.
  Object.assign(report, { excludeNetwork: true });
  return (report.getReport() as { header?: { glibcVersionRuntime?: string } }).header?.glibcVersionRuntime;
}

function load(): Binding {
  const host = { platform: process.platform, arch: process.arch, node: process.versions.node };
  const mismatch = unsupported(host);
  if (mismatch) throw new PronghornError('ERR_PRONGHORN_BINDING_UNSUPPORTED', mismatch);
  const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  let loaded: Binding;
  try {
    loaded = createRequire(import.meta.url)('node-gyp-build')(root) as Binding;
  } catch (cause) {
    throw new PronghornError(...loadFailure(cause, { ...host, glibc: glibcVersion() }));
  }
  if (loaded.contract.abi !== ABI) {
    throw new PronghornError('ERR_PRONGHORN_BINDING_ABI', { expected: ABI, found: loaded.contract.abi });
  }
  if (!loaded.hostFits) {
    const { node, llhttp = 'unknown' } = process.versions;
    throw new PronghornError('ERR_PRONGHORN_BINDING_HOST', { node, llhttp });
  }
  return loaded;
}

export const binding: Binding = load();
