// From the options of https.createServer() to what the engine's TLS is set up with. Pure. What only node's own TLS could
// do is refused, not left out: a server must not be less strict than its options say.
import { createPrivateKey } from 'node:crypto';
import type { ServerOptions } from 'node:https';
import { rootCertificates, type SecureContextOptions } from 'node:tls';
import type { NativeTlsCertificate, NativeTlsSettings } from '../binding/tls-contract.js';
import { PronghornError, reasonOf } from '../errors.js';
import { cipherLists } from '../tls/settings.js';

/** node's default. */
const SESSION_SECONDS = 300;

/** Options without an equal, and what to do. */
const REFUSED: Readonly<Record<string, string>> = {
  pfx: 'give key and cert as PEM',
  crl: 'revocation lists are not looked at',
  dhparam: 'only ephemeral keys on elliptic curves are spoken',
  ecdhCurve: 'the curves are those of OpenSSL',
  sigalgs: 'the signatures are those of OpenSSL',
  secureOptions: 'minVersion and ciphers say what may be spoken',
  secureProtocol: 'minVersion says what may be spoken',
  SNICallback: 'addContext() has certificates by server name',
  ALPNCallback: 'http/1.1 is what is spoken',
  pskCallback: 'pre-shared keys are not spoken',
  privateKeyIdentifier: 'give key and cert as PEM',
  clientCertEngine: 'engines of OpenSSL are not used',
};
const IS_DEFAULT: Readonly<Record<string, unknown>> = { ecdhCurve: 'auto' };

function refuse(name: string, reason: string): never {
  throw new PronghornError('ERR_PRONGHORN_TLS_OPTION', { name, reason });
}

function refuseWhatIsMissing(options: object): void {
  const given = options as Record<string, unknown>;
  for (const [name, reason] of Object.entries(REFUSED)) {
    if (given[name] !== undefined && given[name] !== IS_DEFAULT[name]) refuse(name, reason);
  }
}

type Pem = string | Buffer | { pem: string | Buffer; passphrase?: string };

/** The only one of an option that may be a list. */
function single(name: string, value: unknown): Pem | undefined {
  if (!Array.isArray(value)) return value as Pem | undefined;
  if (value.length > 1) refuse(name, 'one for each server name; addContext() takes others');
  return value[0] as Pem | undefined;
}

function keyText(value: Pem, passphrase: string | undefined): string {
  const isPair = typeof value === 'object' && 'pem' in value;
  const pem = `${isPair ? value.pem : value}`;
  const secret = (isPair ? value.passphrase : undefined) ?? passphrase;
  if (secret === undefined) return pem;
  try {
    return createPrivateKey({ key: pem, passphrase: secret }).export({
      type: 'pkcs8',
      format: 'pem',
    }) as string;
  } catch (cause) {
    throw new PronghornError('ERR_PRONGHORN_TLS_CERTIFICATE', {
      place: 'the key',
      reason: reasonOf(cause),
      cause,
    });
  }
}

/** Undefined where there is none. */
function certificateOf(name: string, options: SecureContextOptions): NativeTlsCertificate | undefined {
  refuseWhatIsMissing(options);
  const cert = single('cert', options.cert);
  const key = single('key', options.key);
  if (cert === undefined || key === undefined) return undefined;
  return { name, cert: `${cert as string | Buffer}`, key: keyText(key, options.passphrase) };
}

function checkVersions({ minVersion, maxVersion }: SecureContextOptions): void {
  if (minVersion === 'TLSv1' || minVersion === 'TLSv1.1') refuse('minVersion', 'TLSv1.2 is the oldest');
  if (maxVersion !== undefined && maxVersion !== 'TLSv1.3') refuse('maxVersion', 'TLSv1.3 is always spoken');
}

function checkProtocols({ ALPNProtocols: protocols }: ServerOptions): void {
  if (!Array.isArray(protocols) || protocols.includes('http/1.1')) return;
  refuse('ALPNProtocols', 'http/1.1 is what is spoken');
}

function authorities({ ca, requestCert }: ServerOptions): string {
  if (!requestCert) return '';
  if (ca === undefined) return rootCertificates.join('\n');
  return [ca].flat().join('\n');
}

/**
 * @param named other certificates, by the server name that a client asks for
 * @returns settings without certificates where none has been given yet
 * @throws ERR_PRONGHORN_TLS_OPTION, ERR_PRONGHORN_TLS_CERTIFICATE
 */
export function settingsOf(
  options: ServerOptions,
  named: ReadonlyMap<string, SecureContextOptions>,
): NativeTlsSettings {
  checkVersions(options);
  checkProtocols(options);
  const own = certificateOf('', options);
  const others = [...named].flatMap(([name, context]) => certificateOf(name, context) ?? []);
  return {
    certificates: own === undefined ? others : [own, ...others],
    ca: authorities(options),
    ...cipherLists(options.ciphers),
    onlyTls13: options.minVersion === 'TLSv1.3',
    requestCert: options.requestCert ?? false,
    rejectUnauthorized: options.requestCert === true && (options.rejectUnauthorized ?? true),
    ticketSeconds: options.sessionTimeout ?? SESSION_SECONDS,
  };
}
