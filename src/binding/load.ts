// Loads the addon: the prebuilt binary of this platform, or the one that was compiled here. The only file that
// does. Runs in every process.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PronghornError, reasonOf } from '../errors.js';
import type { Binding } from './contract.js';
import { unsupported } from './supported.js';

/** The ABI number of native/contract.h that this source was written for. */
const ABI = 1;

function load(): Binding {
  const mismatch = unsupported(process.platform, process.versions.node);
  if (mismatch) throw new PronghornError('ERR_PRONGHORN_BINDING_UNSUPPORTED', mismatch);
  const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  let loaded: Binding;
  try {
    loaded = createRequire(import.meta.url)('node-gyp-build')(root) as Binding;
  } catch (cause) {
    throw new PronghornError('ERR_PRONGHORN_BINDING_LOAD', {
      platform: `${process.platform}-${process.arch}`,
      reason: reasonOf(cause),
      cause,
    });
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
