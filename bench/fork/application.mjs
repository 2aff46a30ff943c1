// Puts the application of the fork benchmark, with its libraries, into out/bench/app: they are no dependencies of the
// project, npm installs them there on demand.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OUT } from '../build.mjs';
import { MissingPeer } from '../machine.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
// typescript 5: from 7 on its package holds a native program and nothing that a process would load.
const LIBRARIES = { express: '^5.1.0', lodash: '^4.17.21', typescript: '^5.9.0' };

/** @returns {{ app: string, child: string, versions: string }} paths of the two programs, and what they load */
export function installApplication() {
  const directory = join(OUT, 'app');
  mkdirSync(directory, { recursive: true });
  const manifest = { name: 'fork-benchmark', private: true, type: 'module', dependencies: LIBRARIES };
  writeFileSync(join(directory, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const name of ['app.mjs', 'child.mjs']) copyFileSync(join(here, name), join(directory, name));
  const manifestOf = (name) => join(directory, 'node_modules', name, 'package.json');
  if (!Object.keys(LIBRARIES).every((name) => existsSync(manifestOf(name)))) {
    console.error(`installing ${Object.keys(LIBRARIES).join(', ')} into ${directory}`);
    const { status, stderr } = spawnSync('npm', ['install', '--no-audit', '--no-fund'], {
      cwd: directory,
      encoding: 'utf8',
    });
    if (status !== 0) throw new MissingPeer(`npm could not install the application's libraries:\n${stderr}`);
  }
  const versions = Object.keys(LIBRARIES).map(
    (name) => `${name} ${JSON.parse(readFileSync(manifestOf(name), 'utf8')).version}`,
  );
  return {
    app: join(directory, 'app.mjs'),
    child: join(directory, 'child.mjs'),
    versions: versions.join(', '),
  };
}
