// The command line's grammar, made from the option table: arguments in, what is wanted out. Pure but for what commander
// prints for help.
import { Command, CommanderError, Option as Flag } from 'commander';
import { OPTION_GROUPS } from '../config/groups.js';
import type { Option } from '../config/kinds.js';
import { seconds } from '../config/kinds.js';
import { flagName } from '../config/names.js';
import { nearestName } from '../config/nearest.js';
import { type Config, OPTION_NAMES, OPTIONS, type OptionName } from '../config/options.js';
import { shown, validateConfig } from '../config/validate.js';
import { PronghornError } from '../errors.js';
import {
  COMMAND_NAMES,
  COMMANDS,
  type CommandName,
  commandHint,
  FOREIGN_COMMANDS,
  foreignOptionHint,
  isCommand,
  nodeOptionHint,
  type OptionHint,
} from './commands.js';
import { type CompletedFlag, SHELLS, type Shell } from './completion.js';
import { COMMAND_NOTES, COMPLETION_NOTES, overview, RUN_NOTES } from './help.js';

/** Options of the commands themselves. */
export interface OwnOptions {
  /** Path of the configuration file; false: none. */
  readonly config?: string | false;
  readonly chdir?: string;
  readonly logFile?: string;
  readonly json?: boolean;
  readonly once?: boolean;
  readonly now?: boolean;
  /** Milliseconds. */
  readonly timeoutMs?: number;
}

export interface CommandLine {
  readonly command: CommandName;
  /** As it was typed; undefined: the configuration file says it. */
  readonly app: string | undefined;
  readonly appArguments: readonly string[];
  /** scale: how many. */
  readonly size?: string;
  /** completion: for which. */
  readonly shell?: Shell;
  readonly config: Config;
  readonly own: OwnOptions;
}

/** Those that load an application, and so take every option. */
const LOADING: readonly CommandName[] = ['run', 'start', 'check'];
/** By which the others find the server. */
const PLACE_OPTIONS: readonly OptionName[] = ['pidFile', 'runtimeDir'];

const FLAGS = {
  config: [
    '--config <file>',
    'configuration file; otherwise pronghorn.config.{ts,mjs,js,json} in the working directory',
  ],
  noConfig: ['--no-config', 'without a configuration file'],
  chdir: ['--chdir <folder>', 'change the working directory first'],
  logFile: [
    '--log-file <file>',
    'where the log goes (default: in the state folder of the account; `start` says where)',
  ],
  json: ['--json', 'print JSON, for scripts'],
  once: ['--once', 'print the status once, and do not stay'],
  now: ['--now', 'do not wait for requests under way'],
  timeout: ['--timeout <seconds>', 'give up waiting after this time; the server goes on with it'],
} as const;

type FlagName = keyof typeof FLAGS;

const COMMAND_FLAGS: Record<CommandName, readonly FlagName[]> = {
  run: ['config', 'noConfig', 'chdir'],
  start: ['config', 'noConfig', 'chdir', 'logFile', 'json'],
  stop: ['config', 'noConfig', 'chdir', 'now', 'timeout', 'json'],
  reload: ['config', 'noConfig', 'chdir', 'timeout', 'json'],
  upgrade: ['config', 'noConfig', 'chdir', 'timeout', 'json'],
  scale: ['config', 'noConfig', 'chdir', 'timeout', 'json'],
  status: ['config', 'noConfig', 'chdir', 'once', 'json'],
  check: ['config', 'noConfig', 'chdir', 'json'],
  completion: [],
};

function flags(name: OptionName): Flag[] {
  const option: Option<unknown, 's' | undefined> = OPTIONS[name];
  const fallback = option.defaultDoc ?? String(option.default);
  const choices = option.choices ? `${option.choices.join(', ')}; ` : '';
  const description = `${option.doc} (${choices}default: ${fallback})`;
  if (option.placeholder === '') {
    return [
      new Flag(flagName(name), description),
      new Flag(flagName(name).replace('--', '--no-')).hideHelp(),
    ];
  }
  const made = new Flag(`${flagName(name)} ${option.placeholder}`, description);
  if (!option.repeatable) return [made];
  return [made.argParser((text: string, before?: string[]) => [...(before ?? []), text])];
}

