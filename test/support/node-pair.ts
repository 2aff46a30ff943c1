// The same scenario on a server of node:http and on one of pronghorn/http: what there is to say of both must be the same.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  createServer as createNodeServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { createServer } from 'pronghorn/http';
import { within } from './wait.js';

/** What there is to say of one run. */
export type Said = string[];
export type Scenario = (server: Server, said: Said) => Promise<unknown>;

export const GET = 'GET /path HTTP/1.1\r\nHost: a\r\n\r\n';
export const LAST = GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
export const statusOf = (text: string) => text.split('\r\n')[0]!;
export const hello = (_req: IncomingMessage, res: ServerResponse) => res.end('hello');

async function run(server: Server, scenario: Scenario): Promise<Said> {
  const said: Said = [];
  try {
    await scenario(server, said);
  } finally {
    server.close();
    server.closeAllConnections();
  }
  return said;
}

/** @param elsewhere what node:http of some other version says, where ours is the same under each */
export function same(title: string, expected: Said, scenario: Scenario, elsewhere: Said = expected): void {
  test(title, async () => {
    const said = await run(createNodeServer(), scenario);
    assert.deepEqual(said, isDeepStrictEqual(said, elsewhere) ? elsewhere : expected, 'node:http');
    assert.deepEqual(await run(createServer(), scenario), expected, 'pronghorn/http');
  });
}

export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

export interface Client {
  readonly socket: Socket;
  text: string;
  /** With what its connection has ended: '' for an orderly end. */
  readonly ended: Promise<string>;
}

export async function client(port: number, send = ''): Promise<Client> {
  const socket = connect({ host: '127.0.0.1', port });
  const ended = new Promise<string>((resolve) => {
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? ''));
    socket.once('close', () => resolve(''));
  });
  const made = { socket, text: '', ended };
  socket.setEncoding('latin1').on('data', (text: string) => {
    made.text += text;
  });
  await once(socket, 'connect');
  if (send !== '') socket.write(send, 'latin1');
  return made;
}

/** All that comes until the server ends the connection. */
export async function answerTo(port: number, send: string): Promise<string> {
  const asked = await client(port, send);
  await within('the end of a connection', asked.ended);
  return asked.text;
}
