// Installs what bench/package.json names into bench/node_modules when it is first needed: peers and the library that
// draws the charts. The project itself depends on none of them.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MissingPeer } from './machine.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const WANTED = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8')).dependencies;

function installedVersion(name) {
  const manifest = join(here, 'node_modules', name, 'package.json');
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : undefined;
}

let failure;

function install() {
  console.error(`installing ${Object.keys(WANTED).join(', ')} into bench/node_modules`);
  const flags = ['--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts'];
  const { status, error, stderr } = spawnSync('npm', ['install', ...flags], { cwd: here, encoding: 'utf8' });
  if (error || status !== 0) failure = `npm could not install it: ${(error?.message ?? stderr).trim()}`;
}

/** The version of a package of bench/package.json, which is there afterwards. @throws MissingPeer */
export function ensurePackage(name) {
  if (installedVersion(name) !== WANTED[name] && failure === undefined) install();
  const version = installedVersion(name);
  if (version === undefined) throw new MissingPeer(`${name} is not there. ${failure ?? ''}`.trim());
  return version;
}