function addOptions(command: Command, name: CommandName): void {
  for (const flag of COMMAND_FLAGS[name]) {
    const [form, description] = FLAGS[flag];
    const made = new Flag(form, description);
    // It is said beside --config.
    command.addOption(flag === 'noConfig' ? made.hideHelp() : made);
  }
  if (name === 'completion') return;
  if (!LOADING.includes(name)) {
    for (const flag of PLACE_OPTIONS.flatMap(flags)) command.addOption(flag);
    return;
  }
  for (const [heading, names] of Object.entries(OPTION_GROUPS)) {
    for (const flag of names.flatMap(flags)) command.addOption(flag.helpGroup(`${heading}:`));
  }
}

function notesOf(name: CommandName): string {
  if (name === 'completion') return COMPLETION_NOTES;
  return LOADING.includes(name) ? RUN_NOTES : COMMAND_NOTES;
}

function grammar(name: CommandName): Command {
  const command = new Command(`pronghorn ${name}`)
    .description(COMMANDS[name].replace(/^./, (letter) => letter.toUpperCase()).concat('.'))
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', notesOf(name))
    .showSuggestionAfterError(false)
    .allowExcessArguments(false)
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
  if (name === 'completion') return command.argument('<shell>', SHELLS.join(', '));
  if (name === 'scale') command.argument('<size>', 'how many workers: 4, 2..8 (bounds), +1 or -1');
  const what = LOADING.includes(name) ? 'module to serve' : 'the module that the server serves';
  command.argument('[app]', `${what}; otherwise \`app\` of the configuration file`);
  if (LOADING.includes(name)) command.argument('[arguments...]', 'for the application, after --');
  addOptions(command, name);
  return command;
}

function unknownCommand(word: string): PronghornError {
  const nearest = FOREIGN_COMMANDS[word] ?? nearestName(word, COMMAND_NAMES);
  return usage(`there is no command '${word}'${nearest === undefined ? '' : `, did you mean '${nearest}'?`}`);
}

/** @param args in which the unknown option is */
function unknownOption(error: CommanderError, command: Command, args: readonly string[]): PronghornError {
  const at = args.findIndex((arg) =>
    [arg, arg.split('=')[0]].some((text) => error.message.includes(`'${text}'`)),
  );
  const word = args[at] ?? '';
  const [name = '', value = args[at + 1]] = word.split('=');
  const known = [...command.options.map(({ long }) => long!), '--help', '--version'];
  const asCommand = COMMAND_NAMES.find((other) => name === `--${other}`);
  const owner = COMMAND_NAMES.find((other) => grammar(other).options.some(({ long }) => long === name));
  const own = asCommand ? `pronghorn ${asCommand}` : owner && `pronghorn ${owner} … ${name}`;
  const typed = command.name().replace(/^pronghorn /, '') as CommandName;
  const hint: OptionHint = foreignOptionHint(typed, name, value) ??
    (own === undefined ? nodeOptionHint(name, word) : { nearest: own }) ?? {
      nearest: nearestName(name, known),
    };
  return new PronghornError('ERR_PRONGHORN_CONFIG_UNKNOWN', { name, ...hint });
}

