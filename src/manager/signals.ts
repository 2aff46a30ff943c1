// The signals that stop a manager. The first stops gracefully, any further one at once. Runs in the manager.
import type { Log } from '../log.js';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const;

/**
 * A Ctrl-C arrives twice under a parent that passes on what the terminal has already sent to the whole group, as npm
 * does. That is still the first signal.
 */
const SAME_SIGNAL_MS = 500;

export interface StopHandlers {
  readonly stop: () => void;
  readonly stopAtOnce: () => void;
  readonly log: Log;
}

/** @returns what gives the signals back to whoever had them */
export function onStopSignals({ stop, stopAtOnce, log }: StopHandlers): () => void {
  let firstAt: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      log.info({ reason: signal }, 'stopping; once more stops at once');
      stop();
    } else if (performance.now() - firstAt >= SAME_SIGNAL_MS) {
      log.warn({ reason: signal }, 'stopping at once');
      stopAtOnce();
    }
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  return () => {
    for (const signal of STOP_SIGNALS) process.removeListener(signal, onSignal);
  };
}
