// Clients that keep a ledger: every connection and every request by how it ended. Three kinds at once: kept-alive, a
// connection for each request, and uploads. Whatever a server does to its workers meanwhile, nothing may be in `wrong`.
import { RawClient, type RawResponse, type Target } from './raw-client.js';

export interface Ledger {
  connections: number;
  answered: number;
  /** By answer. */
  bodies: Map<string, number>;
  wrong: string[];
}

/** What is done on one connection. */
type Life = (client: RawClient, ledger: Ledger, isOver: () => boolean) => Promise<void>;

function note(ledger: Ledger, what: string, text: string): void {
  ledger.answered += 1;
  ledger.bodies.set(text, (ledger.bodies.get(text) ?? 0) + 1);
  if (text === '') ledger.wrong.push(`${what}: an empty answer`);
}

/** @returns whether the connection stays */
function judge(ledger: Ledger, what: string, answer: RawResponse): boolean {
  if (answer.status !== 200) ledger.wrong.push(`${what}: status ${answer.status}`);
  note(ledger, what, answer.text);
  return answer.header('connection')?.toLowerCase() !== 'close';
}

const keepAlive: Life = async (client, ledger, isOver) => {
  while (!isOver()) {
    if (!judge(ledger, 'keep-alive', await client.get('/'))) return;
  }
};

const ONLY = { Connection: 'close' };

const oneEach: Life = async (client, ledger) => {
  judge(ledger, 'one each', await client.get('/', ONLY));
};

const BODY = 'x'.repeat(3000);

const upload: Life = async (client, ledger) => {
  judge(ledger, 'upload', await client.post('/', BODY, ONLY));
};

export class Load {
  readonly ledger: Ledger = { connections: 0, answered: 0, bodies: new Map(), wrong: [] };
  readonly #lives: Promise<void>[];
  #isOver = false;

  /** @param clients of each kind */
  constructor(target: Target, clients = 3) {
    this.#lives = [keepAlive, oneEach, upload].flatMap((life) =>
      Array.from({ length: clients }, () => this.#live(target, life)),
    );
  }

  async end(): Promise<Ledger> {
    this.#isOver = true;
    await Promise.all(this.#lives);
    return this.ledger;
  }

  async #live(target: Target, life: Life): Promise<void> {
    while (!this.#isOver) {
      try {
        const client = await RawClient.connect(target);
        this.ledger.connections += 1;
        await life(client, this.ledger, () => this.#isOver);
        client.destroy();
      } catch (error) {
        this.ledger.wrong.push(`${life.name}: ${error}`);
      }
    }
  }
}
