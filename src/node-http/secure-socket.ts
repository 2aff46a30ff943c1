// A client's connection that speaks TLS: what (req, res) listeners ask a tls.TLSSocket. Runs where they do.

import type { Server } from 'node:http';
import type { TlsInfo } from '../http/tls-info.js';
import { tlsInfoOf } from '../http/tls-info.js';
import type { Wire } from '../http/wire.js';
import { ConnectionSocket } from './connection-socket.js';

export class SecureSocket extends ConnectionSocket {
  readonly encrypted = true;
  readonly #info: TlsInfo | undefined;

  constructor(server: Server, wire: Wire, connection: number) {
    super(server, wire, connection);
    this.#info = tlsInfoOf(wire.engine, connection);
  }

  get authorized(): boolean {
    return this.#info?.isAuthorized ?? false;
  }

  get authorizationError(): string | null {
    return this.#info?.authorizationError ?? null;
  }

  get alpnProtocol(): string | false {
    return this.#info?.alpn ?? false;
  }

  get servername(): string | false {
    return this.#info?.serverName ?? false;
  }

  getProtocol(): string | null {
    return this.#info?.protocol ?? null;
  }

  getCipher(): { name: string; standardName: string; version: string } {
    const { cipher: name = '', protocol: version = '' } = this.#info ?? {};
    return { name, standardName: name, version };
  }

  isSessionReused(): boolean {
    return this.#info?.isResumed ?? false;
  }

  /** As tls.TLSSocket gives it: an object without fields if the client has shown no certificate. */
  getPeerCertificate(): object {
    return this.#info?.peerCertificate?.toLegacyObject() ?? {};
  }

  getPeerX509Certificate(): TlsInfo['peerCertificate'] {
    return this.#info?.peerCertificate;
  }
}
