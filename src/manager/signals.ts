// The signals of a manager: the table is docs/SIGNALS.md. Runs in the manager.

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const;

/**
 * A Ctrl-C arrives twice under a parent that passes on what the terminal has already sent to the whole group, as npm
 * does. That is still the first signal.
 */
const SAME_SIGNAL_MS = 500;

export interface SignalHandlers {
  readonly stop: (reason: string) => void;
  readonly stopAtOnce: (reason: string) => void;
  readonly reload: () => void;
  readonly upgrade: () => void;
  readonly reopen: () => void;
  readonly shift: (by: 1 | -1) => void;
}

/** The first stops gracefully, any further one at once. */
function stopping({ stop, stopAtOnce }: SignalHandlers): (signal: NodeJS.Signals) => void {
  let firstAt: number | undefined;
  return (signal) => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      stop(signal);
    } else if (performance.now() - firstAt >= SAME_SIGNAL_MS) {
      stopAtOnce(signal);
    }
  };
}

/** @returns what gives the signals back to whoever had them */
export function onSignals(handlers: SignalHandlers): () => void {
  const { reload, upgrade, reopen, shift } = handlers;
  const stop = stopping(handlers);
  const listeners = new Map<NodeJS.Signals, (signal: NodeJS.Signals) => void>([
    ...STOP_SIGNALS.map((signal) => [signal, stop] as const),
    ['SIGHUP', () => reload()],
    ['SIGUSR1', () => reopen()],
    ['SIGUSR2', () => upgrade()],
    ['SIGTTIN', () => shift(1)],
    ['SIGTTOU', () => shift(-1)],
  ]);
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) process.removeListener(signal, listener);
  };
}
