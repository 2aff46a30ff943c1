// A Buffer with the methods that read and write one encoding without looking its name up: Buffer.prototype has had
// them since Node 0.x, @types/node leaves them out. Runs in workers.

export interface ByteBuffer extends Buffer {
  latin1Slice(start?: number, end?: number): string;
  utf8Slice(start: number, end: number): string;
  /** @returns the bytes written */
  latin1Write(text: string, offset: number): number;
  /** @returns the bytes written */
  utf8Write(text: string, offset: number): number;
}

/** The same memory, not a copy. */
export function byteBuffer(memory: ArrayBuffer): ByteBuffer {
  return Buffer.from(memory) as unknown as ByteBuffer;
}
