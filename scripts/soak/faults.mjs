// What a server has to bear while it is soaked: clients that send byte by byte, that leave in the middle, that shut their side
// first; workers that are killed, workers that get no descriptor for a second, and a clock that jumps. Each fault has an
// outcome that is counted.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { descriptorCount, until } from './server.mjs';

const HEAD = 'GET / HTTP/1.1\r\nHost: soak\r\nConnection: close\r\n\r\n';
const ANSWER_MS = 10_000;
const BETWEEN_BYTES_MS = 5;
const BETWEEN_FAULTS_MS = 40;
const KILL_EVERY_MS = 8_000;
/** So long may it take a busy client to hear of it. */
const KILL_SHADOW_MS = 1_000;
const STARVED_MS = 1_000;
/** A worker that is left so many may answer what it has, and accept nothing. */
const SPARE_DESCRIPTORS = 1;

async function answerOn(socket) {
  let text = '';
  socket.setEncoding('latin1').on('data', (part) => {
    text += part;
  });
  socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
  socket.once('end', () => socket.end());
  await once(socket, 'close');
  if (!text.startsWith('HTTP/1.1 200')) throw new Error(`answered '${text.slice(0, 80)}'`);
}

/** A client that is cut off while it still sends: who waits for the answer later is told. */
function answerLater(socket) {
  const answer = answerOn(socket);
  answer.catch(() => {});
  return answer;
}

function open(port) {
  return connect({ port, host: '127.0.0.1', allowHalfOpen: true });
}

/** What each kind of client does; rejects when the server has not done its part. */
const CLIENTS = {
  slowHead: async (port) => {
    const socket = open(port);
    const answer = answerLater(socket);
    for (const byte of HEAD) {
      socket.write(byte);
      await pause(BETWEEN_BYTES_MS);
    }
    await answer;
  },
  halfClose: async (port) => {
    const socket = open(port);
    const answer = answerOn(socket);
    socket.end(HEAD);
    await answer;
  },
  reset: async (port) => {
    const socket = open(port);
    socket.on('error', () => {});
    socket.write(HEAD);
    await once(socket, 'connect');
    await pause(1);
    socket.resetAndDestroy();
  },
  leftHead: async (port) => {
    const socket = open(port);
    socket.on('error', () => {});
    socket.write(HEAD.slice(0, 20));
    await once(socket, 'connect');
    socket.destroy();
  },
};

export class Faults {
  counts = { killed: 0, starved: 0, clockJumps: 0 };
  errors = [];
  #kills = [];
  #server;
  #port;
  #clock;
  #isOver = false;
  #running;

  /** @param keeps pid of the worker that is spared, so that it grows old */
  constructor(server, port, keeps, clock) {
    this.#server = server;
    this.#port = port;
    this.#clock = clock;
    const clients = Object.keys(CLIENTS).map((kind) => this.#client(kind));
    this.#running = Promise.all([...clients, this.#harm(keeps)]);
  }

  /**
   * A request that failed between these moments, performance.now(), may have been in the works of a killed worker, or on a
   * connection that it had kept, of whose end the client had not heard yet.
   */
  explains(from, to) {
    return this.#kills.some((at) => at >= from - KILL_SHADOW_MS && at <= to);
  }

  async end() {
    this.#isOver = true;
    await this.#running;
  }

  async #client(kind) {
    while (!this.#isOver) {
      const from = performance.now();
      try {
        await CLIENTS[kind](this.#port);
        this.counts[kind] = (this.counts[kind] ?? 0) + 1;
      } catch (error) {
        if (!this.explains(from, performance.now())) this.errors.push(`${kind}: ${error.message}`);
      }
      await pause(BETWEEN_FAULTS_MS);
    }
  }

  /** A worker without descriptors, a worker killed, another time of day, by turns. */
  async #harm(keeps) {
    try {
      while (!this.#isOver) {
        const next = performance.now() + KILL_EVERY_MS;
        while (performance.now() < next && !this.#isOver) await pause(50);
        if (this.#isOver) return;
        const victim = this.#server.workers.find((pid) => pid !== keeps);
        if (victim === undefined) continue;
        await this.#starve(victim);
        this.#kills.push(performance.now());
        process.kill(victim, 'SIGKILL');
        this.counts.killed += 1;
        await until('a worker in place of the killed one', () =>
          this.#server.workers.some((pid) => pid !== keeps && pid !== victim),
        );
        await this.#clock.jump(`http://127.0.0.1:${this.#port}/`);
        this.counts.clockJumps += 1;
      }
    } catch (error) {
      this.errors.push(`harm: ${error.message}`);
    }
  }

  async #starve(pid) {
    const limit = (count) => spawnSync('prlimit', ['--pid', String(pid), `--nofile=${count}:`]).status === 0;
    const before = spawnSync('prlimit', ['--pid', String(pid), '--nofile', '--noheadings', '-o', 'SOFT'], {
      encoding: 'utf8',
    }).stdout?.trim();
    if (!before || !limit(descriptorCount(pid) + SPARE_DESCRIPTORS)) return;
    this.counts.starved += 1;
    await pause(STARVED_MS);
    limit(before);
  }
}
