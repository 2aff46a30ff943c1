// A file as the body of an answer: opened and looked at before anything is answered, so that a missing one is the
// caller's to answer. Runs in workers.
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { PronghornError } from '../errors.js';

const { O_RDONLY, O_NONBLOCK } = constants;

/** An opened file, to answer with once; from file(). */
export class FileBody {
  /** Bytes. */
  readonly size: number;
  /** To the second, as HTTP has it. */
  readonly lastModified: Date;
  /** Strong: another one when size or time of change, to the nanosecond, differ. */
  readonly etag: string;
  readonly #handle: FileHandle;
  readonly #isOwned: boolean;
  #isClosed = false;

  /** @internal Use file(). */
  constructor(handle: FileHandle, isOwned: boolean, size: bigint, modifiedNs: bigint) {
    this.#handle = handle;
    this.#isOwned = isOwned;
    this.size = Number(size);
    this.lastModified = new Date(Number(modifiedNs / 1_000_000_000n) * 1000);
    this.etag = `"${modifiedNs.toString(36)}-${size.toString(36)}"`;
  }

  /** The open file. @throws ERR_PRONGHORN_HTTP_FILE when it was sent before, or closed */
  get handle(): FileHandle {
    if (this.#isClosed) throw new PronghornError('ERR_PRONGHORN_HTTP_FILE', { reason: 'it was closed' });
    return this.#handle;
  }

  /** What is answered with is closed by itself; this is for a file that is not needed after all. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#isOwned) await this.#handle.close();
  }
}

/**
 * Opens a file to answer with: `request.respond({ headers: { 'Content-Type': 'image/png' }, body: await file(path) })`.
 * Conditional requests and ranges are taken care of. It can be answered with once, and is closed then; a FileHandle of
 * yours stays open.
 * @throws ENOENT, EACCES and whatever else open(2) says; ERR_PRONGHORN_HTTP_FILE for what is no regular file
 */
export async function file(source: string | URL | Buffer | FileHandle): Promise<FileBody> {
  const isPath = typeof source === 'string' || source instanceof URL || source instanceof Uint8Array;
  // Without waiting, or a named pipe would wait for its writer.
  const handle = isPath ? await open(source, O_RDONLY | O_NONBLOCK) : source;
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile())
      throw new PronghornError('ERR_PRONGHORN_HTTP_FILE', { reason: 'it is no regular file' });
    return new FileBody(handle, isPath, stats.size, stats.mtimeNs);
  } catch (error) {
    if (isPath) await handle.close();
    throw error;
  }
}
