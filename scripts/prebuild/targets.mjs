// For which machines there are prebuilt binaries, and what builds them. Data only.

/** Compilers by the names of Debian's packages g++, g++-x86-64-linux-gnu and g++-aarch64-linux-gnu. */
export const TARGETS = {
  'linux-x64': {
    compilers: ['x86_64-linux-gnu-g++', 'g++'],
    machine: 'x86_64',
    elfMachine: 'X86-64',
    flags: [],
    libraries: {
      glibc: ['/lib/x86_64-linux-gnu/libc.so.6', '/usr/x86_64-linux-gnu/lib/libc.so.6'],
      musl: ['/lib/x86_64-linux-musl/libc.so', '/lib/ld-musl-x86_64.so.1'],
    },
  },
  'linux-arm64': {
    compilers: ['aarch64-linux-gnu-g++', 'g++'],
    machine: 'aarch64',
    elfMachine: 'AArch64',
    // Else it asks glibc, by a name that musl does not have, which atomic instructions there are.
    flags: ['-mno-outline-atomics'],
    libraries: {
      glibc: ['/usr/aarch64-linux-gnu/lib/libc.so.6', '/lib/aarch64-linux-gnu/libc.so.6'],
      musl: ['/lib/aarch64-linux-musl/libc.so', '/lib/ld-musl-aarch64.so.1'],
    },
  },
};

/** Debian 10, RHEL 8; Node.js itself asks for no less. */
export const OLDEST_GLIBC = [2, 28];
