// What the streaming tests share: the application of test/fixtures/stream-app.mjs, and what it says of requests.
import assert from 'node:assert/strict';
import { fixture } from './paths.js';
import type { RawClient } from './raw-client.js';
import { type ServerProcess, startApp } from './server.js';
import { waitFor } from './wait.js';

export const CHUNKED = { 'Transfer-Encoding': 'chunked' };

export const startStreams =
  (...args: string[]) =>
  () =>
    startApp(fixture('stream-app.mjs'), { args: ['--workers', '1', ...args], nodeArgs: ['--expose-gc'] });

let keys = 0;

/** A name for one request, by which the application keeps what becomes of it. */
export function newKey(): string {
  keys += 1;
  return `key${keys}`;
}

export async function eventsOf(server: ServerProcess, key: string): Promise<unknown[]> {
  return JSON.parse((await server.get(`/events?key=${encodeURIComponent(key)}`)).text) as unknown[];
}

export async function untilEvents(server: ServerProcess, key: string, expected: unknown[]): Promise<void> {
  let events: unknown[] = [];
  await waitFor(`the events ${JSON.stringify(expected)}`, async () => {
    events = await eventsOf(server, key);
    return events.length >= expected.length;
  }).catch((error: Error) => {
    error.message += `, there are ${JSON.stringify(events)}`;
    throw error;
  });
  assert.deepEqual(events, expected);
}

export async function release(server: ServerProcess, key: string): Promise<void> {
  assert.equal((await server.get(`/release?key=${key}`)).text, 'released');
}

/** Resolves when a number that is asked for again and again has stayed the same for a while. */
export async function untilSteady(what: string, probe: () => number | Promise<number>): Promise<number> {
  let last = -1;
  let since = 0;
  await waitFor(
    `${what} to stand still`,
    async () => {
      const now = await probe();
      since = now === last ? since + 1 : 0;
      last = now;
      return since >= 10;
    },
    { everyMs: 30 },
  );
  return last;
}

export async function workerMemory(server: ServerProcess): Promise<number> {
  return Number((await server.get('/memory')).text);
}

export function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

/** Writes until the socket takes no more; gives the number of bytes that were written. */
export async function writeUntilStalled(client: RawClient, most: number): Promise<number> {
  const piece = Buffer.alloc(65_536, 'u');
  let written = 0;
  const pump = () => {
    while (written < most) {
      written += piece.length;
      if (!client.socket.write(piece)) return;
    }
  };
  client.socket.on('drain', pump);
  pump();
  await untilSteady('what the client could send', () => written - client.socket.writableLength);
  client.socket.off('drain', pump);
  return written;
}
