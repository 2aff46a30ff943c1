// A client's connection that speaks TLS: what (req, res) listeners ask a tls.TLSSocket. Runs where they do. What was
// agreed on is kept, because it may be asked for when the connection has gone.
import { X509Certificate } from 'node:crypto';
import type { Server } from 'node:http';
import type { NativeTlsInfo } from '../binding/tls-contract.js';
import type { Wire } from '../http/wire.js';
import { ConnectionSocket } from './connection-socket.js';
import { NO_CERTIFICATE, verifyCode } from './verify-codes.js';

function certificateOf(der: ArrayBuffer | undefined): X509Certificate | undefined {
  return der && new X509Certificate(new Uint8Array(der));
}

export class SecureSocket extends ConnectionSocket {
  readonly encrypted = true;
  readonly authorized: boolean;
  readonly authorizationError: string | null;
  readonly #info: NativeTlsInfo;

  constructor(server: Server, wire: Wire, connection: number, info: NativeTlsInfo) {
    super(server, wire, connection);
    this.#info = info;
    const isShown = info.peerCertificate !== undefined;
    this.authorized = isShown && info.verifyResult === 0;
    const isMissing = !isShown && info.isCertificateRequested;
    const failure = isShown && info.verifyResult !== 0 ? verifyCode(info.verifyResult) : null;
    this.authorizationError = isMissing ? NO_CERTIFICATE : failure;
  }

  get alpnProtocol(): string | false {
    return this.#info.alpn || false;
  }

  get servername(): string | false {
    return this.#info.serverName || false;
  }

  getProtocol(): string {
    return this.#info.protocol;
  }

  getCipher(): { name: string; standardName: string; version: string } {
    const { cipher: name, standardCipher: standardName, cipherVersion: version } = this.#info;
    return { name, standardName, version };
  }

  isSessionReused(): boolean {
    return this.#info.isResumed;
  }

  /** The server's own. */
  getCertificate(): object {
    return this.getX509Certificate()?.toLegacyObject() ?? {};
  }

  getX509Certificate(): X509Certificate | undefined {
    return certificateOf(this.#info.certificate);
  }

  /** As tls.TLSSocket gives it, without its issuers: an object without fields if the client has shown none. */
  getPeerCertificate(): object {
    return this.getPeerX509Certificate()?.toLegacyObject() ?? {};
  }

  getPeerX509Certificate(): X509Certificate | undefined {
    return certificateOf(this.#info.peerCertificate);
  }

  /** Of a server's socket, tls.TLSSocket has none either. */
  getEphemeralKeyInfo(): null {
    return null;
  }

  /** Renegotiation is never spoken. */
  disableRenegotiation(): void {}

  /** Records are as long as OpenSSL makes them. @returns that the size was not set */
  setMaxSendFragment(): boolean {
    return false;
  }
}
