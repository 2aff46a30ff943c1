// From a command line to what a command works with: working directory, configuration file, application, options of every
// source, and where the server's files are. Changes the working directory; starts nothing.
import { readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import { configFromEnvironment } from '../config/environment.js';
import type { Launch } from '../config/file-config.js';
import { nearestName } from '../config/nearest.js';
import type { Config } from '../config/options.js';
import { mergeConfigs } from '../config/resolve.js';
import { workingFolder } from '../config/working-folder.js';
import { type Owner, placeFor, type RuntimePlace, usualFolder, usualLogFile } from '../control/place.js';
import { PronghornError, reasonOf } from '../errors.js';
import type { ConfigFile } from '../manager/manager-options.js';
import type { CommandLine } from './command-line.js';
import { type CommandName, commandHint } from './commands.js';
import { type FoundConfig, findConfigFile, readConfigFile, readPlace } from './config-file.js';

/** They want nothing of the configuration but where the server is: whoever has broken the file must be able to stop it. */
const LOOKING: readonly CommandName[] = ['stop', 'status', 'scale'];

export interface App {
  /** Absolute; by the links that lead to it. */
  readonly path: string;
  /** As messages name it. */
  readonly shownAs: string;
}

export interface Settings {
  readonly command: CommandName;
  /** Undefined: nobody says it. */
  readonly app: App | undefined;
  readonly file: Config;
  /** Environment and command line. */
  readonly start: Config;
  readonly launch: Launch;
  /** As it is now, for the server; undefined: there is none. */
  readonly configFile: ConfigFile | undefined;
  /** What is wrong with it: that is for commands to bear with which only look for the server. */
  readonly fault: PronghornError | undefined;
}

function changeFolder(to: string, name: string): void {
  const folder = resolve(workingFolder(), to);
  try {
    process.chdir(folder);
    process.env.PWD = folder;
  } catch (cause) {
    const reason = reasonOf(cause).replace(/,.*$/s, '');
    const text = `cannot change to the folder ${to} of ${name}: ${reason}`;
    throw new PronghornError('ERR_PRONGHORN_CLI_USAGE', { text });
  }
}

async function configFile({ command, own }: CommandLine): Promise<FoundConfig | undefined> {
  const { config: given } = own;
  if (given === false) return undefined;
  const folder = workingFolder();
  const path = given === undefined ? findConfigFile(folder) : resolve(folder, given);
  if (path === undefined) return undefined;
  return LOOKING.includes(command) ? readPlace(path) : readConfigFile(path);
}

/** @throws ERR_PRONGHORN_CONFIG_FIXED: the server is found by its application */
function rereader({ path, launch: { app } }: FoundConfig): () => Promise<Config> {
  return async () => {
    const found = await readConfigFile(path);
    if (found.launch.app !== app) throw new PronghornError('ERR_PRONGHORN_CONFIG_FIXED', { name: 'app' });
    return found.config;
  };
}

export async function readSettings(line: CommandLine): Promise<Settings> {
  const { command, app, config, own } = line;
  if (own.chdir !== undefined) changeFolder(own.chdir, '--chdir');
  const found = await configFile(line);
  const { launch = {} } = found ?? {};
  if (launch.chdir !== undefined) changeFolder(launch.chdir, `chdir in ${basename(found!.path)}`);
  const listed = found && launch.app !== undefined ? resolve(dirname(found.path), launch.app) : undefined;
  const path = app === undefined ? listed : resolve(workingFolder(), app);
  return {
    command,
    app: path === undefined ? undefined : { path, shownAs: app ?? launch.app! },
    file: found?.config ?? {},
    start: mergeConfigs(configFromEnvironment(process.env), config),
    launch,
    configFile: found && { path: found.path, read: rereader(found) },
    fault: found?.fault,
  };
}

/** What somebody probably meant who named a file that is not there. */
function suggestionFor({ path, shownAs }: App): string {
  if (/^\d+$/.test(shownAs))
    return '; a server is named by its application or its --pid-file, not by its pid';
  if (shownAs === 'all') return '; a server is named by its application or its --pid-file, each by itself';
  const hint = commandHint(shownAs);
  if (hint !== undefined && !shownAs.includes('/')) return `; ${hint}`;
  try {
    const names = readdirSync(dirname(path));
    const name = basename(path);
    const near = names.find(
      (other) => /^\.[mc]?[jt]s$/.test(other.slice(name.length)) && other.startsWith(name),
    );
    const meant = near ?? nearestName(name, names);
    return meant === undefined ? '' : `; did you mean ${shownAs.slice(0, -name.length)}${meant}?`;
  } catch {
    return '';
  }
}

/** @throws ERR_PRONGHORN_CLI_USAGE, ERR_PRONGHORN_CLI_APP */
export function existingApp({ app }: Settings): App {
  if (!app?.shownAs) {
    const text =
      'expected the application, as in `pronghorn app.mjs`, or `app` in pronghorn.config.mjs; `pronghorn --help` has more';
    throw new PronghornError('ERR_PRONGHORN_CLI_USAGE', { text });
  }
  const found = statSync(app.path, { throwIfNoEntry: false });
  const refuse = (reason: string) =>
    new PronghornError('ERR_PRONGHORN_CLI_APP', { path: app.shownAs, reason });
  if (!found) throw refuse(`there is no such file${suggestionFor(app)}`);
  if (found.isDirectory()) throw refuse('it is a folder; name the file in it');
  if (!found.isFile()) throw refuse('it is not a file');
  if (app.path.endsWith('.json')) throw refuse('it is data; name the module in which the application is');
  return app;
}

function owner(): Owner {
  return { uid: process.geteuid!(), home: homedir(), environment: process.env };
}

export function usualPlaceOf({ path }: App): string {
  return usualFolder(path, owner());
}

export function logFileOf(app: App, { launch }: Settings, given: string | undefined): string {
  return resolve(workingFolder(), given ?? launch.logFile ?? usualLogFile(app.path, owner()));
}

/** Where the server has its files, with absolute paths; undefined: nobody says which server. */
export function knownPlaceOf({ app, file, start }: Settings): RuntimePlace | undefined {
  const { pidFile = '', runtimeDir = '' } = mergeConfigs(file, start);
  const place = placeFor({ pidFile, runtimeDir }, app && usualPlaceOf(app));
  const folder = workingFolder();
  return place && { pidFile: resolve(folder, place.pidFile), socket: resolve(folder, place.socket) };
}

/** The same. @throws ERR_PRONGHORN_CLI_USAGE when nobody says which server */
export function placeOf(settings: Settings): RuntimePlace {
  const place = knownPlaceOf(settings);
  if (place) return place;
  const { command } = settings;
  const size = command === 'scale' ? '4 ' : '';
  const text = `which server? Name its application, as in \`pronghorn ${command} ${size}app.mjs\`, or its --pid-file`;
  throw new PronghornError('ERR_PRONGHORN_CLI_USAGE', { text });
}
