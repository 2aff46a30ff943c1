// From the user's options to what a worker's TLS needs: reads certificates and keys, decrypts keys, checks that all of it
// fits together. Runs in the manager, which may be the only process that is allowed to read the keys.
import { createPrivateKey } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { NativeTlsCertificate, NativeTlsSettings } from '../binding/tls-contract.js';
import type { TlsOptions, TlsPair } from '../config/tls.js';
import { PronghornError, reasonOf } from '../errors.js';

/** Forward secrecy and authenticated encryption only; the faster ones first, clients without AES hardware overrule it. */
const CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');
const SUITES = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';
const SUITE_FORM = /^TLS_/;

function isText(pathOrText: string): boolean {
  return pathOrText.includes('-----BEGIN ');
}

async function textOf(pathOrText: string): Promise<string> {
  if (isText(pathOrText)) return pathOrText;
  try {
    return await readFile(pathOrText, 'utf8');
  } catch (cause) {
    throw new PronghornError('ERR_PRONGHORN_TLS_FILE', { path: pathOrText, reason: reasonOf(cause), cause });
  }
}

/** How a message names a pair: never by the text of it. */
function placeOf(name: string, { cert }: TlsPair): string {
  if (!isText(cert)) return cert;
  return name === '' ? 'the default certificate' : `the certificate for ${name}`;
}

/** @throws ERR_PRONGHORN_TLS_FILE, ERR_PRONGHORN_TLS_CERTIFICATE */
async function readPair(name: string, pair: TlsPair): Promise<NativeTlsCertificate> {
  const [cert, key] = await Promise.all([textOf(pair.cert), textOf(pair.key)]);
  if (pair.passphrase === undefined) return { name, cert, key };
  try {
    const decrypted = createPrivateKey({ key, passphrase: pair.passphrase });
    return { name, cert, key: decrypted.export({ type: 'pkcs8', format: 'pem' }) as string };
  } catch (cause) {
    throw refused(placeOf(name, pair), cause);
  }
}

function refused(place: string, cause: unknown): PronghornError {
  return new PronghornError('ERR_PRONGHORN_TLS_CERTIFICATE', { place, reason: reasonOf(cause), cause });
}

/** @param ciphers OpenSSL's names, of TLS 1.3 and 1.2 together */
export function cipherLists(ciphers: string | undefined): { ciphers: string; suites: string } {
  const names = ciphers?.split(':') ?? [];
  const suites = names.filter((name) => SUITE_FORM.test(name));
  const others = names.filter((name) => !SUITE_FORM.test(name));
  return {
    ciphers: others.length > 0 ? others.join(':') : CIPHERS,
    suites: suites.length > 0 ? suites.join(':') : SUITES,
  };
}

function pairsOf({ sni = {}, ...own }: TlsOptions): [name: string, pair: TlsPair][] {
  return [['', own], ...Object.entries(sni)];
}

/**
 * What one place to listen needs, from its files as they are now.
 * @throws ERR_PRONGHORN_TLS_FILE, ERR_PRONGHORN_TLS_CERTIFICATE
 */
export async function readTlsSettings(
  options: TlsOptions,
  ticketSeconds: number,
): Promise<NativeTlsSettings> {
  const pairs = pairsOf(options);
  const certificates = await Promise.all(pairs.map(([name, pair]) => readPair(name, pair)));
  const ca = options.ca === undefined ? '' : await textOf(options.ca);
  const { ciphers, suites } = cipherLists(options.ciphers);
  for (const [index, { cert, key }] of certificates.entries()) {
    const minVersion = options.minVersion ?? 'TLSv1.2';
    try {
      // The same checks that the workers' side makes, with words for what is wrong.
      createSecureContext({ cert, key, ca: ca || undefined, ciphers: `${suites}:${ciphers}`, minVersion });
    } catch (cause) {
      throw refused(placeOf(...pairs[index]!), cause);
    }
  }
  return {
    certificates,
    ca,
    ciphers,
    suites,
    onlyTls13: options.minVersion === 'TLSv1.3',
    requestCert: options.ca !== undefined,
    rejectUnauthorized: options.ca !== undefined && (options.rejectUnauthorized ?? true),
    ticketSeconds,
  };
}

/** Every file that the options name. */
export function tlsFiles(options: TlsOptions): string[] {
  const named = pairsOf(options).flatMap(([, { cert, key }]) => [cert, key]);
  if (options.ca !== undefined) named.push(options.ca);
  return named.filter((pathOrText) => !isText(pathOrText));
}

/** A text that differs when one of the files is another one, or was written to. */
export async function fingerprintOf(files: readonly string[]): Promise<string> {
  const marks = files.map(async (path) => {
    try {
      const { ino, size, mtimeMs } = await stat(path);
      return `${ino} ${size} ${mtimeMs}`;
    } catch (error) {
      return reasonOf(error);
    }
  });
  return (await Promise.all(marks)).join('\n');
}
