// A server whose manager the test can tell what to do: see fixtures/controlled.mjs.
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fixture, temporaryFolder } from './paths.js';
import { ServerProcess, withServer } from './server.js';
import { within } from './wait.js';

export interface ManagerEvent {
  event: string;
  pid: number;
  values: unknown[];
}

/** What a call to the manager came to. */
export interface Outcome {
  result?: unknown;
  error?: { code?: string; message: string };
}

export class ControlledServer extends ServerProcess {
  readonly #control: () => string;

  /** @param pidOf the manager that is to be told; without it, the one that was started last */
  constructor(
    config: object,
    events: string[] = [],
    more: Record<string, string> = {},
    pidOf?: () => number,
  ) {
    const control = join(temporaryFolder(), 'control');
    const env = {
      TEST_CONFIG: JSON.stringify(config),
      TEST_CONTROL: pidOf ? `${control}-PID` : control,
      TEST_EVENTS: events.join(','),
      ...more,
    };
    super({ command: [fixture('controlled.mjs')], env });
    this.#control = () => (pidOf ? `${control}-${pidOf()}` : control);
  }

  get events(): ManagerEvent[] {
    const lines = this.stdout.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
    return lines.map((line) => JSON.parse(line) as ManagerEvent);
  }

  async call(method: string, ...args: unknown[]): Promise<Outcome> {
    const socket = connect(this.#control());
    try {
      const lines = createInterface({ input: socket });
      const answer = new Promise<Outcome>((resolve, reject) => {
        socket.once('error', reject);
        lines.once('line', (line) => resolve(JSON.parse(line) as Outcome));
        lines.once('close', () => reject(new Error('the manager hung up')));
      });
      socket.write(`${JSON.stringify({ method, args })}\n`);
      return await within(`an answer to ${method}`, answer);
    } finally {
      socket.destroy();
    }
  }
}

/** Like withServer(). @param events of the manager that the test looks at */
export async function controlled(
  config: object,
  run: (server: ControlledServer) => Promise<void>,
  events: string[] = [],
): Promise<void> {
  const server = new ControlledServer(config, events);
  await withServer(
    () => server,
    () => run(server),
  );
}
