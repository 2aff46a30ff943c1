// Tells a fetch application from others, and has the rest of this folder loaded only for one: Node's own classes of the
// Fetch standard, on which it is built, take time and memory. Runs wherever a server is made.
import { inspect } from 'node:util';
import { PronghornError } from '../errors.js';
import type { Request as NativeApiRequest } from '../http/request.js';
import type { FetchInfo } from './info.js';
import type { FetchService } from './serve.js';

/**
 * Answers a Request of the Fetch standard with a Response, or a promise of one. `info` comes twice, because some
 * platforms have their waitUntil() in the third argument.
 */
export type FetchHandler = (
  request: globalThis.Request,
  info: FetchInfo,
  again: FetchInfo,
) => globalThis.Response | Promise<globalThis.Response>;

/** What Hono, h3 and others export. */
export interface FetchApplication {
  /** Called for every request, as a method of the object. */
  fetch: FetchHandler;
}

interface FetchHandling {
  readonly handler: (request: NativeApiRequest) => unknown;
  readonly load: () => Promise<void>;
  readonly settled: () => Promise<void>;
}

function isFetchApplication(value: unknown): value is FetchApplication {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject && typeof (value as Partial<FetchApplication>).fetch === 'function';
}

/** @returns undefined if the value is no fetch application */
export function fetchHandlingOf(value: unknown): FetchHandling | undefined {
  if (!isFetchApplication(value)) return undefined;
  let service: FetchService | undefined;
  return {
    handler: (request) => service!.handler(request),
    load: async () => {
      const { fetchService } = await import('./serve.js');
      service = fetchService((request, info) => value.fetch(request as never, info, info));
    },
    settled: async () => service?.settled(),
  };
}

/**
 * Names a handler of the Fetch standard as one: `createServer({}, fetch((request) => new Response('hi')))`, or
 * `export default fetch(app)`. An object with a method `fetch` is known without it.
 * @param app a function (request, info) => Response, or an object with one as its method `fetch`
 * @throws ERR_PRONGHORN_CONFIG_HANDLER
 */
export function fetch(app: FetchHandler | FetchApplication): FetchApplication {
  if (isFetchApplication(app)) return { fetch: (request, info, again) => app.fetch(request, info, again) };
  if (typeof app === 'function') return { fetch: app };
  throw new PronghornError('ERR_PRONGHORN_CONFIG_HANDLER', { received: inspect(app, { depth: 0 }) });
}
