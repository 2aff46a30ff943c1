// The folder of pid file and control socket: nobody else may put something there. Runs in the manager.
import { lstatSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { PronghornError, reasonOf } from '../errors.js';
import { makeFolders } from './make-folders.js';

const OWNER_ONLY = 0o700;
/** Of the folder above: others' servers have theirs there. */
const OTHERS_MAY_LOOK = 0o755;
const OTHERS_MAY_WRITE = 0o022;

/**
 * One that exists stays as it is, if it is safe.
 * @throws ERR_PRONGHORN_RUNTIME_DIR
 */
export function makeFolder(path: string): void {
  const refuse = (reason: string, cause?: unknown): never => {
    throw new PronghornError('ERR_PRONGHORN_RUNTIME_DIR', { path, reason, cause });
  };
  try {
    makeFolders(dirname(path), OTHERS_MAY_LOOK);
    mkdirSync(path, { mode: OWNER_ONLY });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') refuse(reasonOf(error), error);
  }
  const found = statSync(path);
  const { mode } = found;
  if (!found.isDirectory()) refuse('it is no folder');
  // A link that somebody else has made leads where he wants.
  for (const { uid } of [found, lstatSync(path)]) {
    if (uid !== process.geteuid!() && uid !== 0) refuse('it belongs to another user');
  }
  if ((mode & OTHERS_MAY_WRITE) !== 0) refuse('others may write there');
}

/** If nothing is left in it. */
export function removeFolder(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Something is: the user's own, or a server's that starts just now.
  }
}
