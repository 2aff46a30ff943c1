// Compiles the C programs of the benchmark into out/bench when they are missing or older than their sources, and makes
// the certificate that the cases with TLS use.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** Where everything goes that the benchmark makes, except its results. */
export const OUT = join(here, '..', 'out', 'bench');

const BLAST = join(here, 'load', 'blast.c');
const TARGETS = {
  floor: { source: join(here, 'floor', 'floor.c'), options: [] },
  blast: { source: BLAST, options: [] },
  'blast-tls': { source: BLAST, options: ['-DTLS'], libraries: ['-lssl', '-lcrypto'] },
};

export const PROGRAMS = Object.fromEntries(Object.keys(TARGETS).map((name) => [name, join(OUT, name)]));

/** The key is on P-256, the certificate signed with itself. */
export const CERTIFICATE = { cert: join(OUT, 'tls', 'cert.pem'), key: join(OUT, 'tls', 'key.pem') };

function newest(directory) {
  return Math.max(...readdirSync(directory).map((name) => statSync(join(directory, name)).mtimeMs));
}

function isFresh(program, source) {
  const built = statSync(program, { throwIfNoEntry: false });
  return built !== undefined && built.mtimeMs >= newest(dirname(source));
}

function run(file, args, howToGet) {
  const { status, error, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (error) throw new Error(`${file} cannot be run (Debian: apt-get install ${howToGet})`, { cause: error });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')} failed:\n${stderr}`);
}

function compile(name) {
  const { source, options, libraries = [] } = TARGETS[name];
  if (isFresh(PROGRAMS[name], source)) return;
  const compiler = process.env.CC ?? 'cc';
  const flags = ['-O2', '-Wall', '-Wextra', ...options, '-o', PROGRAMS[name], source, ...libraries];
  run(compiler, flags, 'gcc libc6-dev');
}

export function buildPrograms() {
  mkdirSync(OUT, { recursive: true });
  compile('floor');
  compile('blast');
}

/** @returns {string | undefined} why there can be no cases with TLS; undefined when there can */
export function prepareTls() {
  try {
    compile('blast-tls');
    if (existsSync(CERTIFICATE.key)) return undefined;
    mkdirSync(dirname(CERTIFICATE.key), { recursive: true });
    const key = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      CERTIFICATE.key,
    ];
    const certificate = ['-x509', '-days', '365', '-subj', '/CN=localhost', '-out', CERTIFICATE.cert];
    run('openssl', ['req', ...certificate, ...key], 'openssl');
    return undefined;
  } catch (error) {
    return `${error.message.split('\n')[0]} (Debian: apt-get install libssl-dev openssl)`;
  }
}
