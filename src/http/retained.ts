// A request's head and body in a block of their own, because the request outlived its batch or was too large for
// it. The layout is RetainedBlock's in native/engine/retained.h. Runs in workers.
import { binding } from '../binding/load.js';
import { type ByteBuffer, byteBuffer } from './byte-buffer.js';
import { HeaderTable } from './header-table.js';
import { RequestHeaders } from './request-headers.js';

const { retainedFields, headerFields } = binding.contract;
const FIELDS = Object.keys(retainedFields).length;
const HEADER_INTS = Object.keys(headerFields).length;
const INT_BYTES = Int32Array.BYTES_PER_ELEMENT;

export class Retained {
  private readonly bytes: ByteBuffer;
  private readonly ints: Int32Array;
  private readonly headStart: number;

  constructor(block: ArrayBuffer) {
    const fields = new Int32Array(block, 0, FIELDS);
    const headerInts = fields[retainedFields.headerCount!]! * HEADER_INTS;
    this.ints = new Int32Array(block, 0, FIELDS + headerInts);
    this.headStart = (FIELDS + headerInts) * INT_BYTES;
    this.bytes = byteBuffer(block);
  }

  get url(): string {
    const start = this.headStart + this.ints[retainedFields.urlOffset!]!;
    return this.bytes.latin1Slice(start, start + this.ints[retainedFields.urlLength!]!);
  }

  get headers(): RequestHeaders {
    const end = this.headStart + this.headLength;
    const head = this.bytes.latin1Slice(this.headStart, end);
    const count = this.ints[retainedFields.headerCount!]!;
    return new RequestHeaders(new HeaderTable(head, this.ints.subarray(FIELDS), 0, count));
  }

  /** The lines behind the body. */
  get trailers(): string {
    const start = this.headStart + this.headLength;
    return this.bytes.latin1Slice(start, start + this.trailerLength);
  }

  get body(): ByteBuffer {
    return this.bytes.subarray(this.headStart + this.headLength + this.trailerLength) as ByteBuffer;
  }

  private get trailerLength(): number {
    return this.ints[retainedFields.trailerLength!]!;
  }

  private get headLength(): number {
    return this.ints[retainedFields.headLength!]!;
  }
}
