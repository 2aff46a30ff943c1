// The types of the native exports for TLS: part of contract.ts, for the manager, which reads certificates, and the
// workers, which use them. It must not import anything.

/** One certificate with its key, and the server name that it is for; `''` matches no name. */
export interface NativeTlsCertificate {
  readonly name: string;
  /** PEM, the server's own certificate first. */
  readonly cert: string;
  /** PEM, not encrypted. */
  readonly key: string;
}

export interface NativeTlsSettings {
  /** The first one is for clients that ask for none of the names. */
  readonly certificates: readonly NativeTlsCertificate[];
  /** PEM of those whose client certificates are accepted; `''` when none is asked for. */
  readonly ca: string;
  /** Of TLS 1.2. */
  readonly ciphers: string;
  /** Of TLS 1.3. */
  readonly suites: string;
  readonly onlyTls13: boolean;
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
  readonly ticketSeconds: number;
}

/** What the listening sockets of one place need to speak TLS. */
export interface NativeTlsEndpoint {
  /** New connections get these settings. @returns why they are no good; undefined: they are in use */
  configure(settings: NativeTlsSettings): string | undefined;
  /** Keys of 80 bytes each, newest first. */
  setTicketKeys(keys: Uint8Array): void;
}

/** What was agreed on in a handshake; `''` where there is nothing. */
export interface NativeTlsInfo {
  /** 'TLSv1.3'. */
  readonly protocol: string;
  readonly cipher: string;
  /** As the RFCs call it. */
  readonly standardCipher: string;
  /** The oldest version of TLS that has it. */
  readonly cipherVersion: string;
  readonly alpn: string;
  /** That the client asked for. */
  readonly serverName: string;
  readonly isResumed: boolean;
  /** The one that the client was shown, in DER. */
  readonly certificate: ArrayBuffer | undefined;
  /** The client's certificate in DER. */
  readonly peerCertificate: ArrayBuffer | undefined;
  /** Why that must not be trusted. */
  readonly peerCertificateError: string;
  /** The same as a number of OpenSSL, X509_V_ERR_…; 0: it may be trusted, or there is none. */
  readonly verifyResult: number;
  readonly isCertificateRequested: boolean;
}

export interface TlsBinding {
  TlsEndpoint: new () => NativeTlsEndpoint;
}
