// What the servers of pronghorn/http and pronghorn/https have in common: node's own Server does all that is about
// listening; only the handle below it is ours. Runs wherever an application listens by itself.
import type { Server as NodeServer } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { NativeTlsEndpoint } from '../binding/tls-contract.js';
import { PronghornError } from '../errors.js';
import { serving } from '../node-http/application.js';
import { type Handle, ListeningEngine } from './listening-engine.js';

/** Methods and fields of net.Server that its types leave out. */
interface Internals {
  _handle: Handle | ListeningEngine | null;
  /** unref() was called, maybe before it listened. */
  _unref?: boolean;
  _listen2(...args: unknown[]): void;
  _emitCloseIfDrained(): void;
}

// biome-ignore lint/suspicious/noExplicitAny: TypeScript wants it of a class that is extended
type ServerClass = new (...args: any[]) => NodeServer;

/** node looks for slow clients in an interval, among connections that it does not have. */
function clearConnectionsCheck(server: NodeServer): void {
  const symbol = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'http.server.connectionsCheckingInterval',
  );
  if (symbol) clearInterval((server as unknown as Record<symbol, NodeJS.Timeout | undefined>)[symbol]);
}

/** Fields that may be assigned while it listens. */
const LIMITS = [
  'keepAliveTimeout',
  'keepAliveTimeoutBuffer',
  'headersTimeout',
  'requestTimeout',
  'maxConnections',
];

/** Data fields become accessors that tell of assignments. */
function watchFields(object: object, names: readonly string[], onAssigned: () => void): void {
  const values = object as Record<string, unknown>;
  for (const name of names) {
    // One of a newer version of node.
    if (!(name in values)) continue;
    let current = values[name];
    Object.defineProperty(object, name, {
      configurable: true,
      enumerable: true,
      get: () => current,
      set(value: unknown) {
        current = value;
        onAssigned();
      },
    });
  }
}

const OF_CLUSTER =
  "a worker of node:cluster has no socket of its own; listen with exclusive: true, or use Pronghorn's workers";
const NO_CERTIFICATE = 'there is no certificate: give key and cert';

/** TLS of a server that has been given nothing to prove its name with. */
export const UNREADY = Symbol('no certificate');

/**
 * A subclass of one of node's servers whose connections are served by the native engine. Limits that the engine has and
 * node:http has not (bodies, pipelining) are as wide as can be. A socket that somebody else has accepted and emits as its
 * `connection` is read by node's own code, as ever.
 * @param tlsOf what such a server needs to speak TLS
 */
export function onEngine<Base extends ServerClass>(
  base: Base,
  tlsOf: (server: InstanceType<Base>) => NativeTlsEndpoint | typeof UNREADY | undefined,
): Base {
  const own = base.prototype as Internals;
  class EngineServer extends (base as ServerClass) {
    readonly #listeners = serving(this, true);
    #engine: ListeningEngine | undefined;

    // biome-ignore lint/suspicious/noExplicitAny: as above
    constructor(...args: any[]) {
      super(...args);
      watchFields(this, LIMITS, () => this.#engine?.adjust(this));
      watchFields(this, ['timeout'], () => this.#listeners.observer.hearAnew());
    }

    /** node binds the socket; from then on the engine accepts from it. */
    _listen2(...args: unknown[]): void {
      const internals = this as unknown as Internals;
      own._listen2.apply(internals, args);
      const handle = internals._handle as Handle | null;
      // It has failed, and an 'error' is on its way.
      if (handle === null) return;
      const tls = tlsOf(this as InstanceType<Base>);
      if (!(handle.fd >= 0) || tls === UNREADY) {
        internals._handle = null;
        handle.close();
        const address = String(args[0] ?? args[1]);
        const reason = tls === UNREADY ? NO_CERTIFICATE : OF_CLUSTER;
        const error = new PronghornError('ERR_PRONGHORN_LISTEN_FAILED', { address, reason });
        process.nextTick(() => this.emit('error', error));
        return;
      }
      const engine = new ListeningEngine({ handle, server: this, listeners: this.#listeners, tls }, () => {
        if (this.#engine === engine) this.#engine = undefined;
        internals._emitCloseIfDrained();
      });
      this.#engine = engine;
      internals._handle = engine;
      if (internals._unref) engine.unref();
    }

    /** Not before the engine has finished what it has begun. */
    _emitCloseIfDrained(): void {
      if (this.#engine === undefined) own._emitCloseIfDrained.call(this as unknown as Internals);
    }

    override close(done?: (error?: Error) => void): this {
      clearConnectionsCheck(this);
      // node's does; a subclass may have one of its own.
      this.closeIdleConnections();
      return NetServer.prototype.close.call(this, done) as this;
    }

    override closeAllConnections(): void {
      super.closeAllConnections();
      this.#engine?.endConnections(false);
    }

    override closeIdleConnections(): void {
      super.closeIdleConnections();
      this.#engine?.endConnections(true);
    }

    override getConnections(done: (error: Error | null, count: number) => void): this {
      process.nextTick(done, null, this.#engine?.connections ?? 0);
      return this;
    }
  }
  return EngineServer as unknown as Base;
}
