// WebSocket frames by the letter of RFC 6455 section 5.2, right and wrong ones, and what a server sends back told in
// words. A parser of its own, so that no library's leniency hides what is on the wire.
import assert from 'node:assert/strict';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';

export interface FrameOptions {
  /** Not the last frame of its message. */
  isOpen?: boolean;
  /** RSV1 is 4, RSV2 2, RSV3 1. */
  rsv?: number;
  /** Null: not masked. */
  mask?: number | null;
  /** The length that it claims, in the form of 8 bytes; default what it has. */
  claims?: bigint;
}

const MASK = 0x37fa213d;

function lengthOf(payload: Buffer, masked: number, claims: bigint | undefined): Buffer {
  if (claims === undefined && payload.length < 126) return Buffer.from([masked | payload.length]);
  if (claims === undefined && payload.length < 65_536) {
    return Buffer.from([masked | 126, payload.length >> 8, payload.length & 255]);
  }
  const length = Buffer.alloc(9);
  length[0] = masked | 127;
  length.writeBigUInt64BE(claims ?? BigInt(payload.length), 1);
  return length;
}

export function frame(opcode: number, given: string | Uint8Array = '', options: FrameOptions = {}): Buffer {
  const { isOpen = false, rsv = 0, mask = MASK, claims } = options;
  const payload = Buffer.from(given);
  const first = Buffer.from([(isOpen ? 0 : 0x80) | (rsv << 4) | opcode]);
  const length = lengthOf(payload, mask === null ? 0 : 0x80, claims);
  if (mask === null) return Buffer.concat([first, length, payload]);
  const key = Buffer.alloc(4);
  key.writeUInt32BE(mask);
  return Buffer.concat([first, length, key, payload.map((byte, at) => byte ^ key[at % 4]!)]);
}

type Make = (payload?: string | Uint8Array, options?: FrameOptions) => Buffer;

export const more: Make = (payload, options) => frame(0, payload, options);
export const text: Make = (payload, options) => frame(1, payload, options);
export const bytes: Make = (payload, options) => frame(2, payload, options);
export const ping: Make = (payload, options) => frame(9, payload, options);
export const pong: Make = (payload, options) => frame(10, payload, options);

export function close(code?: number, reason: string | Uint8Array = ''): Buffer {
  if (code === undefined) return frame(8);
  return frame(8, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]));
}

/** As RFC 7692 section 7.2.1 has it, without taking a context over. */
export function deflated(payload: string | Uint8Array): Buffer {
  return deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

function inflated(payload: Buffer): Buffer {
  const all = Buffer.concat([payload, Buffer.from([0, 0, 255, 255])]);
  return inflateRawSync(all, { finishFlush: constants.Z_SYNC_FLUSH });
}

const NAMES: Record<number, string> = { 1: 'text', 2: 'bytes', 9: 'ping', 10: 'pong' };
/** Longer ones are told by their length. */
const SHOWN_MOST = 40;

export function told(kind: string, payload: string | Uint8Array): string {
  const shown = kind.endsWith('text') ? payload.toString() : Buffer.from(payload).toString('hex');
  return shown.length > SHOWN_MOST ? `${kind} of ${Buffer.from(payload).length}` : `${kind} ${shown}`;
}

/** The frames that a server has sent so far; one that is not complete yet is left out. */
export function framesIn(received: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at + 2 <= received.length; ) {
    const [first, second] = [received[at]!, received[at + 1]!];
    assert.ok(second < 0x80, 'a server does not mask (RFC 6455 section 5.1)');
    const extended = second === 127 ? 8 : second === 126 ? 2 : 0;
    if (at + 2 + extended > received.length) break;
    const start = at + 2 + extended;
    const length =
      extended === 8
        ? Number(received.readBigUInt64BE(at + 2))
        : extended === 2
          ? received.readUInt16BE(at + 2)
          : second;
    if (start + length > received.length) break;
    const payload = received.subarray(start, start + length);
    at = start + length;
    const opcode = first & 15;
    if (opcode === 8) found.push(length === 0 ? 'close' : `close ${payload.readUInt16BE(0)}`);
    else if ((first & 0x40) !== 0) found.push(told(`deflated ${NAMES[opcode]}`, inflated(payload)));
    else found.push(told(NAMES[opcode] ?? `opcode ${opcode}`, payload));
  }
  return found;
}
