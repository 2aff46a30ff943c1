// The keys that session tickets are sealed with, the same in all workers. Made here, in the manager, and nowhere else;
// never written to a disk, so that what was recorded on the wire stays closed when they are gone.
import { randomBytes } from 'node:crypto';

/** Name, AES and HMAC key: struct TicketKey of native/tls/ticket_keys.h. */
const KEY_BYTES = 80;
/** The newest seals, the others still open what they have sealed. */
const KEYS_KEPT = 3;

export class TicketKeyRing {
  #keys: Buffer[];

  /** @param text of a ring whose tickets are out already */
  constructor(text = '') {
    const bytes = Buffer.from(text, 'base64');
    const count = Math.floor(bytes.length / KEY_BYTES);
    this.#keys = Array.from({ length: count }, (_, at) =>
      bytes.subarray(at * KEY_BYTES, (at + 1) * KEY_BYTES),
    );
    if (count === 0) this.#keys = [randomBytes(KEY_BYTES)];
  }

  /** Newest first, as one text. */
  get text(): string {
    return Buffer.concat(this.#keys).toString('base64');
  }

  rotate(): void {
    this.#keys = [randomBytes(KEY_BYTES), ...this.#keys].slice(0, KEYS_KEPT);
  }
}

/** How long a ticket can be of use: its key is the newest for one interval and is kept for the others. */
export function ticketSeconds(rotationMs: number): number {
  return Math.floor(((KEYS_KEPT - 1) * rotationMs) / 1000);
}
