#!/usr/bin/env node
// The command `pronghorn`: reads the command line and does what it says. Never loads the application itself.
import './last-words.js';

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { check } from '../manager/check.js';
import { parseSize, reload, scale, stop, upgrade } from './changes.js';
import { type CommandLine, completedFlags, parseCommandLine } from './command-line.js';
import { completionOf } from './completion.js';
import { DaemonVoice } from './daemon.js';
import { asPronghornError, reportError, reportText } from './report.js';
import { HOST_SCRIPT, run } from './run.js';
import { findServer, requireServer } from './running-server.js';
import { existingApp, readSettings, type Settings } from './settings.js';
import { start } from './start.js';
import { showStatus } from './status.js';
import { print } from './terminal.js';

const PACKAGE = fileURLToPath(new URL('../../package.json', import.meta.url));

/** Before anything is started, which is not to inherit the variable. */
const voice = new DaemonVoice(process.env);

function version(): string {
  return (JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string }).version;
}

async function checkEverything({ appArguments, own }: CommandLine, settings: Settings): Promise<void> {
  const { path: app, shownAs } = existingApp(settings);
  const { file, start: given } = settings;
  const program = { script: HOST_SCRIPT, args: appArguments, app, shownAs };
  const { method, config } = await check({ program, file, start: given });
  const { minServers, maxServers } = config;
  if (own.json) print(JSON.stringify({ ok: true, app, method, minServers, maxServers }));
  else print('Everything looks good!');
}

/** @returns the exit code */
async function carryOut(line: CommandLine, words: readonly string[]): Promise<number> {
  const { own, size } = line;
  const to = size === undefined ? undefined : parseSize(size);
  const settings = await readSettings(line);
  switch (line.command) {
    case 'completion':
      return 0;
    case 'run':
      await run(line, settings, voice);
      return 0;
    case 'start':
      return start(line, settings, words);
    case 'check':
      await checkEverything(line, settings);
      return 0;
    case 'stop':
      await stop(await findServer(settings, own.now), own);
      return 0;
    case 'reload':
      await reload(await requireServer(settings), own);
      return 0;
    case 'upgrade':
      await upgrade(await requireServer(settings), own);
      return 0;
    case 'scale':
      await scale(await requireServer(settings), to!, own);
      return 0;
    case 'status':
      return showStatus(await findServer(settings), own);
  }
}

function fail(error: unknown): never {
  const { exitCode } = asPronghornError(error);
  voice.failed(reportText(asPronghornError(error)), exitCode);
  process.exit(reportError(error));
}

async function main(words: readonly string[]): Promise<number> {
  const line = parseCommandLine(words, version());
  if (line?.shell) process.stdout.write(completionOf(line.shell, completedFlags));
  return line && !line.shell ? carryOut(line, words) : 0;
}

process.removeAllListeners('uncaughtException');
process.on('uncaughtException', fail);
main(process.argv.slice(2)).then((exitCode) => process.exit(exitCode), fail);
