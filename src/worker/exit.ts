// How a forked worker ends. Node's own end joins threads that a fork did not copy: it hangs or aborts. Every way that
// leads there (process.exit, the end of the event loop, an exception that nobody catches) is turned off to an immediate
// end here, after the user's 'exit' listeners have run. Runs in forked workers only.
import { writeSync } from 'node:fs';
import { inspect } from 'node:util';
import { binding } from '../binding/load.js';

const STDERR = 2;
/** As Node: an exception that nobody catches, and one that the listeners for such exceptions throw. */
const UNCAUGHT_EXIT_CODE = 1;
const LISTENER_THREW_EXIT_CODE = 7;

type Emit = (event: string | symbol, ...args: unknown[]) => boolean;

/** What Node has and its types do not list. */
interface ProcessInternals {
  emit: Emit;
  reallyExit: (code?: number) => never;
}

/** To stderr, wholly, also where it is a pipe that does not block. */
function writeError(text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(STDERR, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
    }
  }
}

function printUncaught(error: unknown): void {
  const text = error instanceof Error ? inspect(error) : `Uncaught ${inspect(error)}`;
  writeError(`${text}\n\nNode.js ${process.version}\n`);
}

function exitNow(code: unknown): never {
  return binding.exitNow(Number(process.exitCode ?? code ?? 0));
}

/** Must run once, before any code of the user runs in the worker. */
export function endAtOnce(): void {
  const internals = process as unknown as ProcessInternals;
  const emit = internals.emit;
  /** The exception that is being offered to listeners, and that it is the one which ends the process. */
  let offered: unknown;
  let isFatal = false;

  const offer: Emit = (event, ...args) => {
    try {
      return Reflect.apply(emit, process, [event, ...args]);
    } catch (error) {
      printUncaught(error);
      return binding.exitNow(LISTENER_THREW_EXIT_CODE);
    }
  };

  /**
   * An exception in an 'exit' listener is one like any other, but for its code: that of process.exit(code) and
   * process.exitCode stands. Node would let a process go on whose listeners take it; here, what ends, ends.
   */
  const offerFromExit = (error: unknown) => {
    offer('uncaughtExceptionMonitor', error, 'uncaughtException');
    isFatal = !offer('uncaughtException', error, 'uncaughtException');
    offered = error;
  };

  const end: Emit = (event, ...args) => {
    try {
      Reflect.apply(emit, process, [event, ...args]);
    } catch (error) {
      // Of two exceptions, Node tells the first.
      if (!isFatal) offerFromExit(error);
    }
    if (isFatal) printUncaught(offered);
    return exitNow(isFatal ? UNCAUGHT_EXIT_CODE : args[0]);
  };

  internals.reallyExit = (code) => binding.exitNow(Number(code ?? 0));
  internals.emit = (event, ...args) => {
    if (event === 'exit') return end(event, ...args);
    if (event === 'uncaughtExceptionMonitor') {
      offered = args[0];
      return offer(event, ...args);
    }
    if (event === 'uncaughtException') {
      const isHandled = offer(event, ...args);
      isFatal = !isHandled && args[0] === offered;
      return isHandled;
    }
    return Reflect.apply(emit, process, [event, ...args]);
  };
}
