// Where Pronghorn runs at all. Pure; asked before the addon is loaded, in every process.

/** As in package.json's `engines`, of which a test makes sure. */
export const NODE_RANGE = '^20.19.0 || >=22.12.0';

/** What this is instead of what it has to be; undefined: it is supported. */
export function unsupported(platform: string, node: string): { wanted: string; found: string } | undefined {
  if (platform !== 'linux') return { wanted: 'Linux', found: platform };
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const isOld = major < 20 || major === 21 || (major === 20 && minor < 19) || (major === 22 && minor < 12);
  return isOld ? { wanted: `Node.js ${NODE_RANGE}`, found: `Node.js ${node}` } : undefined;
}
