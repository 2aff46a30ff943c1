// Clients that keep a ledger: every connection and every request by how it ended. Three kinds at once: kept-alive, a
// connection for each request, and uploads. Whatever a server does to its workers meanwhile, nothing may fail.
import { RawClient, type RawResponse, type Target } from './raw-client.js';

export interface Failure {
  readonly what: string;
  /** Milliseconds since the epoch between which the connection lived. */
  readonly from: number;
  readonly to: number;
  /** What the last answer on the connection said; undefined if there was none. */
  readonly answeredBy: string | undefined;
}

export class Ledger {
  connections = 0;
  answered = 0;
  /** Answers, by their text. */
  readonly bodies = new Map<string, number>();
  readonly failures: Failure[] = [];

  get wrong(): string[] {
    return this.failures.map(({ what }) => what);
  }
}

class Connection {
  readonly #ledger: Ledger;
  readonly #from = Date.now();
  #answeredBy: string | undefined;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** @returns whether the connection stays */
  answered(response: RawResponse): boolean {
    const { text, status } = response;
    this.#ledger.answered += 1;
    this.#ledger.bodies.set(text, (this.#ledger.bodies.get(text) ?? 0) + 1);
    this.#answeredBy = text;
    if (status !== 200 || text === '') this.failed(`status ${status}, '${text}'`);
    return response.header('connection')?.toLowerCase() !== 'close';
  }

  failed(what: string): void {
    this.#ledger.failures.push({ what, from: this.#from, to: Date.now(), answeredBy: this.#answeredBy });
  }
}

/** What is done on one connection. */
type Life = (client: RawClient, connection: Connection, isOver: () => boolean) => Promise<void>;

const keepAlive: Life = async (client, connection, isOver) => {
  while (!isOver()) {
    if (!connection.answered(await client.get('/'))) return;
  }
};

const ONLY = { Connection: 'close' };

const oneEach: Life = async (client, connection) => {
  connection.answered(await client.get('/', ONLY));
};

const BODY = 'x'.repeat(3000);

const upload: Life = async (client, connection) => {
  connection.answered(await client.post('/', BODY, ONLY));
};

/** More say nothing more: the server is gone, and a test that failed before end() is not to go on for ever. */
const FAILURES_MAX = 500;

export class Load {
  readonly ledger = new Ledger();
  readonly #target: Target;
  readonly #lives: Promise<void>[];
  #isOver = false;

  /** @param clients of each kind */
  constructor(target: Target, clients = 3) {
    this.#target = target;
    this.#lives = [keepAlive, oneEach, upload].flatMap((life) =>
      Array.from({ length: clients }, () => this.#live(life)),
    );
  }

  async end(): Promise<Ledger> {
    this.#isOver = true;
    await Promise.all(this.#lives);
    return this.ledger;
  }

  async #live(life: Life): Promise<void> {
    while (!this.#isOver && this.ledger.failures.length < FAILURES_MAX) {
      const connection = new Connection(this.ledger);
      let client: RawClient | undefined;
      try {
        client = await RawClient.connect(this.#target);
        this.ledger.connections += 1;
        await life(client, connection, () => this.#isOver);
      } catch (error) {
        connection.failed(`${life.name}: ${error}`);
      }
      client?.destroy();
    }
  }
}
