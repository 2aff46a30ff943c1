// What a configuration file says: the options of the table, and beside them what only the command needs to know. Pure; the
// file itself is read by src/cli/config-file.ts.
import { PronghornError } from '../errors.js';
import { nearestName } from './nearest.js';
import { type Config, OPTION_NAMES } from './options.js';
import { shown, validateConfig } from './validate.js';

/** What the command does before there is a server. */
export interface Launch {
  /** Path of the application, relative to the folder of the file. */
  readonly app?: string;
  /** Folder that becomes the working directory before the application is loaded. */
  readonly chdir?: string;
  /** Where `pronghorn start` lets the log go, relative to the working directory. */
  readonly logFile?: string;
}

/** What `pronghorn.config.*` exports: options of the table, and what the command is to start. */
export type FileConfig = Config & Launch;

export const LAUNCH_DOCS: Record<keyof Launch, string> = {
  app: 'path of the application, relative to the folder of this file',
  chdir: 'folder that becomes the working directory before the application is loaded',
  logFile: 'where `pronghorn start` lets the log go',
};

const LAUNCH_NAMES = Object.keys(LAUNCH_DOCS) as (keyof Launch)[];

/** By which an editor finds the schema of a JSON file. */
const SCHEMA_KEY = '$schema';

/** For a configuration file: gives back what it gets, and lets the editor know what may stand there. */
export function defineConfig(config: FileConfig): FileConfig {
  return config;
}

/** What says which server a file is of. */
const PLACE_NAMES = ['app', 'chdir', 'pidFile', 'runtimeDir'];

function launchOf(values: Record<string, unknown>, source: string): Launch {
  const launch: Record<string, string> = {};
  for (const name of LAUNCH_NAMES) {
    const value = values[name];
    if (value === undefined) continue;
    if (typeof value !== 'string' || value === '' || value.includes('\0')) {
      const received = shown(value);
      throw new PronghornError('ERR_PRONGHORN_CONFIG_VALUE', { name, expected: 'a path', received, source });
    }
    launch[name] = value;
  }
  return launch;
}

/**
 * @param value what the file exports
 * @param source the file as messages name it
 * @throws ERR_PRONGHORN_CONFIG_UNKNOWN, ERR_PRONGHORN_CONFIG_VALUE, ERR_PRONGHORN_CONFIG_CONFLICT
 */
export function parseFileConfig(value: unknown, source: string): { launch: Launch; config: Config } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const expected = 'an object of options as default export';
    const received = shown(value);
    throw new PronghornError('ERR_PRONGHORN_CONFIG_VALUE', { name: 'config', expected, received, source });
  }
  const known = [...OPTION_NAMES, ...LAUNCH_NAMES, SCHEMA_KEY];
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    throw new PronghornError('ERR_PRONGHORN_CONFIG_UNKNOWN', {
      name,
      nearest: nearestName(name, known),
      source,
    });
  }
  const { [SCHEMA_KEY]: _, ...values } = value as Record<string, unknown>;
  const options = Object.entries(values).filter(([name]) => !(LAUNCH_NAMES as string[]).includes(name));
  return {
    launch: launchOf(values, source),
    config: validateConfig(Object.fromEntries(options), undefined, source),
  };
}

function isAccepted(value: object): boolean {
  try {
    parseFileConfig(value, '');
    return true;
  } catch {
    return false;
  }
}

/** Of a file that is no good: where its server has its files, as far as that is well-formed. */
export function parsePlace(value: unknown): { launch: Launch; config: Config } {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const good = entries.filter(([name, given]) => PLACE_NAMES.includes(name) && isAccepted({ [name]: given }));
  return parseFileConfig(Object.fromEntries(good), '');
}
