// Everything that can happen to a running server, at random, several things at a time and for as long as wanted, while a
// process of its own keeps it busy. What fails there is put beside the deaths that were inflicted: nothing else may fail.
import { Deeds, type Lane } from './deeds.js';
import type { Failure } from './ledger.js';
import { LoadRun } from './load-run.js';
import { waitFor } from './wait.js';

/** With what was done to the server meanwhile. */
export type WrongFailure = Failure & { during: string[] };

export interface Report {
  events: Record<string, number>;
  connections: number;
  answered: number;
  /** Requests in the works of a worker that was killed with SIGKILL. */
  lostWithWorker: number;
  /** Closed without an answer after the client, which was starved, had said nothing for as long as it may. */
  lateClients: number;
  wrong: WrongFailure[];
}

export interface ChurnOptions {
  /** Of the server. */
  readonly config: { readonly workerModel?: string; readonly [option: string]: unknown };
  readonly seed: number;
  /** Of each kind. */
  readonly clients?: number;
  /** Between two requests of a client. */
  readonly restMs?: number;
  /** A request was lost that nobody killed. */
  readonly onWrong?: (failure: WrongFailure) => void;
}

/** A worker that drains ends connections that have been idle for so long: who asks at that moment may come too late. */
const IDLE_GRACE_MS = 500;
/** A failure becomes known a little after the kill that caused it. */
const KILL_SHADOW_MS = 1000;
/** Without a byte of the answer. */
const IS_ENDED = /the connection was closed [^;]*; unread: ""$/;
/** Of what the server wrote, so much is kept to explain a failure. */
const LOG_MOST = 4_000_000;

/** The same numbers again for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class Churn {
  readonly report: Report = {
    events: {},
    connections: 0,
    answered: 0,
    lostWithWorker: 0,
    lateClients: 0,
    wrong: [],
  };
  readonly deeds: Deeds;
  readonly #options: ChurnOptions;
  readonly #random: () => number;
  readonly #done: { name: string; from: number; to: number }[] = [];
  /** What each lane is busy with. */
  readonly #lanes = new Map<Lane, Promise<void>>();
  #load: LoadRun | undefined;

  constructor(options: ChurnOptions) {
    this.#options = options;
    this.#random = randomNumbers(options.seed);
    this.deeds = new Deeds(options.config, this.#random);
  }

  /** So many events, one in each lane at a time. @param onEvent is called after each with the number of those done */
  async run(events: number, onEvent: (done: number) => void = () => {}): Promise<Report> {
    const { clients = 2, restMs = 0 } = this.#options;
    const { server } = this.deeds;
    await server.listening();
    this.#load = new LoadRun(server.port, clients, restMs, (failure) => this.#failed(failure));
    for (let i = 0; i < events; i++) {
      const names = Object.keys(this.deeds.all);
      const name = names[Math.floor(this.#random() * names.length)]!;
      const { lanes } = this.deeds.all[name]!;
      await Promise.all(lanes.map((lane) => this.#lanes.get(lane)));
      const deed = this.#one(name).then(() => onEvent(i + 1));
      // It is awaited before the next one of its lane, or at the end.
      deed.catch(() => {});
      for (const lane of lanes) this.#lanes.set(lane, deed);
      if (this.#done.length % 100 === 0) this.#forget();
    }
    await Promise.all(this.#lanes.values());
    const { connections, answered } = await this.#load.end();
    return Object.assign(this.report, { connections, answered });
  }

  /** Ends the server, and proves that nothing is left of it. */
  async stop(): Promise<void> {
    const { deeds } = this;
    process.kill(await waitFor('a manager', () => deeds.pid), 'SIGTERM');
    await waitFor('every process to end', () => deeds.server.members.length === 0);
  }

  /** The last net. */
  kill(): void {
    this.#load?.kill();
    this.deeds.server.kill();
  }

  #failed(failure: Failure): void {
    const { from, to, answeredBy, silentMs } = failure;
    const isInflicted = this.deeds.kills.some(({ pid, at }) => {
      const isTheirs = answeredBy === undefined || Number.parseInt(answeredBy, 10) === pid;
      return isTheirs && from <= at && to >= at && to - at < KILL_SHADOW_MS;
    });
    if (isInflicted) {
      this.report.lostWithWorker += 1;
      return;
    }
    if (silentMs >= IDLE_GRACE_MS && IS_ENDED.test(failure.what)) {
      this.report.lateClients += 1;
      return;
    }
    const wrong = { ...failure, during: this.#during(failure) };
    this.report.wrong.push(wrong);
    this.#options.onWrong?.(wrong);
  }

  async #one(name: string): Promise<void> {
    this.report.events[name] = (this.report.events[name] ?? 0) + 1;
    const deed = { name, from: Date.now(), to: Number.POSITIVE_INFINITY };
    this.#done.push(deed);
    await this.deeds.all[name]!.run();
    deed.to = Date.now();
  }

  #during({ from, to }: Failure): string[] {
    const meanwhile = this.#done.filter((deed) => deed.from <= to && deed.to >= from - 200);
    return meanwhile.map((deed) => `${deed.name} ${deed.from - from}..${deed.to - from} ms`);
  }

  /** What is long over explains nothing. */
  #forget(): void {
    const { server } = this.deeds;
    for (const name of ['stderr', 'stdout'] as const) {
      if (server[name].length > LOG_MOST) server[name] = server[name].slice(-LOG_MOST / 2);
    }
    if (this.#done.length > 1000) this.#done.splice(0, 500);
  }
}
