// The base image of examples/docker: the one that is told, or a stand-in for machines that reach no image registry, which is
// Debian by debootstrap, with Node and npm where the official image has them, and its user. Made at the first use.
import { chmodSync, copyFileSync, cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nodeBinary } from '../node-versions.mjs';
import { outputOf, pathOf, run } from './commands.mjs';

const SUITE = 'bookworm';
const MIRROR = 'http://deb.debian.org/debian';
const USER_ID = '1000';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function addNode(root, major) {
  const [bin, modules] = [join(root, 'usr/local/bin'), join(root, 'usr/local/lib/node_modules')];
  mkdirSync(modules, { recursive: true });
  copyFileSync(nodeBinary(major), join(bin, 'node'));
  chmodSync(join(bin, 'node'), 0o755);
  cpSync(dirname(dirname(pathOf('npm'))), join(modules, 'npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(bin, 'npm'));
  run('chroot', [root, 'groupadd', '--gid', USER_ID, 'node']);
  run('chroot', [root, 'useradd', '--uid', USER_ID, '--gid', 'node', '--create-home', 'node']);
}

function makeStandIn(buildah, folder, name, major) {
  console.log('making a base image, which takes a minute');
  const root = join(folder, 'base');
  run('debootstrap', ['--variant=minbase', SUITE, root, MIRROR]);
  addNode(root, major);
  const container = outputOf(...buildah('from', 'scratch'));
  run(...buildah('add', '--quiet', container, root, '/'));
  run(...buildah('config', '--env', `PATH=${PATH}`, '--cmd', 'node', container));
  run(...buildah('commit', '--quiet', '--rm', container, name));
}

/**
 * @param buildah words of a command on the images that are kept
 * @param folder for what is needed meanwhile
 * @param base what baseOf() has read
 */
export function importBase(buildah, folder, { tag, major, source }) {
  const name = `docker.io/library/node:${tag}`;
  if (source !== undefined) run(...buildah('tag', outputOf(...buildah('pull', '--quiet', source)), name));
  else if (!outputOf(...buildah('images', '--quiet', '--filter', `reference=${name}`)))
    makeStandIn(buildah, folder, name, major);
}
