// The TLS part of a place to listen: what is accepted as an object and as the query of an https URL. Pure: reads no
// file, and never shows a key in a message.

/** A certificate and its key, each as the path of a PEM file or as PEM text. */
export interface TlsPair {
  /** The server's own certificate first, then those between it and the root. */
  readonly cert: string;
  /** Of that certificate. */
  readonly key: string;
  /** Of an encrypted key. */
  readonly passphrase?: string;
}

/** The TLS of one place to listen: docs/TLS.md. */
export interface TlsOptions extends TlsPair {
  /** Whose client certificates are accepted, as path or text. With it, every client must have one. */
  readonly ca?: string;
  /** Default true. False: a client without a certificate, or with a bad one, is served too, and the application can tell. */
  readonly rejectUnauthorized?: boolean;
  /** Default 'TLSv1.2'; nothing older can be had. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** In OpenSSL's syntax, names of TLS 1.3 and 1.2 together. */
  readonly ciphers?: string;
  /** Other certificates by server name; `*.example.com` stands for any first label. */
  readonly sni?: Readonly<Record<string, TlsPair>>;
}

/** Says what is wrong, and does not come back. */
export type Refuse = (reason: string) => never;

const VERSIONS = ['TLSv1.2', 'TLSv1.3'];
const SERVER_NAME_FORM = /^(\*\.)?[a-z0-9]([a-z0-9_.-]*[a-z0-9])?$/i;

type Kind = 'string' | 'boolean' | 'object';
const PAIR_KEYS: Record<keyof TlsPair, Kind> = { cert: 'string', key: 'string', passphrase: 'string' };
const KEYS: Record<keyof TlsOptions, Kind> = {
  ...PAIR_KEYS,
  ca: 'string',
  rejectUnauthorized: 'boolean',
  minVersion: 'string',
  ciphers: 'string',
  sni: 'object',
};

function checkKeys(value: object, known: Record<string, Kind>, where: string, refuse: Refuse): void {
  for (const [key, part] of Object.entries(value)) {
    if (part === undefined) continue;
    if (!Object.hasOwn(known, key)) refuse(`${where} has no \`${key}\``);
    const kind = known[key]!;
    const fits = kind === 'object' ? typeof part === 'object' && part !== null : typeof part === kind;
    if (!fits) refuse(`\`${key}\` of ${where} must be ${kind === 'object' ? 'an' : 'a'} ${kind}`);
    if (part === '') refuse(`\`${key}\` of ${where} is empty`);
  }
  for (const key of ['cert', 'key']) {
    if ((value as Record<string, unknown>)[key] === undefined) refuse(`${where} needs \`${key}\``);
  }
}

/** @param value of `tls` in a location */
export function checkTlsOptions(value: object, refuse: Refuse): TlsOptions {
  checkKeys(value, KEYS, 'tls', refuse);
  const options = value as TlsOptions;
  if (options.minVersion !== undefined && !VERSIONS.includes(options.minVersion)) {
    refuse(`minVersion must be ${VERSIONS.join(' or ')}`);
  }
  if (options.rejectUnauthorized !== undefined && options.ca === undefined) {
    refuse('rejectUnauthorized means nothing without ca, which asks for client certificates');
  }
  for (const [name, pair] of Object.entries(options.sni ?? {})) {
    if (!SERVER_NAME_FORM.test(name)) refuse(`${name} is no server name`);
    if (typeof pair !== 'object' || pair === null) refuse(`sni['${name}'] must be { cert, key }`);
    checkKeys(pair, PAIR_KEYS, `sni['${name}']`, refuse);
  }
  return options;
}

const BOOLEANS: Record<string, boolean> = { 1: true, true: true, 0: false, false: false };
const SNI_FORM = /^(?<name>.+)_(?<part>cert|key)$/;

/** Names in a query that belong to TLS. */
export function isTlsParameter(name: string): boolean {
  return SNI_FORM.test(name) || (Object.hasOwn(KEYS, name) && name !== 'sni' && name !== 'passphrase');
}

/**
 * `cert=…&key=…` of an https URL, with `NAME_cert=…&NAME_key=…` for other server names.
 * @param parameters those that isTlsParameter() knows
 */
export function tlsFromQuery(parameters: Iterable<[string, string]>, refuse: Refuse): TlsOptions {
  const options: Record<string, unknown> = {};
  const sni: Record<string, Record<string, string>> = {};
  for (const [name, text] of parameters) {
    const { name: serverName, part } = SNI_FORM.exec(name)?.groups ?? {};
    if (serverName !== undefined && part !== undefined) {
      sni[serverName] = { ...sni[serverName], [part]: text };
    } else if (name === 'rejectUnauthorized') {
      options[name] = BOOLEANS[text] ?? refuse('rejectUnauthorized must be 0 or 1');
    } else {
      options[name] = text;
    }
  }
  if (Object.keys(sni).length > 0) options.sni = sni;
  if (options.cert === undefined || options.key === undefined) {
    const missing = options.cert === undefined ? 'cert' : 'key';
    refuse(`tls needs \`${missing}\`, as in https://host:port?cert=cert.pem&key=key.pem`);
  }
  return checkTlsOptions(options, refuse);
}