/** The words of commander for wrong use, as one line of ours. */
function usageError(error: CommanderError, command: Command, args: readonly string[]): PronghornError {
  if (error.code === 'commander.unknownOption') return unknownOption(error, command, args);
  if (error.code === 'commander.missingArgument') {
    const isScale = command.name().endsWith(' scale');
    return usage(
      isScale
        ? 'expected a size, as in `pronghorn scale 4`'
        : 'expected a shell, as in `pronghorn completion bash`',
    );
  }
  return usage(error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '));
}

/** Words that nobody asked for may be a command in the wrong place, or behind one that there is not. */
function refuseExcess(app: string, excess: readonly string[]): never {
  const [word = ''] = excess;
  if (!/[./]/.test(app) && !isCommand(word)) {
    const hint = commandHint(app, excess) ?? '`pronghorn help` lists the commands';
    throw usage(`there is no command '${app}'; ${hint}`);
  }
  const hint = isCommand(word) ? `did you mean \`pronghorn ${word} ${app}\`?` : `as in \`${app} -- ${word}\``;
  throw usage(`there is '${word}' after the application; what is meant for it comes after --, ${hint}`);
}

function usage(text: string): PronghornError {
  return new PronghornError('ERR_PRONGHORN_CLI_USAGE', { text });
}

function shellOf(word: string): Shell {
  const shell = SHELLS.find((known) => known === word);
  if (shell) return shell;
  throw usage(`expected ${SHELLS.join(', ')}, as in \`pronghorn completion bash\`, received '${word}'`);
}

/** Options of a command, as its help shows them, and their opposites. */
export function completedFlags(name: CommandName): CompletedFlag[] {
  return grammar(name).options.map(({ long, flags: form, description }) => {
    const placeholder = /<.*>$/.exec(form)?.[0];
    const option = OPTION_NAMES.map((known) => [flagName(known), OPTIONS[known] as Option<unknown>] as const);
    const choices = option.find(([flag]) => flag === long)?.[1].choices ?? [];
    const value = placeholder === undefined ? undefined : { placeholder, choices };
    return { name: long!, doc: description.replace(/ \(.*default: .*\)$/s, ''), value };
  });
}

function valuesOf(texts: Record<string, unknown>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name of OPTION_NAMES) {
    const text = texts[name] as string | string[] | boolean | undefined;
    if (text === undefined) continue;
    const option: Option<unknown, 's' | undefined> = OPTIONS[name];
    if (typeof text === 'boolean') values[name] = text;
    else if (typeof text === 'string') values[name] = option.fromText(text);
    else values[name] = text.flatMap((part) => option.fromText(part));
  }
  return values;
}

function milliseconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const { fromText, accepts, expected } = seconds({ doc: '', min: 0.1 });
  const value = fromText(text);
  if (accepts(value)) return value * 1000;
  const received = shown(value);
  throw new PronghornError('ERR_PRONGHORN_CONFIG_VALUE', { name: '--timeout', expected, received });
}

/** A negative size looks like an option: it is told apart before commander sees it. */
function sized(name: CommandName, args: readonly string[]): readonly string[] {
  if (name !== 'scale') return args;
  return args.map((arg) => (/^-\d+$/.test(arg) ? `\u2212${arg.slice(1)}` : arg));
}

/**
 * @param args without node and the script
 * @returns undefined when help or the version was asked for, and printed
 * @throws ERR_PRONGHORN_CLI_USAGE, ERR_PRONGHORN_CONFIG_UNKNOWN, ERR_PRONGHORN_CONFIG_VALUE, ERR_PRONGHORN_CONFIG_CONFLICT
 */
export function parseCommandLine(
  args: readonly string[],
  version: string,
  print: (text: string) => void = (text) => process.stdout.write(text),
): CommandLine | undefined {
  const [first, second] = args;
  if (first === '--version' || first === '-V') {
    print(`${version}\n`);
    return undefined;
  }
  const asked = first === 'help' ? second : undefined;
  if (asked !== undefined && !asked.startsWith('-') && !isCommand(asked)) throw unknownCommand(asked);
  if (first === '--help' || first === '-h' || (first === 'help' && !isCommand(asked))) {
    print(overview());
    return undefined;
  }
  const name = isCommand(asked) ? asked : isCommand(first) ? first : 'run';
  const command = grammar(name).configureOutput({ writeOut: print });
  if (isCommand(asked)) {
    command.outputHelp();
    return undefined;
  }
  const given = sized(name, isCommand(first) ? args.slice(1) : args);
  try {
    command.parse(given, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw usageError(error, command, given);
  }
  const words = [...command.args];
  const size = name === 'scale' ? words.shift()!.replace('\u2212', '-') : undefined;
  const shell = name === 'completion' ? shellOf(words.shift()!) : undefined;
  const [app, ...appArguments] = words;
  const dashes = given.indexOf('--');
  const afterDashes = dashes === -1 ? 0 : given.length - dashes - 1;
  if (appArguments.length > afterDashes)
    refuseExcess(app!, appArguments.slice(0, appArguments.length - afterDashes));
  const { config, chdir, logFile, json, once, now, timeout } = command.opts();
  const timeoutMs = milliseconds(timeout);
  const own = { config: config === true ? undefined : config, chdir, logFile, json, once, now, timeoutMs };
  return {
    command: name,
    app,
    appArguments,
    size,
    shell,
    config: validateConfig(valuesOf(command.opts()), flagName),
    own,
  };
}
