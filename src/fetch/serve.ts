// Runs a fetch application on the native API: a light Request in, its Response out. Runs in workers; the rest of this
// folder is reached through here alone, by an import that only fetch applications make.
import { isIPv6 } from 'node:net';
import type { Request } from '../http/request.js';
import { targetOf } from '../http/request-target.js';
import { answer } from './answer.js';
import { installGlobals } from './globals.js';
import { FetchInfo, PendingWork } from './info.js';
import { FetchRequest } from './request.js';
import { absoluteUrl } from './url.js';

export type FetchFunction = (request: FetchRequest, info: FetchInfo, again: FetchInfo) => unknown;

export interface FetchService {
  readonly handler: (request: Request) => unknown;
  /** Resolves when what was handed to waitUntil() is done. */
  readonly settled: () => Promise<void>;
}

const BAD_REQUEST = { code: 400, headers: { 'content-type': 'text/plain' }, body: 'Bad Request\n' };
const NOT_IMPLEMENTED = { code: 501, headers: { 'content-type': 'text/plain' }, body: 'Not Implemented\n' };

/** Where the client has connected to, for one of HTTP/1.0 that names no host. */
function ownAuthority({ localAddress, localPort }: Request): string {
  if (localAddress === undefined || localPort === undefined) return 'localhost';
  return isIPv6(localAddress) ? `[${localAddress}]:${localPort}` : `${localAddress}:${localPort}`;
}

export function fetchService(run: FetchFunction): FetchService {
  installGlobals();
  const work = new PendingWork();
  const handler = (request: Request): unknown => {
    const { method, url } = request;
    // It asks for a connection, and there is no Request for that in the Fetch standard.
    if (method === 'CONNECT') return request.respond(NOT_IMPLEMENTED);
    const host = request.host ?? ownAuthority(request);
    const absolute = absoluteUrl(request.isSecure, host, url, () => targetOf(method, url));
    if (absolute === undefined) return request.respond(BAD_REQUEST);
    const info = new FetchInfo(request, work);
    const result = run(new FetchRequest(request, absolute), info, info);
    if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function')
      return answer(request, result);
    return (result as PromiseLike<unknown>).then((response) => answer(request, response));
  };
  return { handler, settled: () => work.settled() };
}
