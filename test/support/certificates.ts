// Keys and certificates for one test file, made by the openssl command: an authority, and whatever it signs.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './paths.js';

/** Paths of the PEM files. */
export interface Pair {
  cert: string;
  key: string;
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function newKey(path: string, kind: 'ec' | 'rsa'): void {
  const options =
    kind === 'ec'
      ? ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256']
      : ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
  openssl('genpkey', '-algorithm', ...options, '-out', path);
}

export class Authority {
  readonly folder = temporaryFolder();
  /** Path of its own certificate. */
  readonly cert = join(this.folder, 'ca.pem');
  readonly #key = join(this.folder, 'ca.key');

  constructor(name = 'test authority') {
    newKey(this.#key, 'ec');
    const extension = 'basicConstraints=critical,CA:TRUE';
    const subject = ['-subj', `/CN=${name}`, '-addext', extension];
    openssl('req', '-x509', '-new', '-key', this.#key, '-days', '30', ...subject, '-out', this.cert);
  }

  /** The authority's certificate as text. */
  get text(): string {
    return readFileSync(this.cert, 'utf8');
  }

  /** A pair whose files are called after `file`. @param names of the server, the first also the subject */
  issue(file: string, names: string[], kind: 'ec' | 'rsa' = 'ec'): Pair {
    const path = (ending: string) => join(this.folder, `${file}.${ending}`);
    newKey(path('key'), kind);
    openssl('req', '-new', '-key', path('key'), '-subj', `/CN=${names[0]}`, '-out', path('csr'));
    const alternatives = names.map((name) => (/^[\d.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`));
    writeFileSync(path('ext'), `subjectAltName=${alternatives.join(',')}\n`);
    const issuer = ['-CA', this.cert, '-CAkey', this.#key, '-CAcreateserial', '-days', '30'];
    openssl('x509', '-req', '-in', path('csr'), ...issuer, '-extfile', path('ext'), '-out', path('pem'));
    return { cert: path('pem'), key: path('key') };
  }

  /** The same key behind a passphrase. */
  encrypt({ cert, key }: Pair, passphrase: string): Pair {
    const encrypted = `${key}.encrypted`;
    openssl('pkey', '-in', key, '-aes256', '-passout', `pass:${passphrase}`, '-out', encrypted);
    return { cert, key: encrypted };
  }
}
