// The file of the control socket and the listening socket behind it: made by the first manager, handed on in every
// upgrade, so that the path always leads to one that answers. Runs in the manager.
import { lstatSync, unlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { binding } from '../binding/load.js';
import { describeErrno } from '../binding/status.js';
import { PronghornError } from '../errors.js';

/** What sockaddr_un has room for, less the zero at the end. */
const PATH_BYTES_MAX = 107;
const BACKLOG = 128;
/** Whoever can connect can stop the server and run any program as its user. */
const OWNER_ONLY = 0o600;

interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** How one manager tells the next of it. */
export interface ControlHandover extends FileIdentity {
  readonly path: string;
}

export class ControlSocket {
  readonly path: string;
  /** Whoever serves it owns it. */
  readonly fd: number;
  readonly #file: FileIdentity;

  private constructor(path: string, fd: number, file: FileIdentity) {
    this.path = path;
    this.fd = fd;
    this.#file = file;
  }

  /** @throws ERR_PRONGHORN_CONTROL_SOCKET */
  static create(path: string): ControlSocket {
    const absolute = resolve(path);
    const refuse = (reason: string) => new PronghornError('ERR_PRONGHORN_CONTROL_SOCKET', { path, reason });
    if (Buffer.byteLength(absolute) > PATH_BYTES_MAX) throw refuse('the path is too long for a socket');
    const fd = binding.listenUnix({
      path: absolute,
      backlog: BACKLOG,
      mode: OWNER_ONLY,
      owner: -1,
      group: -1,
    });
    if (fd < 0) throw refuse(describeErrno(fd).text);
    const { dev, ino } = lstatSync(absolute);
    return new ControlSocket(absolute, fd, { dev, ino });
  }

  /** From the manager before this one. */
  static takeOver({ path, dev, ino }: ControlHandover, fd: number): ControlSocket {
    return new ControlSocket(path, fd, { dev, ino });
  }

  get handover(): ControlHandover {
    return { path: this.path, ...this.#file };
  }

  /** The file goes with the server. */
  remove(): void {
    const found = lstatSync(this.path, { throwIfNoEntry: false });
    if (found?.ino === this.#file.ino && found.dev === this.#file.dev) unlinkSync(this.path);
  }
}
