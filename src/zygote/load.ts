// Loads the application's module and finds the application in what it exports. Runs in a host of the command line.
import { pathToFileURL } from 'node:url';
import { PronghornError } from '../errors.js';
import { handlingOf } from '../handler.js';
import { APPLICATION, type Application, isApplicationSource } from '../worker/application.js';

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
  // A promise, of an application that is put together asynchronously, is awaited.
  const value = await defaultExport(await import(pathToFileURL(path).href));
  if (isApplicationSource(value)) return value[APPLICATION]();
  const handling = handlingOf(value);
  if (!('doubt' in handling)) {
    const { handler, observer, settled } = handling;
    await handling.load?.();
    return { handler, observer, settled, spawnHooks: async () => void (await handling.prepare?.()) };
  }
  const received = value === undefined ? 'no default export' : handling.doubt;
  throw new PronghornError('ERR_PRONGHORN_BOOT_EXPORT', { path, received });
}
