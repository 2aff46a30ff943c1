// The command by which this process was started, for an upgrade that starts it again. Looked up when this module is first
// imported, before anything changes the working directory. Runs in the manager.
import { workingFolder } from '../config/working-folder.js';
import type { Command } from '../control/protocol.js';

/** By the name of Node as it was called, behind which there may be another Node by then. */
export const OWN_COMMAND: Command = {
  program: process.argv0,
  args: [...process.execArgv, ...process.argv.slice(1)],
  folder: workingFolder(),
};
