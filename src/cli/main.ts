#!/usr/bin/env node
// The command `pronghorn`: becomes the manager of an application, in the foreground. Never loads the application itself.
import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configFromEnvironment } from '../config/environment.js';
import { mergeConfigs } from '../config/resolve.js';
import { PronghornError } from '../errors.js';
import { Manager } from '../manager/manager.js';
import { parseCommandLine } from './command-line.js';
import { reportError } from './report.js';

const OUTPUT = dirname(dirname(fileURLToPath(import.meta.url)));
const HOST_SCRIPT = join(OUTPUT, 'zygote', 'entry.js');

function version(): string {
  const text = readFileSync(join(dirname(OUTPUT), 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** @throws ERR_PRONGHORN_CLI_APP */
function appFile(app: string): string {
  const path = resolve(app);
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found)
    throw new PronghornError('ERR_PRONGHORN_CLI_APP', { path: app, reason: 'there is no such file' });
  if (!found.isFile())
    throw new PronghornError('ERR_PRONGHORN_CLI_APP', { path: app, reason: 'it is not a file' });
  return path;
}

async function run(args: readonly string[]): Promise<void> {
  const line = parseCommandLine(args, version());
  if (!line) return;
  const manager = new Manager({
    program: { script: HOST_SCRIPT, args: line.appArguments, app: appFile(line.app), shownAs: line.app },
    appConfig: undefined,
    config: mergeConfigs(configFromEnvironment(process.env), line.config),
    onStart: () => {},
    emit: () => {},
  });
  await manager.run();
}

process.on('uncaughtException', (error) => process.exit(reportError(error)));
run(process.argv.slice(2)).then(
  () => process.exit(),
  (error) => process.exit(reportError(error)),
);
