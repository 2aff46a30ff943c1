// A client of this process's own server: asks it over a connection that no listener has brought, so that nobody else can
// be meant, and nobody else is asked. Runs in workers, before they are ready, and in hosts that warm up.
import { Socket } from 'node:net';
import { PronghornError } from '../errors.js';
import type { HttpServer } from '../http/server.js';

export interface OwnRequest {
  readonly method: string;
  /** Request target. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const STATUS_LINE = /^HTTP\/1\.1 (?<status>[2-5]\d\d)/;

function text({ method, url, headers, body }: OwnRequest): string {
  const length = Buffer.byteLength(body);
  const lines = { Host: 'localhost', ...headers, Connection: 'close' };
  const given = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  const size = length > 0 ? `Content-Length: ${length}\r\n` : '';
  return `${method} ${url} HTTP/1.1\r\n${given.join('')}${size}\r\n${body}`;
}

/**
 * Resolves with the status of the answer when all of it has come.
 * @param timeoutMs for that
 * @throws ERR_PRONGHORN_OWN_REQUEST when there is none
 */
export function askOwn(http: HttpServer, request: OwnRequest, timeoutMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const { method, url } = request;
    const fail = (reason: string) =>
      reject(new PronghornError('ERR_PRONGHORN_OWN_REQUEST', { method, url, reason }));
    const socket = new Socket({ fd: http.connect(), readable: true, writable: true });
    const timer = setTimeout(() => {
      fail(`no answer within ${timeoutMs / 1000} s`);
      socket.destroy();
    }, timeoutMs);
    let head = '';
    socket.setEncoding('latin1').on('data', (piece: string) => {
      head ||= piece;
    });
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => {
      clearTimeout(timer);
      const status = STATUS_LINE.exec(head)?.groups?.status;
      if (status === undefined) fail('the connection ended without an answer');
      else resolve(Number(status));
    });
    socket.end(text(request));
  });
}
