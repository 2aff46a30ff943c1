// Clients that keep a ledger: every connection and every request by how it ended. Three kinds at once: kept-alive, a
// connection for each request, and uploads. Whatever a server does to its workers meanwhile, nothing may fail.
import { setTimeout as pause } from 'node:timers/promises';
import { RawClient, type RawResponse, type Target } from './raw-client.js';

/** What a client does: one connection for as long as it may, one for each request, uploads. */
export type LoadKind = 'keepAlive' | 'oneEach' | 'upload';

export interface Failure {
  readonly kind: LoadKind;
  readonly what: string;
  /** Milliseconds since the epoch between which the connection lived. */
  readonly from: number;
  readonly to: number;
  /** What the last answer on the connection said; undefined if there was none. */
  readonly answeredBy: string | undefined;
  /** For how long at most the client had said nothing before the request that failed. */
  readonly silentMs: number;
}

export class Ledger {
  connections = 0;
  answered = 0;
  readonly answeredOf: Record<LoadKind, number> = { keepAlive: 0, oneEach: 0, upload: 0 };
  /** Answers, by their text. */
  readonly bodies = new Map<string, number>();
  readonly failures: Failure[] = [];

  get wrong(): string[] {
    return this.failures.map(({ what }) => what);
  }
}

class Connection {
  readonly #ledger: Ledger;
  readonly #kind: LoadKind;
  readonly #from = Date.now();
  #answeredBy: string | undefined;
  #askedAt = performance.now();
  #silentMs = 0;

  constructor(ledger: Ledger, kind: LoadKind) {
    this.#ledger = ledger;
    this.#kind = kind;
  }

  /** The next request is to be sent now. */
  asks(): void {
    const now = performance.now();
    this.#silentMs = now - this.#askedAt;
    this.#askedAt = now;
  }

  /** @returns whether the connection stays */
  answered(response: RawResponse): boolean {
    const { text, status } = response;
    this.#ledger.answered += 1;
    this.#ledger.answeredOf[this.#kind] += 1;
    this.#ledger.bodies.set(text, (this.#ledger.bodies.get(text) ?? 0) + 1);
    this.#answeredBy = text;
    if (status !== 200 || text === '') this.failed(`status ${status}, '${text}'`);
    return response.header('connection')?.toLowerCase() !== 'close';
  }

  failed(what: string): void {
    const [kind, from, to] = [this.#kind, this.#from, Date.now()];
    const [answeredBy, silentMs] = [this.#answeredBy, this.#silentMs];
    this.#ledger.failures.push({ kind, what, from, to, answeredBy, silentMs });
  }
}

/** What is done on one connection. `rest` lets time pass between two requests. */
type Life = (
  client: RawClient,
  connection: Connection,
  isOver: () => boolean,
  rest: () => Promise<void>,
) => Promise<void>;

const ONLY = { Connection: 'close' };
const BODY = 'x'.repeat(3000);

const LIVES: Record<LoadKind, Life> = {
  keepAlive: async (client, connection, isOver, rest) => {
    while (!isOver()) {
      connection.asks();
      if (!connection.answered(await client.get('/'))) return;
      await rest();
    }
  },
  oneEach: async (client, connection) => {
    connection.asks();
    connection.answered(await client.get('/', ONLY));
  },
  upload: async (client, connection) => {
    connection.asks();
    connection.answered(await client.post('/', BODY, ONLY));
  },
};

/** More say nothing more: the server is gone, and a test that failed before end() is not to go on for ever. */
const FAILURES_MAX = 500;

export class Load {
  readonly ledger = new Ledger();
  readonly #target: Target;
  readonly #restMs: number;
  readonly #lives: Promise<void>[];
  #isOver = false;

  /**
   * @param clients of each kind
   * @param restMs between two requests of a client; 0: none
   */
  constructor(target: Target, clients = 3, restMs = 0) {
    this.#target = target;
    this.#restMs = restMs;
    const kinds = Object.keys(LIVES) as LoadKind[];
    this.#lives = kinds.flatMap((kind) => Array.from({ length: clients }, () => this.#live(kind)));
  }

  async end(): Promise<Ledger> {
    this.#isOver = true;
    await Promise.all(this.#lives);
    return this.ledger;
  }

  async #rest(): Promise<void> {
    if (this.#restMs > 0) await pause(this.#restMs);
  }

  async #live(kind: LoadKind): Promise<void> {
    const life = LIVES[kind];
    while (!this.#isOver && this.ledger.failures.length < FAILURES_MAX) {
      const connection = new Connection(this.ledger, kind);
      let client: RawClient | undefined;
      try {
        client = await RawClient.connect(this.#target);
        this.ledger.connections += 1;
        await life(
          client,
          connection,
          () => this.#isOver,
          () => this.#rest(),
        );
      } catch (error) {
        connection.failed(`${kind}: ${error}`);
      }
      client?.destroy();
      await this.#rest();
    }
  }
}
