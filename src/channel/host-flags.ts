// The flags of Node that a host needs to be able to fork: the manager starts it with them, and the host looks whether it
// has them. Pure values.

/**
 * A process that forks must have no thread of V8's whose work a forked child would wait for: without the first flag the
 * child hangs at the next concurrent compilation or collection, without the second it does so under load.
 */
export const FORK_FLAGS: readonly string[] = ['--single-threaded', '--v8-pool-size=0'];

/**
 * Some seconds after a process has become quiet, V8's memory reducer collects everything: of workers that were forked
 * together all at once, each copying the pages that it shared. A step of load was disturbed by 100 ms for it.
 */
export const NO_REDUCER_FLAG = '--no-memory-reducer';

/** Without it, Node keeps a thread that waits for SIGUSR1 to start the inspector. Newer versions of Node have it. */
export const NO_SIGUSR1_FLAG = '--disable-sigusr1';
