// `pronghorn start`: a server in the background, or, if it runs, a hot deployment of what is there now. Runs in the command.
import type { Progress } from '../control/protocol.js';
import { EXIT } from '../errors.js';
import { OWN_COMMAND } from '../manager/own-command.js';
import { upgrade } from './changes.js';
import type { CommandLine } from './command-line.js';
import { startDaemon } from './daemon.js';
import { endBy } from './interruption.js';
import { findAt } from './running-server.js';
import { existingApp, logFileOf, placeOf, type Settings } from './settings.js';
import { ProgressLine, print } from './terminal.js';

/** This command line with `run` in place of `start`, less what is for `start` alone. */
export function runArguments(words: readonly string[]): string[] {
  const end = words.indexOf('--');
  const own = end === -1 ? words : words.slice(0, end);
  const kept = own.filter(
    (word, at) =>
      word !== '--json' && !/^--log-file(=|$)/.test(word) && (at === 0 || own[at - 1] !== '--log-file'),
  );
  return ['run', ...kept.slice(1), ...(end === -1 ? [] : words.slice(end))];
}

/** @param words of the command line, `start` first. @returns the exit code */
export async function start(
  line: CommandLine,
  settings: Settings,
  words: readonly string[],
): Promise<number> {
  const { own } = line;
  const app = existingApp(settings);
  const place = placeOf(settings);
  const script = process.argv[1]!;
  const args = [...process.execArgv, script, ...runArguments(words)];
  const found = await findAt(place);
  if (found) {
    // From where this command was typed, and in its environment: as if it was started now.
    const { program, folder } = OWN_COMMAND;
    await upgrade(found, own, { program, args, folder, environment: process.env });
    return 0;
  }
  const logFile = logFileOf(app, settings, own.logFile);
  const progress = new ProgressLine(!own.json);
  progress.show(`loading ${app.shownAs}`);
  const shown = ({ ready, wanted }: Progress) => progress.show(`workers ready ${ready}/${wanted}`);
  const outcome = await startDaemon(args, logFile, shown).finally(() => progress.clear());
  if ('brokenOffBy' in outcome) return endBy(outcome.brokenOffBy, 'broken off; the server is stopped again');
  if ('exitCode' in outcome) {
    process.stderr.write(outcome.text);
    // There is what the application wrote while it loaded, and where Node.js found a syntax error.
    if (outcome.exitCode === EXIT.boot) process.stderr.write(`Log: ${logFile}\n`);
    return outcome.exitCode;
  }
  const { pid, addresses, adminAddress, workers } = outcome.up;
  if (own.json) {
    print(JSON.stringify({ pid, addresses, adminAddress, workers, log: logFile }));
  } else {
    const count = `${workers} worker${workers === 1 ? '' : 's'}`;
    print(`Pronghorn server ${pid} listens on ${addresses.join(', ')} (${count}).`);
    if (adminAddress !== undefined) print(`Status page: ${adminAddress}`);
    print(`Log: ${logFile}`);
  }
  return 0;
}
