// The Request that a fetch application gets: a view of the native request, which becomes one of Node's own only when
// something needs that (new Request(request), fetch(request)). Runs in workers. It shares the native request's promise
// never to show another request's bytes.
import { inspect } from 'node:util';
import type { Request as NativeApiRequest } from '../http/request.js';
import { FetchBody, nativeBody } from './body.js';
import { FetchHeaders } from './headers.js';
import { NativeRequest, standInFor } from './natives.js';

/** RFC 9112 section 6.3: what announces a body. */
function announcesBody({ method, headers }: NativeApiRequest): boolean {
  // In the Fetch standard these have none.
  if (method === 'GET' || method === 'HEAD') return false;
  const length = headers.get('content-length');
  return length === undefined ? headers.has('transfer-encoding') : !/^0+$/.test(length);
}

export class FetchRequest {
  readonly #source: NativeApiRequest;
  readonly #url: string;
  #headers: FetchHeaders | undefined;
  /** Null: there is none; undefined: nobody has asked yet. */
  #body: FetchBody | null | undefined;

  /** @internal */
  constructor(source: NativeApiRequest, url: string) {
    this.#source = source;
    this.#url = url;
  }

  get method(): string {
    return this.#source.method;
  }

  get url(): string {
    return this.#url;
  }

  get headers(): FetchHeaders {
    this.#headers ??= FetchHeaders.from(this.#source.headers);
    return this.#headers;
  }

  get signal(): AbortSignal {
    return this.#source.signal;
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.#content()?.stream ?? null;
  }

  get bodyUsed(): boolean {
    return this.#body?.isUsed ?? false;
  }

  async text(): Promise<string> {
    return (await this.#content()?.text()) ?? '';
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async bytes(): Promise<Uint8Array> {
    return (await this.#content()?.bytes()) ?? new Uint8Array();
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.#content()?.bytes())?.buffer ?? new ArrayBuffer(0);
  }

  async blob(): Promise<Blob> {
    return (await nativeBody(this.#content(), this.headers.get('content-type'))).blob();
  }

  async formData(): Promise<FormData> {
    return (await nativeBody(this.#content(), this.headers.get('content-type'))).formData();
  }

  /** @throws TypeError when the body has been read */
  clone(): FetchRequest {
    const body = this.#content();
    const copy = new FetchRequest(this.#source, this.#url);
    copy.#body = body === undefined ? null : body.clone();
    copy.#headers = FetchHeaders.copy(this.headers);
    return copy;
  }

  // What a request from outside has by the standard.
  get cache() {
    return 'default';
  }
  get credentials() {
    return 'same-origin';
  }
  get destination() {
    return '';
  }
  get duplex() {
    return 'half';
  }
  get integrity() {
    return '';
  }
  get isHistoryNavigation() {
    return false;
  }
  get isReloadNavigation() {
    return false;
  }
  get keepalive() {
    return false;
  }
  get mode() {
    return 'cors';
  }
  get redirect() {
    return 'follow';
  }
  get referrer() {
    return 'about:client';
  }
  get referrerPolicy() {
    return '';
  }

  [inspect.custom](depth: number, options: object): string {
    const { method, url, headers } = this;
    return `Request ${inspect({ method, url, headers }, { ...options, depth })}`;
  }

  static isOne(value: unknown): value is FetchRequest {
    return typeof value === 'object' && value !== null && #source in value;
  }

  /**
   * One of Node's own, for what only knows these.
   * @param takesBody the body goes with it
   * @throws TypeError for the method TRACE, which the standard forbids, and for a body that has been read
   * @internal
   */
  static native(request: FetchRequest, takesBody: boolean): globalThis.Request {
    const { url, method, headers, signal } = request;
    const body = request.#content();
    if (body === undefined || !takesBody)
      return new NativeRequest(url, { method, headers, signal } as RequestInit);
    return new NativeRequest(url, {
      method,
      headers,
      signal,
      body: body.stream,
      duplex: 'half',
    } as RequestInit);
  }

  #content(): FetchBody | undefined {
    if (this.#body === undefined)
      this.#body = announcesBody(this.#source) ? new FetchBody(this.#source) : null;
    return this.#body ?? undefined;
  }
}

standInFor(FetchRequest, NativeRequest);
