// What a server's listeners want to hear of beside requests, as the engine is told. Runs where (req, res) listeners do.
import type { Server } from 'node:http';
import { binding } from '../binding/load.js';
import type { Wire } from '../http/wire.js';

const HEARS = binding.contract.hearing;

/** Events that the engine must be asked for. */
const ASKED = new Set(['connection', 'secureConnection', 'clientError', 'checkExpectation', 'timeout']);

export interface Wants {
  /** To know of a connection before its first request. */
  connections(): boolean;
  /** To answer itself what no listener is told of: what is no request, and expectations. */
  readonly refusals: boolean;
}

/**
 * Tells the engine now, and whenever listeners come or go.
 * @returns tells it anew, when that has changed otherwise
 */
export function keepHearing(server: Server, wire: Wire, { connections, refusals }: Wants): () => void {
  const tell = (): void => {
    wire.engine.hear(
      (connections() ? HEARS.connections! : 0) |
        (refusals || server.listenerCount('clientError') > 0 ? HEARS.faults! : 0) |
        (refusals || server.listenerCount('checkExpectation') > 0 ? HEARS.expectations! : 0),
    );
  };
  tell();
  // They tell before the listener is there, or gone.
  const tellSoon = (name: string | symbol): void => {
    if (ASKED.has(name as string)) process.nextTick(tell);
  };
  server.on('newListener', tellSoon);
  server.on('removeListener', tellSoon);
  return tell;
}
