// How a request has come: over which connection, from whom, and through which proxies. The part of a Request that asks
// the engine about its connection. Runs in workers; asked for rarely, so little of it is kept.
import { type Origin, originOf } from './forwarded.js';
import type { RequestHeaders } from './request-headers.js';
import { type TlsInfo, tlsInfoOf } from './tls-info.js';
import type { TrustedProxies } from './trusted-proxies.js';
import type { Wire } from './wire.js';

export abstract class Arrival {
  /** @internal */
  readonly wire: Wire;
  /** @internal */
  readonly connection: number;
  private origin: Origin | undefined = undefined;

  /** @internal */
  constructor(wire: Wire, connection: number) {
    this.wire = wire;
    this.connection = connection;
  }

  abstract get headers(): RequestHeaders;
  /** Of this request alone, whoever has passed it on. */
  protected abstract requestedHost(): string | undefined;
  /** Of the connection itself. */
  protected abstract get hasTls(): boolean;

  /**
   * The client's IP address, also where a trusted proxy has told it; undefined when the client has gone, empty on a
   * unix socket.
   * @throws behind trusted proxies, what `headers` does
   */
  get remoteAddress(): string | undefined {
    const { engine, proxies } = this.wire;
    return proxies ? this.originBy(proxies).remoteAddress : engine.remoteAddress(this.connection);
  }

  /**
   * The client's port; undefined where trusted proxies have told its address by a header, on a unix socket, and when the
   * client has gone.
   * @throws behind trusted proxies, what `headers` does
   */
  get remotePort(): number | undefined {
    const { engine, proxies } = this.wire;
    // The port is the socket's: it goes with the socket's address only.
    if (proxies && this.originBy(proxies).remoteAddress !== engine.remoteAddress(this.connection))
      return undefined;
    return engine.remotePort(this.connection) || undefined;
  }

  /**
   * The IP address that the client has connected to: this server's, or the one that a PROXY protocol header tells. Empty
   * on a unix socket, undefined when the client has gone.
   */
  get localAddress(): string | undefined {
    return this.wire.engine.localAddress(this.connection);
  }

  /** The port that goes with it; undefined on a unix socket, and when the client has gone. */
  get localPort(): number | undefined {
    return this.wire.engine.localPort(this.connection) || undefined;
  }

  /**
   * Whether the client speaks TLS, to this server or to a trusted proxy.
   * @throws behind trusted proxies, what `headers` does
   */
  get isSecure(): boolean {
    const { proxies } = this.wire;
    return proxies ? this.originBy(proxies).isSecure : this.hasTls;
  }

  /**
   * The host that the client has asked for, with its port if it gave one: of this server, or of a trusted proxy.
   * @throws what `headers` does
   */
  get host(): string | undefined {
    const { proxies } = this.wire;
    return proxies ? this.originBy(proxies).host : this.requestedHost();
  }

  /** Of the connection itself; undefined on one in the clear, or when it is gone. */
  get tls(): TlsInfo | undefined {
    return tlsInfoOf(this.wire.engine, this.connection);
  }

  private originBy(proxies: TrustedProxies): Origin {
    if (this.origin === undefined) {
      const { headers } = this;
      const remoteAddress = this.wire.engine.remoteAddress(this.connection);
      const peer = { remoteAddress, isSecure: this.hasTls, host: this.requestedHost() };
      this.origin = originOf(headers, peer, proxies);
    }
    return this.origin;
  }
}
