// The way of a request through the application's listeners: 'route' first, then 'websocket' for a client that asks for
// one, or 'request'. Runs in workers. A server with a handler alone has no step more for the others.

import type { ConnectionObserver } from './connection-observer.js';
import type { Request } from './request.js';
import type { WebSockets } from './websockets.js';
import type { Wire } from './wire.js';

export type RequestListener = (request: Request) => unknown;

export interface Listeners {
  readonly handler: RequestListener;
  /** Called first. What they answer goes no further. */
  readonly routes?: readonly RequestListener[];
  /** Hears of connections beside their requests. */
  readonly observer?: ConnectionObserver<Wire> | undefined;
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}

/** One after the other, until one has answered. A promise is waited for. */
function routed(
  request: Request,
  routes: readonly RequestListener[],
  next: RequestListener,
  at = 0,
): unknown {
  for (let i = at; i < routes.length; i++) {
    const result = routes[i]!(request);
    if (isPromise(result)) {
      return result.then(() => (request.isAnswered ? undefined : routed(request, routes, next, i + 1)));
    }
    if (request.isAnswered) return undefined;
  }
  return next(request);
}

export function dispatcher(
  { handler, routes = [] }: Listeners,
  webSockets: WebSockets | undefined,
): RequestListener {
  const next: RequestListener =
    webSockets === undefined
      ? handler
      : (request) => (webSockets.isMeant(request) ? webSockets.accept(request) : handler(request));
  return routes.length === 0 ? next : (request) => routed(request, routes, next);
}
