// Puts the light classes in the place of Node's: `new Response()` and `new Headers()` of an application make light
// ones, and what gets a light Request gives Node a real one. Runs in hosts, once, before workers are forked. Never
// touches what is Node's own: subclasses are built on Node's classes, and `instanceof` is true for both kinds.
import { FetchHeaders } from './headers.js';
import { NativeHeaders, NativeRequest, NativeResponse, nativeFetch } from './natives.js';
import { FetchRequest } from './request.js';
import { FetchResponse } from './response.js';

type Constructor = new (...args: never[]) => object;

interface Names {
  readonly Headers: Constructor;
  readonly Request: Constructor;
  readonly Response: Constructor;
  readonly fetch: typeof globalThis.fetch;
}

function calledWithoutNew(name: string): TypeError {
  return new TypeError(`Class constructor ${name} cannot be invoked without 'new'`);
}

/** The shape of the class that it stands for: its name, its statics, and the prototype that objects of both have. */
function shapedLike<Stand extends object>(
  stand: Stand,
  native: Constructor,
  name: string,
  length: number,
): Stand {
  Object.setPrototypeOf(stand, native);
  Object.defineProperties(stand, {
    prototype: { value: native.prototype, writable: false },
    name: { value: name },
    length: { value: length },
  });
  return stand;
}

function Headers(this: unknown, init?: unknown): object {
  if (new.target === undefined) throw calledWithoutNew('Headers');
  if ((new.target as unknown) === Headers) return new FetchHeaders(init);
  return Reflect.construct(NativeHeaders, [init], new.target);
}

function Response(this: unknown, body?: unknown, init?: unknown): object {
  if (new.target === undefined) throw calledWithoutNew('Response');
  if ((new.target as unknown) === Response) return new FetchResponse(body, init);
  return Reflect.construct(NativeResponse, [body, init], new.target);
}

function Request(this: unknown, input: unknown, init?: { body?: unknown }): object {
  if (new.target === undefined) throw calledWithoutNew('Request');
  // Node looks into a Request that it is given, and there is nothing of its own in a light one.
  const isReplaced = init?.body !== undefined && init.body !== null;
  const given = FetchRequest.isOne(input) ? FetchRequest.native(input, !isReplaced) : input;
  const target = (new.target as unknown) === Request ? NativeRequest : new.target;
  return Reflect.construct(NativeRequest, [given, init], target);
}

/** Like Node's, a function that may be called without a receiver. */
async function fetch(input: unknown, init?: RequestInit): Promise<globalThis.Response> {
  const isReplaced = init?.body !== undefined && init.body !== null;
  const given = FetchRequest.isOne(input) ? FetchRequest.native(input, !isReplaced) : input;
  return nativeFetch(given as string, init);
}

const STANDS: Names = {
  Headers: shapedLike(Headers as unknown as Constructor, NativeHeaders, 'Headers', 0),
  Request: shapedLike(Request as unknown as Constructor, NativeRequest as Constructor, 'Request', 1),
  Response: shapedLike(Response as unknown as Constructor, NativeResponse as Constructor, 'Response', 0),
  fetch,
};
Object.defineProperty(Response, 'json', { value: FetchResponse.json, writable: true, configurable: true });

let isInstalled = false;

/** Called again, it does nothing: who replaces one of them later is not undone. */
export function installGlobals(): void {
  if (isInstalled) return;
  isInstalled = true;
  for (const [name, value] of Object.entries(STANDS)) {
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
    if (name !== 'fetch')
      Object.defineProperty(value.prototype, 'constructor', { value, writable: true, configurable: true });
  }
}
