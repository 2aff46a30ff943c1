// Applications that were written for node:http: what is one, and node(), which says that a value is. Runs wherever a
// server is made.
import { createServer, Server } from 'node:http';
import { PronghornError } from '../errors.js';
import type { ConnectionObserver } from '../http/connection-observer.js';
import type { Request as NativeRequest } from '../http/request.js';
import type { Wire } from '../http/wire.js';
import { ListenerHost, type NodeListener } from './listener.js';

type Handler = (request: NativeRequest) => unknown;

/** What a Fastify instance is known by. */
export interface FastifyLike {
  /** Awaited in each worker before it serves. */
  ready(): unknown;
  /** The (req, res) listener that it is asked by. */
  routing: NodeListener;
}

/**
 * Makes a handler of a `(req, res)` listener, whatever its number of parameters, or of an `http.Server` that does not
 * listen, with all of its events. What a listener returns is watched: if it is a promise that rejects, or if the listener
 * throws, the request is answered with 500, or broken off if its answer has begun.
 * @throws ERR_PRONGHORN_CONFIG_HANDLER
 */
export function node(app: NodeListener | Server): (request: NativeRequest) => unknown {
  if (typeof app === 'function') return listening(app);
  if (app instanceof Server) return serving(app).handler;
  throw new PronghornError('ERR_PRONGHORN_CONFIG_HANDLER', {
    received: `${app === null ? 'null' : typeof app} in node()`,
  });
}

/** A function of two parameters or more: (req, res), (req, res, next). */
export function listenerHandlingOf(value: unknown): { handler: Handler } | undefined {
  if (typeof value !== 'function' || value.length < 2) return undefined;
  return { handler: listening(value as NodeListener) };
}

export function httpServerHandlingOf(
  value: unknown,
): { handler: Handler; observer: ConnectionObserver<Wire> } | undefined {
  return value instanceof Server ? serving(value) : undefined;
}

/** It must be ready before it routes; its plugins may then open what belongs to one process. */
export function fastifyHandlingOf(
  value: unknown,
): { handler: Handler; prepare: () => Promise<void> } | undefined {
  const { ready, routing } = (
    typeof value === 'object' && value !== null ? value : {}
  ) as Partial<FastifyLike>;
  if (typeof ready !== 'function' || typeof routing !== 'function') return undefined;
  const app = value as FastifyLike;
  return {
    handler: listening((req, res) => app.routing(req, res)),
    prepare: async () => {
      await app.ready();
    },
  };
}

/** Through a server's events, as node:http would. @param refuses see ListenerHost */
export function serving(server: Server, refuses = false): { handler: Handler; observer: ListenerHost } {
  const observer = new ListenerHost(server, refuses);
  return { handler: (request) => observer.handle(request), observer };
}

function listening(listener: NodeListener): Handler {
  let result: unknown;
  // Through a server all the same: who observes applications looks at its events.
  const host = new ListenerHost(
    createServer((req, res) => {
      result = listener(req, res);
    }),
  );
  return (request) => {
    result = undefined;
    host.handle(request);
    return result;
  };
}
