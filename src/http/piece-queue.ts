// Pieces of a body that wait for their reader, in order. Small ones are put together: a client may send a body byte by
// byte, and an object for each would take a hundred times its size. Runs in workers; knows no stream and no engine.

/** Larger blocks are not made of small pieces. */
const BLOCK_MOST = 16 * 1024;

export class PieceQueue {
  #pieces: Buffer[] = [];
  /** The last piece lies at the beginning of it, and there is room behind. */
  #room: Buffer | undefined;

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  /** @param piece the queue's from now on */
  push(piece: Buffer): void {
    const last = this.#pieces.at(-1);
    const length = (last?.length ?? 0) + piece.length;
    if (last === undefined || length > BLOCK_MOST) {
      this.#pieces.push(piece);
      this.#room = undefined;
      return;
    }
    if (this.#room === undefined || this.#room.length < length) {
      this.#room = Buffer.allocUnsafeSlow(Math.min(2 * length, BLOCK_MOST));
      last.copy(this.#room);
    }
    piece.copy(this.#room, last.length);
    this.#pieces[this.#pieces.length - 1] = this.#room.subarray(0, length);
  }

  /** The next piece, its reader's from now on. */
  shift(): Buffer | undefined {
    const piece = this.#pieces.shift();
    if (this.#pieces.length === 0) this.#room = undefined;
    return piece;
  }

  /** Everything in one; the queue is empty then. */
  takeAll(): Buffer {
    const pieces = this.#pieces;
    this.clear();
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  clear(): void {
    this.#pieces = [];
    this.#room = undefined;
  }
}
