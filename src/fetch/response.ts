// The Response that an application makes, while light classes stand in for Node's: what it was made of stays visible to
// the server, which then knows the length of the body without reading it. Runs in workers. What is unusual is made by
// Node's own class first, so that it is refused, or understood, as everywhere.
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { type BodySource, FetchBody, nativeBody } from './body.js';
import { FetchHeaders } from './headers.js';
import { NativeResponse, standInFor } from './natives.js';

const REASON = /^[\t\x20-\x7e\x80-\xff]*$/;
const TEXT = 'text/plain;charset=UTF-8';
const FORM = 'application/x-www-form-urlencoded;charset=UTF-8';
const JSON_TYPE = 'application/json';

interface Init {
  status?: unknown;
  statusText?: unknown;
  headers?: unknown;
}

/** What a response is made of; bytes of one's own. */
interface Material {
  readonly source: BodySource | undefined;
  /** What the standard calls it where nothing else does. */
  readonly type: string | undefined;
}

const NOTHING: Material = { source: undefined, type: undefined };

/** @returns undefined for what Node should look at */
function materialOf(body: unknown): Material | undefined {
  if (body === undefined || body === null) return NOTHING;
  if (typeof body === 'string') return { source: body, type: TEXT };
  if (body instanceof Uint8Array) return { source: new Uint8Array(body), type: undefined };
  if (body instanceof ReadableStream) {
    return body.locked || Readable.isDisturbed(body as never) ? undefined : { source: body, type: undefined };
  }
  if (body instanceof Blob) return { source: body, type: body.type || undefined };
  if (body instanceof URLSearchParams) return { source: body.toString(), type: FORM };
  return undefined;
}

function isNullBodyStatus(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

export class FetchResponse {
  #status = 200;
  #statusText = '';
  #headers: FetchHeaders | undefined;
  /** The only header, while there are no others. */
  #type: string | undefined;
  #body: FetchBody | undefined;

  constructor(body?: unknown, init?: unknown) {
    const material = materialOf(body);
    if (material === undefined || !this.#take(init as Init | undefined, material)) {
      this.#adopt(new NativeResponse(body as string, init as ResponseInit));
    }
  }

  static json(data: unknown, init?: unknown): FetchResponse {
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError('Value is not JSON serializable');
    const response = new FetchResponse(undefined, init);
    if (isNullBodyStatus(response.#status)) {
      throw new TypeError(`Invalid response status code ${response.#status}`);
    }
    response.#body = new FetchBody(text);
    response.#setType(JSON_TYPE);
    return response;
  }

  get status(): number {
    return this.#status;
  }

  get statusText(): string {
    return this.#statusText;
  }

  get ok(): boolean {
    return this.#status >= 200 && this.#status <= 299;
  }

  get headers(): FetchHeaders {
    if (this.#headers === undefined) {
      this.#headers = new FetchHeaders();
      if (this.#type !== undefined) this.#headers.append('content-type', this.#type);
    }
    return this.#headers;
  }

  get type() {
    return 'default';
  }

  get url() {
    return '';
  }

  get redirected() {
    return false;
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.#body?.stream ?? null;
  }

  get bodyUsed(): boolean {
    return this.#body?.isUsed ?? false;
  }

  async text(): Promise<string> {
    return (await this.#body?.text()) ?? '';
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async bytes(): Promise<Uint8Array> {
    return (await this.#body?.bytes()) ?? new Uint8Array();
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.#body?.bytes())?.buffer ?? new ArrayBuffer(0);
  }

  async blob(): Promise<Blob> {
    return (await nativeBody(this.#body, this.headers.get('content-type'))).blob();
  }

  async formData(): Promise<FormData> {
    return (await nativeBody(this.#body, this.headers.get('content-type'))).formData();
  }

  /** @throws TypeError when the body has been read */
  clone(): FetchResponse {
    const copy = new FetchResponse();
    copy.#body = this.#body?.clone();
    copy.#status = this.#status;
    copy.#statusText = this.#statusText;
    copy.#headers = FetchHeaders.copy(this.headers);
    return copy;
  }

  [inspect.custom](depth: number, options: object): string {
    const { status, statusText, headers, bodyUsed } = this;
    return `Response ${inspect({ status, statusText, headers, bodyUsed }, { ...options, depth })}`;
  }

  static isOne(value: unknown): value is FetchResponse {
    return typeof value === 'object' && value !== null && #status in value;
  }

  /** @internal */
  static bodyOf(response: FetchResponse): FetchBody | undefined {
    return response.#body;
  }

  /** The content type, where that is all there is of headers; undefined where there may be others. @internal */
  static onlyTypeOf(response: FetchResponse): string | undefined {
    return response.#headers === undefined ? response.#type : FetchHeaders.onlyTypeOf(response.#headers);
  }

  /** @returns false for what Node should look at */
  #take(init: Init | undefined, { source, type }: Material): boolean {
    if (init !== undefined) {
      if (typeof init !== 'object' || init === null) return false;
      const { status = 200, statusText = '', headers } = init;
      if (!Number.isInteger(status) || (status as number) < 200 || (status as number) > 599) return false;
      if (typeof statusText !== 'string' || !REASON.test(statusText)) return false;
      if (source !== undefined && isNullBodyStatus(status as number)) return false;
      if (headers !== undefined) this.#takeHeaders(headers);
      this.#status = status as number;
      this.#statusText = statusText;
    }
    if (source === undefined) return true;
    this.#body = new FetchBody(source);
    if (type !== undefined) this.#setType(type);
    return true;
  }

  #takeHeaders(init: unknown): void {
    if (typeof init === 'object' && init !== null) this.#type = FetchHeaders.onlyTypeIn(init);
    if (this.#type === undefined) this.#headers = new FetchHeaders(init);
  }

  #setType(type: string): void {
    if (this.#headers === undefined) this.#type ??= type;
    else if (!this.#headers.has('content-type')) this.#headers.append('content-type', type);
  }

  #adopt(native: globalThis.Response): void {
    this.#status = native.status;
    this.#statusText = native.statusText;
    this.#headers = new FetchHeaders(native.headers);
    this.#body = native.body === null ? undefined : new FetchBody(native.body as ReadableStream<Uint8Array>);
  }
}

standInFor(FetchResponse, NativeResponse);
