// Folders in which a file or another folder is about to be made. Runs in the commands and the manager. Never by mkdir's
// `recursive`: where the system says of an existing folder that it is not there, as /proc does, Node.js tries for ever.
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it, as far as they are missing.
 * @throws what the system says of the first that cannot be made
 */
export function makeFolders(path: string, mode?: number): void {
  if (statSync(path, { throwIfNoEntry: false })) return;
  makeFolders(dirname(path), mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Somebody else has made it in between.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
