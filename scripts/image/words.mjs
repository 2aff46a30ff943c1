// What is said behind `npm run try-image --`: which base image, and where it comes from. Decides only.
import { parseArgs } from 'node:util';

/**
 * @param args the words
 * @returns the base image's tag, the major version of Node.js in it, and what buildah is to pull it from; undefined: a
 * stand-in is made
 * @throws what is wrong with the words
 */
export function baseOf(args) {
  const options = { node: { type: 'string', default: '24-slim' }, base: { type: 'string' } };
  const { node: tag, base: source } = parseArgs({ args, options }).values;
  const [, major, variant] = /^(\d+)(?:\.\d+){0,2}-(\w[\w.-]*)$/.exec(tag) ?? [];
  if (major === undefined)
    throw new Error(`--node is a tag of the image node, as 24-slim or 26-alpine, and not '${tag}'`);
  if (source === undefined && variant !== 'slim')
    throw new Error(`there is a stand-in for slim only: ${tag} has to be told where it is, by --base`);
  if (source === '') throw new Error('--base is empty');
  return { tag, major, source };
}
