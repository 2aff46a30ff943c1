// What a form is made of: fields with their values, and files that are read as they come. Runs in workers.
import type { Readable } from 'node:stream';

/**
 * What is more is ERR_PRONGHORN_FORM_LIMIT, which a handler that does not catch it answers with 413. The option maxBodySize
 * holds for the body as a whole.
 */
export interface FormLimits {
  /** Fields. Default 1000. */
  fields?: number;
  /** Files. Default 100. */
  files?: number;
  /** Bytes of a field's value. Default 1 MiB. */
  fieldSize?: number;
  /** Bytes of a file. Default: as many as a body may have. */
  fileSize?: number;
}

/** A field of a form, with its value. */
export interface FieldPart {
  /** What tells it from a file. */
  readonly kind: 'field';
  /** As the form has it. */
  readonly name: string;
  /** From UTF-8. */
  readonly value: string;
}

export function fieldPart(name: string, value: string): FieldPart {
  return { kind: 'field', name, value };
}

/** A file of a form, to be read before the next part is asked for. */
export class FilePart implements AsyncIterable<Uint8Array> {
  /** What tells it from a field. */
  readonly kind = 'file';
  /** Of its field, as the form has it. */
  readonly name: string;
  /** As the client says, without folders; empty where no file was chosen. Do not store by it unseen. */
  readonly filename: string;
  /** Media type, as the client says. */
  readonly type: string;
  readonly #stream: Readable;
  #isTaken = false;

  /** @internal */
  constructor(name: string, filename: string, type: string, stream: Readable) {
    this.name = name;
    this.filename = filename;
    this.type = type;
    this.#stream = stream;
  }

  /** The content as a Node stream, once. The client is read from no faster than it is taken. */
  readable(): Readable {
    this.#isTaken = true;
    return this.#stream;
  }

  /** All of it. @throws ERR_PRONGHORN_FORM_LIMIT when it is larger than fileSize, ERR_PRONGHORN_CLIENT_GONE */
  async bytes(): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** All of it, from UTF-8. @throws what bytes() throws */
  async text(): Promise<string> {
    return Buffer.from(await this.bytes()).toString();
  }

  /** In pieces, once. @throws what bytes() throws */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.readable()[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  }

  /** Nobody asks for it any more. @internal */
  skip(): void {
    if (!this.#isTaken) this.#stream.resume();
  }
}

/** Told apart by `kind`. */
export type FormPart = FieldPart | FilePart;
