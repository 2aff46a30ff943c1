// Loads the application's module and finds the application in what it exports. Runs in a host of the command line.
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { PronghornError } from '../errors.js';
import { APPLICATION, type Application, isApplicationSource } from '../worker/application.js';

/** A handler takes the request, or nothing. */
const HANDLER_PARAMETERS_MAX = 1;

function describe(value: unknown): string {
  if (value === undefined) return 'no default export';
  if (typeof value === 'function') return `a function of ${value.length} parameters`;
  return inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY });
}

/** The default export; of a module that was compiled to CommonJS, the one that its source had. */
function defaultExport(module: { default?: unknown }): unknown {
  const { default: value } = module;
  const isCompiled = typeof value === 'object' && value !== null && '__esModule' in value;
  return isCompiled ? (value as { default?: unknown }).default : value;
}

/**
 * @param path absolute
 * @throws ERR_PRONGHORN_BOOT_EXPORT, and whatever the application throws
 */
export async function loadApplication(path: string): Promise<Application> {
  const value = defaultExport(await import(pathToFileURL(path).href));
  if (isApplicationSource(value)) return value[APPLICATION]();
  if (typeof value === 'function' && value.length <= HANDLER_PARAMETERS_MAX) {
    return { handler: value as Application['handler'], spawnHooks: async () => {} };
  }
  throw new PronghornError('ERR_PRONGHORN_BOOT_EXPORT', { path, received: describe(value) });
}
