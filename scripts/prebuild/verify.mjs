// Whether a prebuilt binary runs wherever it is meant to: it must name no library, and take from the C library only what
// the oldest glibc and musl have. Reads the files, runs nothing of them.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { OLDEST_GLIBC } from './targets.mjs';

/** What the node binary that loads the addon has. test/meta/symbols.test.ts looks whether it does. */
const FROM_HOST = /^(?:BIO|ERR|EVP|OPENSSL|OSSL|PEM|RAND|SSL|TLS|X509|i2d|llhttp|napi|node_api|uv)_/;

/** What it has as well, weak for the day when it has not: names of V8. */
const MAYBE_FROM_HOST = /^_ZNK?2v8\d/;

function readelf(...words) {
  return execFileSync('readelf', words, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, LC_ALL: 'C' },
  });
}

/** Dynamic symbols as `{ name, version, isDefined }`. */
function symbolsOf(file) {
  return readelf('--dyn-syms', '--wide', file)
    .split('\n')
    .map((line) =>
      /^\s*\d+: .*\s(?:GLOBAL|WEAK)\s.*\s(\w+) ([\w.]+)(?:@@?([\w.]+))?(?: \(\d+\))?\s*$/.exec(line),
    )
    .filter((match) => match !== null)
    .map(([, section, name, version]) => ({ name, version, isDefined: section !== 'UND' }));
}

function isOldEnough(version) {
  const [, major, minor] = /^GLIBC_(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  if (major === undefined) return false;
  return (
    Number(major) < OLDEST_GLIBC[0] || (Number(major) === OLDEST_GLIBC[0] && Number(minor) <= OLDEST_GLIBC[1])
  );
}

const RULES = {
  glibc: (symbol) => symbol.isDefined && isOldEnough(symbol.version),
  musl: (symbol) => symbol.isDefined,
};

/** In libraries of their own, which Node.js brings along: once in libpthread; in the loader, which is as old as glibc. */
const FROM_OTHER_LIBRARIES = new Set(['pthread_sigmask', '__tls_get_addr']);

/** @returns complaints, and libraries that were not there to compare with */
export function verify(file, { elfMachine, libraries }) {
  const wrong = [];
  const skipped = [];
  const needed = [...readelf('--dynamic', file).matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name]) => name);
  if (needed.length > 0) wrong.push(`it needs ${needed.join(', ')}`);
  if (!readelf('--file-header', file).includes(elfMachine)) wrong.push(`it is not for ${elfMachine}`);
  const symbols = symbolsOf(file);
  const exported = symbols.filter(({ isDefined }) => isDefined).map(({ name }) => name);
  if (!exported.includes('napi_register_module_v1')) wrong.push('it is no addon');
  const strays = exported.filter((name) => !FROM_HOST.test(name));
  if (strays.length > 0) wrong.push(`it exports ${strays.join(', ')}`);
  const taken = symbols
    .filter(({ name, isDefined }) => !isDefined && !FROM_HOST.test(name) && !MAYBE_FROM_HOST.test(name))
    .map(({ name }) => name);
  if (taken.length === 0) wrong.push('its symbols could not be read');
  for (const [library, paths] of Object.entries(libraries)) {
    const path = paths.find(existsSync);
    if (!path) {
      skipped.push(library);
      continue;
    }
    const has = new Set(
      symbolsOf(path)
        .filter(RULES[library])
        .map(({ name }) => name),
    );
    const missing = taken.filter((name) => !has.has(name) && !FROM_OTHER_LIBRARIES.has(name));
    if (missing.length > 0) wrong.push(`${library} may lack ${missing.join(', ')}`);
  }
  return { wrong, skipped };
}
