// How long the connections of a server are kept. Runs in workers.

/** How long connections are kept, for those who tell their clients themselves. */
export interface Keeping {
  /** As clients are told; 0: for ever. */
  readonly timeoutMs: number;
  /** Requests on one connection; 0: any number. */
  readonly requests: number;
}
