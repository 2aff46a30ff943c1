// A client that sends exactly the bytes that a test gives it, and reads HTTP/1 responses by the letter of
// RFC 9112. It has its own small parser, so that no library's leniency hides what is on the wire.
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { DEADLINE_MS, within } from './wait.js';

export type Target = { host: string; port: number; localAddress?: string } | { path: string };

export interface RawResponse {
  version: string;
  status: number;
  reason: string;
  /** Lines of the head after the first, as sent. */
  headerLines: string[];
  /** Value of a header, by any spelling of its name; several are joined by ', '. */
  header(name: string): string | undefined;
  body: Buffer;
  text: string;
}

const HEAD_END = '\r\n\r\n';

export class RawClient {
  readonly socket: Socket;
  #chunks: Buffer[] = [];
  #size = 0;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;
  #discard = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      if (this.#discard) return;
      this.#chunks.push(chunk);
      this.#size += chunk.length;
      this.#wake?.();
    });
    socket.on('end', () => {
      this.#ended = true;
      this.#wake?.();
    });
    socket.on('error', (error) => {
      this.#error = error;
      this.#ended = true;
      this.#wake?.();
    });
    socket.on('close', () => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  static async connect(target: Target): Promise<RawClient> {
    const socket = connect({ ...target, allowHalfOpen: true });
    const connected = new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    await within(`a connection to ${JSON.stringify(target)}`, connected);
    return new RawClient(socket);
  }

  /** On a connection that the test has made itself, by TLS for instance. */
  static over(socket: Socket): RawClient {
    return new RawClient(socket);
  }

  /** The error that ended the connection, ECONNRESET for instance. */
  get error(): Error | undefined {
    return this.#error;
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Says that nothing more will be sent, and still reads. */
  finish(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<RawResponse> {
    this.send(requestHead('GET', path, headers));
    return this.read();
  }

  async post(
    path: string,
    body: Uint8Array | string,
    headers: Record<string, string> = {},
  ): Promise<RawResponse> {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    this.send(requestHead('POST', path, { 'Content-Length': String(bytes.length), ...headers }));
    this.send(bytes);
    return this.read();
  }

  /** The next response. `method` is that of its request, since an answer to HEAD has no body. */
  async read(method = 'GET'): Promise<RawResponse> {
    return within(`a response on a connection`, this.#read(method));
  }

  async readAll(count: number): Promise<RawResponse[]> {
    const responses: RawResponse[] = [];
    while (responses.length < count) responses.push(await this.read());
    return responses;
  }

  /** Resolves when the server has closed its side; fails if it sent anything more before. */
  async closed(): Promise<void> {
    await within(
      'the server to close the connection',
      (async () => {
        while (!this.#ended) await this.#more();
      })(),
    );
    const rest = this.#peek();
    assert.equal(rest.toString('latin1'), '', 'the server sent more before it closed');
  }

  /** Bytes that have arrived and belong to no response that was read. */
  get pending(): string {
    return this.#peek().toString('latin1');
  }

  /** From here on, whatever arrives is dropped. */
  discard(): void {
    this.#discard = true;
    this.#chunks = [];
    this.#size = 0;
  }

  #peek(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  #take(size: number): Buffer {
    const all = this.#peek();
    const taken = all.subarray(0, size);
    this.#chunks = all.length > size ? [all.subarray(size)] : [];
    this.#size = all.length - size;
    return taken;
  }

  async #more(): Promise<void> {
    if (this.#ended) {
      const how = this.#error ? `with ${this.#error.message}` : 'by the server';
      throw new Error(`the connection was closed ${how}; unread: ${JSON.stringify(this.pending)}`);
    }
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }

  async #bytes(size: number): Promise<Buffer> {
    while (this.#size < size) await this.#more();
    return this.#take(size);
  }

  async #until(mark: string): Promise<string> {
    for (;;) {
      const end = this.#peek().indexOf(mark, 0, 'latin1');
      if (end !== -1) return this.#take(end + mark.length).toString('latin1', 0, end);
      await this.#more();
    }
  }

  async #read(method: string): Promise<RawResponse> {
    const [first = '', ...headerLines] = (await this.#until(HEAD_END)).split('\r\n');
    const start = /^(HTTP\/\d\.\d) (\d{3})(?: (.*))?$/.exec(first);
    assert.ok(start, `not a status line: ${JSON.stringify(first)}`);
    const header = (name: string) => headerValue(headerLines, name);
    const status = Number(start[2]);
    const body = await this.#body(method, status, header);
    return {
      version: start[1]!,
      status,
      reason: start[3] ?? '',
      headerLines,
      header,
      body,
      text: body.toString('utf8'),
    };
  }

  async #body(method: string, status: number, header: (name: string) => string | undefined): Promise<Buffer> {
    if (method === 'HEAD' || status === 204 || status === 304 || status < 200) return Buffer.alloc(0);
    if (header('transfer-encoding')?.toLowerCase() === 'chunked') return this.#chunkedBody();
    const length = header('content-length');
    if (length !== undefined) return this.#bytes(Number(length));
    while (!this.#ended) await this.#more();
    return this.#take(this.#size);
  }

  async #chunkedBody(): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (;;) {
      const size = Number.parseInt(await this.#until('\r\n'), 16);
      if (size === 0) break;
      parts.push(await this.#bytes(size));
      assert.equal(await this.#until('\r\n'), '', 'a chunk is longer than its size says');
    }
    while ((await this.#until('\r\n')) !== '');
    return Buffer.concat(parts);
  }
}

function headerValue(lines: string[], name: string): string | undefined {
  const values = lines
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const)
    .filter(([key]) => key.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(', ');
}

export function requestHead(method: string, path: string, headers: Record<string, string> = {}): string {
  const lines = Object.entries({ Host: 'test', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** A connection to each of the workers, by the pid that `path` answers with. */
export async function connectToEach(
  target: Target,
  workers: number,
  path = '/pid',
): Promise<Map<number, RawClient>> {
  const clients = new Map<number, RawClient>();
  const deadline = performance.now() + DEADLINE_MS;
  while (clients.size < workers) {
    assert.ok(performance.now() < deadline, `only ${clients.size} of ${workers} workers were reached`);
    const client = await RawClient.connect(target);
    const pid = Number((await client.get(path)).text);
    if (clients.has(pid)) client.destroy();
    else clients.set(pid, client);
  }
  return clients;
}
