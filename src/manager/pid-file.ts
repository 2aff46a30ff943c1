// The pid file: names the manager that lives, and is locked by it for its whole life, so that two can never believe that
// it is theirs, whatever number a file from yesterday has in it. Runs in the manager.
import {
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { binding } from '../binding/load.js';
import { PronghornError, reasonOf } from '../errors.js';

const MODE = 0o644;
const PID_LENGTH_MAX = 20;
/** In a folder where others may write, a link would let them choose which file is written. */
const OPEN = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** A command that looks whether the server runs has the lock for a moment. */
const LOOKS_MAX = 20;
const LOOK_MS = 10;

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
}

function tryLock(fd: number): boolean {
  for (let look = 1; binding.tryLockFile(fd) !== 0; look++) {
    if (look === LOOKS_MAX) return false;
    pause();
  }
  return true;
}

function readPid(fd: number): string {
  const text = Buffer.alloc(PID_LENGTH_MAX);
  const length = readSync(fd, text, 0, PID_LENGTH_MAX, 0);
  return text.toString('latin1', 0, length).trim();
}

export class PidFile {
  readonly path: string;
  readonly fd: number;

  private constructor(path: string, fd: number) {
    this.path = path;
    this.fd = fd;
  }

  /**
   * Locks the file and writes this process's pid.
   * @throws ERR_PRONGHORN_PID_FILE_IN_USE, ERR_PRONGHORN_PID_FILE
   */
  static create(path: string): PidFile {
    const absolute = resolve(path);
    try {
      for (;;) {
        const file = new PidFile(absolute, openSync(absolute, OPEN, MODE));
        if (!fstatSync(file.fd).isFile()) {
          binding.closeFd(file.fd);
          throw new PronghornError('ERR_PRONGHORN_PID_FILE', { path, reason: 'it is not a file' });
        }
        if (!tryLock(file.fd)) {
          const pid = readPid(file.fd);
          binding.closeFd(file.fd);
          throw new PronghornError('ERR_PRONGHORN_PID_FILE_IN_USE', { path, pid });
        }
        // Its last owner may have removed it between the two calls: then there is another one now, or none.
        if (file.isThere) {
          file.write();
          return file;
        }
        binding.closeFd(file.fd);
      }
    } catch (cause) {
      if (cause instanceof PronghornError) throw cause;
      throw new PronghornError('ERR_PRONGHORN_PID_FILE', { path, reason: reasonOf(cause), cause });
    }
  }

  /** From the manager before this one, whose lock comes with it. It names that one until write(). */
  static takeOver(path: string, fd: number): PidFile {
    return new PidFile(path, fd);
  }

  /** Whether the path still leads to it. */
  get isThere(): boolean {
    const found = statSync(this.path, { throwIfNoEntry: false });
    const own = fstatSync(this.fd);
    return found !== undefined && found.ino === own.ino && found.dev === own.dev;
  }

  /** In one piece, so that nobody reads half a number. @param pid of the manager that it belongs to */
  write(pid = process.pid): void {
    const text = `${pid}\n`;
    writeSync(this.fd, text, 0, 'latin1');
    ftruncateSync(this.fd, text.length);
  }

  /** The file goes with the server. */
  remove(): void {
    if (this.isThere) unlinkSync(this.path);
    binding.closeFd(this.fd);
  }

  /** The file is another manager's from now on. */
  release(): void {
    binding.closeFd(this.fd);
  }
}
