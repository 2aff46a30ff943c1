// Finds and reads the configuration file. Runs in the commands and, for a reload, in the manager; what the file runs as
// code runs in a process of its own.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Launch, parseFileConfig, parsePlace } from '../config/file-config.js';
import type { Config } from '../config/options.js';
import { PronghornError, reasonOf } from '../errors.js';

const CONFIG_NAMES = ['ts', 'mjs', 'js', 'json'].map((ending) => `pronghorn.config.${ending}`);

const ENDINGS = ['.ts', '.mts', '.cts', '.mjs', '.cjs', '.js', '.json'];
const READER = fileURLToPath(new URL('config-reader.js', import.meta.url));
const TIMEOUT_S = 30;
const INSPECTOR_FLAG = /^--(inspect|debug)/;

export interface FoundConfig {
  readonly path: string;
  readonly launch: Launch;
  readonly config: Config;
  /** It is no good. */
  readonly fault?: PronghornError;
}

interface Outcome {
  readonly value?: unknown;
  readonly reason?: string;
  readonly stack?: string;
}

function refuse(path: string, reason: string, cause?: unknown): never {
  throw new PronghornError('ERR_PRONGHORN_CONFIG_FILE', { path, reason, cause });
}

/** @throws ERR_PRONGHORN_CONFIG_FILE when there are several */
export function findConfigFile(folder: string): string | undefined {
  const [first, second] = CONFIG_NAMES.filter((name) => existsSync(join(folder, name)));
  if (first !== undefined && second !== undefined) {
    refuse(join(folder, first), `there is ${second} as well; --config says which one counts`);
  }
  return first && join(folder, first);
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    return refuse(path, reasonOf(cause), cause);
  }
}

function checkTypeScript(path: string): void {
  const { typescript } = process.features as { typescript?: unknown };
  if (typescript || process.execArgv.some((flag) => flag.includes('strip-types'))) return;
  refuse(
    path,
    `Node.js ${process.version} does not read TypeScript, 22.18 and later do; .mjs is read by all`,
  );
}

function readInProcess(path: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const flags = process.execArgv.filter((flag) => !INSPECTOR_FLAG.test(flag));
    const child = spawn(process.execPath, [...flags, READER, path], {
      // Its output is not to be taken for the command's.
      stdio: ['ignore', 2, 2, 'ipc'],
      serialization: 'advanced',
    });
    const timer = setTimeout(() => {
      resolve({ reason: `it was not read within ${TIMEOUT_S} s` });
      child.kill('SIGKILL');
    }, TIMEOUT_S * 1000);
    child.once('message', (outcome: Outcome) => resolve(outcome));
    child.once('error', (error) => resolve({ reason: reasonOf(error) }));
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ reason: `it ended its process (${signal ?? `exit code ${code}`})` });
    });
  });
}

/** What a file says. @throws ERR_PRONGHORN_CONFIG_FILE */
async function valueIn(path: string): Promise<unknown> {
  const ending = extname(path);
  if (!existsSync(path)) refuse(path, 'there is no such file');
  if (!ENDINGS.includes(ending)) refuse(path, `its name must end in one of ${ENDINGS.join(' ')}`);
  if (ending === '.json') return parseJson(path);
  if (ending.endsWith('ts')) checkTypeScript(path);
  const { value, reason, stack } = await readInProcess(path);
  if (reason !== undefined) refuse(path, reason, Object.assign(new Error(reason), { stack: stack ?? '' }));
  return value;
}

/**
 * @param path absolute
 * @throws ERR_PRONGHORN_CONFIG_FILE, ERR_PRONGHORN_CONFIG_UNKNOWN, ERR_PRONGHORN_CONFIG_VALUE,
 * ERR_PRONGHORN_CONFIG_CONFLICT
 */
export async function readConfigFile(path: string): Promise<FoundConfig> {
  return { path, ...parseFileConfig(await valueIn(path), basename(path)) };
}

/** For who only looks for the server: of a file that is no good, where that is, and what is wrong. @param path absolute */
export async function readPlace(path: string): Promise<FoundConfig> {
  let value: unknown;
  try {
    value = await valueIn(path);
    return { path, ...parseFileConfig(value, basename(path)) };
  } catch (error) {
    return { path, ...parsePlace(value), fault: error as PronghornError };
  }
}
