// `pronghorn run`: becomes the manager of an application. Never loads the application itself.
import { fileURLToPath } from 'node:url';
import { Manager } from '../manager/manager.js';
import type { CommandLine } from './command-line.js';
import type { DaemonVoice } from './daemon.js';
import { existingApp, type Settings, usualPlaceOf } from './settings.js';

export const HOST_SCRIPT = fileURLToPath(new URL('../zygote/entry.js', import.meta.url));

/** Resolves when the server has stopped. @param voice of a daemon, by which it says when it is up */
export async function run(line: CommandLine, settings: Settings, voice: DaemonVoice): Promise<void> {
  const app = existingApp(settings);
  const { file, start: config, configFile } = settings;
  const tell = () => {
    const { state, pid, addresses, adminAddress } = manager.status;
    voice.progress(manager.progress);
    if (state === 'running') voice.up({ pid, addresses, adminAddress, workers: manager.progress.ready });
  };
  const manager = new Manager({
    program: { script: HOST_SCRIPT, args: line.appArguments, app: app.path, shownAs: app.shownAs },
    appConfig: undefined,
    file,
    configFile,
    config,
    usualPlace: { folder: usualPlaceOf(app), isNeeded: voice.isHeard },
    onStart: () => {},
    emit: (name, ..._args) => {
      // Whether that was the last one that was missing is known right after.
      if (name === 'ready' && voice.isHeard) setImmediate(tell);
    },
    isHeard: () => false,
  });
  await manager.run();
}
