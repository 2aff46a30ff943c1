// What an application hands over to be served, told by what it is: each way of writing one is a row of KINDS, and a value
// that fits none of them, or more than one, is refused. Runs wherever a server is made. Nothing is ever tried out on a
// request to see what happens.
import { inspect } from 'node:util';
import { fetchHandlingOf } from './fetch/application.js';
import type { ConnectionObserver } from './http/connection-observer.js';
import type { Request } from './http/request.js';
import type { Wire } from './http/wire.js';
import { fastifyHandlingOf, httpServerHandlingOf, listenerHandlingOf } from './node-http/application.js';

/** Answers with request.respond(), now or later. A promise is watched: its rejection is answered with 500. */
export type Handler = (request: Request) => unknown;

/** An application, as a worker runs it, whatever it was written as. */
export interface Handling {
  readonly handler: Handler;
  readonly observer?: ConnectionObserver<Wire> | undefined;
  /** Once, in the process that loads the application, before it serves or workers are forked from it. */
  readonly load?: () => Promise<void>;
  /** Resolves when nothing of what the application has begun beside its answers is left. */
  readonly settled?: () => Promise<void>;
  /** In each worker, before its 'spawn' listeners. */
  readonly prepare?: () => unknown;
}

interface Kind {
  readonly name: string;
  /** @returns undefined if the value is nothing of the kind */
  take(value: unknown): Handling | undefined;
}

/** At most one of them may take a value. */
const KINDS: readonly Kind[] = [
  {
    name: 'a function (request) => …',
    take: (value) =>
      typeof value === 'function' && value.length === 1 ? { handler: value as Handler } : undefined,
  },
  { name: 'a function (req, res) => …', take: listenerHandlingOf },
  { name: 'an http.Server', take: httpServerHandlingOf },
  { name: 'a Fastify instance', take: fastifyHandlingOf },
  { name: 'an object with a method fetch(request)', take: fetchHandlingOf },
];

/** For messages. */
function described(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (typeof value !== 'function') return inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY });
  return `a function of ${value.length} ${value.length === 1 ? 'parameter' : 'parameters'}`;
}

/** @returns how to serve it, or why that cannot be told */
export function handlingOf(value: unknown): Handling | { readonly doubt: string } {
  const found = KINDS.flatMap(({ name, take }) => {
    const handling = take(value);
    return handling === undefined ? [] : [{ name, handling }];
  });
  if (found.length === 1) return found[0]!.handling;
  if (found.length === 0) return { doubt: described(value) };
  return { doubt: `${described(value)}, which could be ${found.map(({ name }) => name).join(' or ')}` };
}
