// What Ctrl-C does to a command that waits: it says what becomes of what it waited for, and ends as the signal would have
// ended it, so that a shell sees that nothing more is wanted. Runs in the commands.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type Interruption = (typeof SIGNALS)[number];

/** @param act each time. @returns what ends this */
export function onInterruption(act: (signal: Interruption) => void): () => void {
  for (const signal of SIGNALS) process.on(signal, act);
  return () => {
    for (const signal of SIGNALS) process.removeListener(signal, act);
  };
}

/** When nothing in this process hears the signal any more. Never resolves. */
export function endBy(signal: Interruption, words: string): Promise<never> {
  // Where the terminal is gone nobody reads it.
  if (signal !== 'SIGHUP') process.stderr.write(`pronghorn: ${words}\n`);
  process.kill(process.pid, signal);
  return new Promise(() => {});
}
