// The file of the accept mutex. The manager makes it, each worker opens it for itself: a lock belongs to an open file, and
// workers that shared one would never exclude each other.
import { chownSync, closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Identity } from '../channel/announcement.js';
import { PronghornError, reasonOf } from '../errors.js';

const OWNER_ONLY = 0o600;

export class LockFile {
  readonly path: string;
  /** Undefined: the file is the user's, and stays. */
  readonly #folder: string | undefined;

  private constructor(path: string, folder: string | undefined) {
    this.path = path;
    this.#folder = folder;
  }

  /**
   * @param wanted '' for a file in a folder of its own that nobody else can look into
   * @param owner who the workers are, which open it; undefined: as this process
   * @throws ERR_PRONGHORN_LISTEN_LOCK_FILE
   */
  static create(wanted: string, owner: Identity | undefined): LockFile {
    let path = wanted === '' ? '' : resolve(wanted);
    let folder: string | undefined;
    try {
      if (path === '') {
        folder = mkdtempSync(join(tmpdir(), 'pronghorn-'));
        path = join(folder, 'accept.lock');
        if (owner) chownSync(folder, owner.uid, owner.gid);
      }
      const isNew = !existsSync(path);
      // Not truncated: whose file it is makes no difference to a lock.
      closeSync(openSync(path, 'a', OWNER_ONLY));
      if (owner && isNew) chownSync(path, owner.uid, owner.gid);
      return new LockFile(path, folder);
    } catch (cause) {
      throw new PronghornError('ERR_PRONGHORN_LISTEN_LOCK_FILE', {
        path: path === '' ? tmpdir() : path,
        reason: reasonOf(cause),
        cause,
      });
    }
  }

  remove(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}
