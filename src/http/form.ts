// Forms: urlencoded ones and those with files, part by part or collected. Runs in workers. The parser for multipart
// bodies is loaded when the first one comes.
import { File } from 'node:buffer';
import { PronghornError } from '../errors.js';
import { type FormLimits, type FormPart, fieldPart } from './form-part.js';

export type { FieldPart, FilePart, FormLimits, FormPart } from './form-part.js';

export type FormSource = AsyncIterable<Uint8Array> & {
  readonly headers: { get(name: string): string | undefined };
  text(): Promise<string>;
};

const FIELDS = 1000;
const FILES = 100;
const FIELD_SIZE = 1024 * 1024;

const URLENCODED = /^application\/x-www-form-urlencoded[ \t]*(?:;|$)/i;
const MULTIPART = /^multipart\/form-data[ \t]*;/i;

/** A form whose parts have all arrived. */
export class Form implements Iterable<[name: string, value: string | File]> {
  readonly #entries: [string, string | File][] = [];

  /** The first value of this name: a field's text, or a file, in memory. */
  get(name: string): string | File | undefined {
    return this.#entries.find(([key]) => key === name)?.[1];
  }

  /** All values of this name, in order. */
  getAll(name: string): (string | File)[] {
    return this.#entries.filter(([key]) => key === name).map(([, value]) => value);
  }

  /** Whether there is a value of this name. */
  has(name: string): boolean {
    return this.#entries.some(([key]) => key === name);
  }

  /** Names and values in order. */
  [Symbol.iterator](): ArrayIterator<[name: string, value: string | File]> {
    return this.#entries.values();
  }

  /** @internal */
  add(name: string, value: string | File): void {
    this.#entries.push([name, value]);
  }
}

/** @throws ERR_PRONGHORN_FORM_TYPE, ERR_PRONGHORN_FORM_CORRUPT, ERR_PRONGHORN_FORM_LIMIT */
export async function* formParts(source: FormSource, given: FormLimits = {}): AsyncGenerator<FormPart, void> {
  const limits = {
    fields: given.fields ?? FIELDS,
    files: given.files ?? FILES,
    fieldSize: given.fieldSize ?? FIELD_SIZE,
    fileSize: given.fileSize ?? Number.POSITIVE_INFINITY,
  };
  const type = source.headers.get('content-type') ?? '';
  if (URLENCODED.test(type)) {
    yield* urlencodedFields(await source.text(), limits);
  } else if (MULTIPART.test(type)) {
    const { multipartParts } = await import('./multipart.js');
    yield* multipartParts(source, type, limits);
  } else {
    throw new PronghornError('ERR_PRONGHORN_FORM_TYPE', { type: type || 'none' });
  }
}

/** @throws ERR_PRONGHORN_FORM_TYPE, ERR_PRONGHORN_FORM_CORRUPT, ERR_PRONGHORN_FORM_LIMIT */
export async function readForm(source: FormSource, limits?: FormLimits): Promise<Form> {
  const form = new Form();
  for await (const part of formParts(source, limits)) {
    if (part.kind === 'field') {
      form.add(part.name, part.value);
    } else {
      const { name, filename, type } = part;
      form.add(name, new File([await part.bytes()], filename, { type }));
    }
  }
  return form;
}

function* urlencodedFields(text: string, { fields, fieldSize }: Required<FormLimits>) {
  let count = 0;
  for (const [name, value] of new URLSearchParams(text)) {
    if (++count > fields)
      throw new PronghornError('ERR_PRONGHORN_FORM_LIMIT', { what: 'fields', most: fields });
    if (value.length > fieldSize && Buffer.byteLength(value) > fieldSize) {
      throw new PronghornError('ERR_PRONGHORN_FORM_LIMIT', { what: 'bytes of a field', most: fieldSize });
    }
    yield fieldPart(name, value);
  }
}
