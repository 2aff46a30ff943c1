// The command line's grammar, made from the option table: arguments in, application and options out. Pure but for what
// commander prints for --help and --version.
import { Command, CommanderError, Option as Flag } from 'commander';
import type { Option } from '../config/kinds.js';
import { environmentName, flagName } from '../config/names.js';
import { nearestName } from '../config/nearest.js';
import { type Config, OPTION_NAMES, OPTIONS, type OptionName } from '../config/options.js';
import { validateConfig } from '../config/validate.js';
import { PronghornError } from '../errors.js';

export interface CommandLine {
  /** As it was typed. */
  readonly app: string;
  readonly appArguments: readonly string[];
  readonly config: Config;
}

const EXIT_CODES = `
Exit codes:
  0   stopped
  1   the application could not be loaded, or its workers could not start
  2   wrong use: an unknown option, a bad value, a missing file
  3   an address could not be listened on
  4   --start-method fork, but forking is not safe here
  70  an internal failure

Each option can also be set in the environment: ${environmentName('minServers')}=2.
Signals: INT, TERM and QUIT stop gracefully; a second one, half a second later or more, stops at once.`;

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

function grammar(version: string): Command {
  const command = new Command('pronghorn')
    .description('Serves an application with preforked workers, in the foreground.')
    .usage('[run] <app> [options] [-- arguments for the application]')
    .argument(
      '<app>',
      'module whose default export is a function (request) => … or a server of createServer()',
    )
    .argument('[arguments...]', 'for the application, after --')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', EXIT_CODES)
    .showSuggestionAfterError(false)
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
  for (const flag of OPTION_NAMES.flatMap(flags)) command.addOption(flag);
  return command;
}

/** The words of commander for wrong use, as one line of ours. */
function usageError(error: CommanderError, args: readonly string[]): PronghornError {
  if (error.code === 'commander.unknownOption') {
    const unknown = args.find((arg) => error.message.includes(`'${arg.split('=')[0]}'`)) ?? '';
    const name = unknown.split('=')[0]!;
    const known = [...OPTION_NAMES.map(flagName), '--help', '--version'];
    return new PronghornError('ERR_PRONGHORN_CONFIG_UNKNOWN', { name, nearest: nearestName(name, known) });
  }
  if (error.code === 'commander.missingArgument') {
    const text = 'expected the application, as in `pronghorn app.mjs`; `pronghorn --help` lists the options';
    return new PronghornError('ERR_PRONGHORN_CLI_USAGE', { text });
  }
  const text = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  return new PronghornError('ERR_PRONGHORN_CLI_USAGE', { text });
}

function valuesOf(texts: Record<string, string | string[] | boolean>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name of OPTION_NAMES) {
    const text = texts[name];
    if (text === undefined) continue;
    const option: Option<unknown, 's' | undefined> = OPTIONS[name];
    if (typeof text === 'boolean') values[name] = text;
    else if (typeof text === 'string') values[name] = option.fromText(text);
    else values[name] = text.flatMap((part) => option.fromText(part));
  }
  return values;
}

/**
 * @param args without node and the script
 * @returns undefined when --help or --version was asked for, and printed
 * @throws ERR_PRONGHORN_CLI_USAGE, ERR_PRONGHORN_CONFIG_UNKNOWN, ERR_PRONGHORN_CONFIG_VALUE, ERR_PRONGHORN_CONFIG_CONFLICT
 */
export function parseCommandLine(args: readonly string[], version: string): CommandLine | undefined {
  const command = grammar(version);
  const given = args[0] === 'run' ? args.slice(1) : args;
  try {
    command.parse(given, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw usageError(error, given);
  }
  const [app, ...appArguments] = command.args;
  return { app: app!, appArguments, config: validateConfig(valuesOf(command.opts()), flagName) };
}
