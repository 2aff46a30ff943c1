// A TLS client on Node's own: one connection with a RawClient on top, and what the handshake came to.
import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { commandLine, fixture } from './paths.js';
import { RawClient } from './raw-client.js';
import { ServerProcess, VERBOSE } from './server.js';
import { within } from './wait.js';

export interface TlsClient {
  readonly socket: TLSSocket;
  readonly raw: RawClient;
  /** The latest that the server has given; with TLS 1.3 it comes behind the handshake, before the first answer. */
  session: Buffer | undefined;
}

/** @throws what the handshake failed with */
export async function connectTls(port: number, options: ConnectionOptions = {}): Promise<TlsClient> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  const sessions: Buffer[] = [];
  socket.on('session', (session) => sessions.push(session));
  await within('a TLS handshake', once(socket, 'secureConnect'));
  return {
    socket,
    raw: RawClient.over(socket),
    get session() {
      return sessions.at(-1);
    },
  };
}

/** One request on a connection of its own; the answer's text. */
export async function getTls(port: number, path: string, options: ConnectionOptions = {}): Promise<string> {
  const { raw } = await connectTls(port, options);
  try {
    return (await raw.get(path)).text;
  } finally {
    raw.destroy();
  }
}

/** A session that the server gives to a new connection. */
export async function getSession(port: number, options: ConnectionOptions): Promise<Buffer> {
  const client = await connectTls(port, options);
  await client.raw.get('/');
  client.raw.destroy();
  if (!client.session) throw new Error('the server has given no session');
  return client.session;
}

export interface TlsAppOptions {
  listen: unknown;
  args?: string[];
  env?: Record<string, string>;
}

/** The application of the HTTP tests, with an answer about its TLS, on locations in any form. */
export function startTlsApp({ listen, args = [], env = {} }: TlsAppOptions): ServerProcess {
  return new ServerProcess({
    command: [commandLine, fixture('tls-app.mjs'), ...args],
    env: { ...VERBOSE, TEST_LISTEN: JSON.stringify(listen), ...env },
  });
}
