// Load in a process of its own: started by fork() with the server's port, how many clients of each kind there are and how
// long each rests between two requests. Ends when it is told to, and sends its ledger.
import { type Failure, Load, type LoadKind } from './ledger.js';

/** What it sends; all but the failures comes once, at the end. */
export interface LoadMessage {
  readonly failures: readonly Failure[];
  readonly connections?: number;
  readonly answeredOf?: Readonly<Record<LoadKind, number>>;
}

const [port, clients, restMs] = process.argv.slice(2).map(Number) as [number, number, number];
const load = new Load({ host: '127.0.0.1', port }, clients, restMs);

// What failed is told at once, so that it can be put beside what was done to the server.
const timer = setInterval(() => {
  const failures = load.ledger.failures.splice(0);
  if (failures.length > 0) process.send!({ failures } satisfies LoadMessage);
}, 100);

process.once('message', async () => {
  clearInterval(timer);
  const { connections, answeredOf, failures } = await load.end();
  process.send!({ connections, answeredOf, failures } satisfies LoadMessage, () => process.disconnect());
});
