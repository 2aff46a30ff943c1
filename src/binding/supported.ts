// Where Pronghorn runs at all, and what it means when the addon does not load. Pure; asked in every process, the first before
// the addon is loaded.
import { type ErrorArguments, reasonOf } from '../errors.js';

/** As in package.json's `engines`, of which a test makes sure; `os` and `cpu` are there too. */
export const NODE_RANGE = '^20.19.0 || >=22.12.0';
const PROCESSORS = ['x64', 'arm64'];

/** What the addon runs on. */
export interface Host {
  /** process.platform, process.arch, process.versions.node. */
  readonly platform: string;
  readonly arch: string;
  readonly node: string;
  /** Version of glibc; undefined: another C library, or nobody knows. */
  readonly glibc: string | undefined;
}

const PLATFORM_NAMES: Record<string, string> = {
  darwin: 'macOS; a Linux container or virtual machine on it will do',
  win32: 'Windows; WSL 2 or a Linux container on it will do',
};

/** What this is instead of what it has to be; undefined: it is supported. */
export function unsupported({
  platform,
  arch,
  node,
}: Omit<Host, 'glibc'>): { wanted: string; found: string } | undefined {
  if (platform !== 'linux') return { wanted: 'Linux', found: PLATFORM_NAMES[platform] ?? platform };
  if (!PROCESSORS.includes(arch)) return { wanted: `Linux on ${PROCESSORS.join(' and ')}`, found: arch };
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const isOld = major < 20 || major === 21 || (major === 20 && minor < 19) || (major === 22 && minor < 12);
  return isOld ? { wanted: `Node.js ${NODE_RANGE}`, found: `Node.js ${node}` } : undefined;
}

/** What the addon takes from the node binary; all else is the C library's. */
const FROM_NODE = /^(?:BIO|ERR|EVP|OPENSSL|OSSL|PEM|RAND|SSL|TLS|X509|i2d|llhttp|napi|node_api|uv)_/;
/** glibc's words, and musl's. */
const MISSING_SYMBOL = /undefined symbol: ([\w.]+)|: ([\w.]+): symbol not found/;
const MISSING_VERSION = /version [`'](\w+?)_([\d.]+)' not found/;
const LIBRARIES: Record<string, string> = { GLIBC: 'glibc', GLIBCXX: 'libstdc++', CXXABI: 'libstdc++ ABI' };

/** The error for what dlopen() has thrown. */
export function loadFailure(cause: unknown, { platform, arch, node, glibc }: Host): ErrorArguments {
  const reason = reasonOf(cause);
  const [, name, version] = MISSING_VERSION.exec(reason) ?? [];
  if (name !== undefined) {
    const library = LIBRARIES[name] ?? name;
    const found = name === 'GLIBC' && glibc ? `${library} ${glibc}` : `an older ${library}`;
    return ['ERR_PRONGHORN_BINDING_LIBRARY', { version: `${library} ${version}`, found, cause }];
  }
  const [, ofGlibc, ofMusl] = MISSING_SYMBOL.exec(reason) ?? [];
  const symbol = ofGlibc ?? ofMusl;
  if (symbol === undefined) {
    return ['ERR_PRONGHORN_BINDING_LOAD', { platform: `${platform}-${arch}`, reason, cause }];
  }
  if (FROM_NODE.test(symbol)) {
    const cure = 'the builds of nodejs.org and the official images have all that is needed';
    return ['ERR_PRONGHORN_BINDING_SYMBOL', { symbol, owner: `this Node.js ${node}`, cure, cause }];
  }
  const owner = glibc ? `glibc ${glibc}` : 'the C library of this system';
  const cure = 'glibc 2.28 and later have it, and musl 1.2';
  return ['ERR_PRONGHORN_BINDING_SYMBOL', { symbol, owner, cure, cause }];
}
