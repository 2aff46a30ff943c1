// What is known of a client that came by TLS. Runs in workers; asked for rarely, so nothing of it is kept.
import { X509Certificate } from 'node:crypto';
import type { NativeEngine } from '../binding/contract.js';

/** The connection's TLS, as it was agreed on. */
export interface TlsInfo {
  /** 'TLSv1.3' or 'TLSv1.2'. */
  readonly protocol: string;
  /** As OpenSSL calls it. */
  readonly cipher: string;
  /** What was chosen by ALPN; undefined if the client did not offer anything. */
  readonly alpn: string | undefined;
  /** The name of the server that the client asked for by SNI. */
  readonly serverName: string | undefined;
  /** Whether an earlier session was taken up again. */
  readonly isResumed: boolean;
  /** Undefined if the client has shown none. */
  readonly peerCertificate: X509Certificate | undefined;
  /** Whether it has shown a certificate, and a valid one. Only `rejectUnauthorized: false` lets others in. */
  readonly isAuthorized: boolean;
  /** Why its certificate is not valid. */
  readonly authorizationError: string | undefined;
}

/** Undefined on a connection in the clear, or when it is gone. */
export function tlsInfoOf(engine: NativeEngine, connection: number): TlsInfo | undefined {
  const native = engine.tlsInfo(connection);
  if (native === undefined) return undefined;
  const { protocol, cipher, alpn, serverName, isResumed, peerCertificate, peerCertificateError } = native;
  return {
    protocol,
    cipher,
    alpn: alpn || undefined,
    serverName: serverName || undefined,
    isResumed,
    peerCertificate: peerCertificate && new X509Certificate(new Uint8Array(peerCertificate)),
    isAuthorized: peerCertificate !== undefined && peerCertificateError === '',
    authorizationError: peerCertificateError || undefined,
  };
}
