// Compiled, never run: the published types allow what the documentation shows and refuse what is wrong.
import type { File } from 'node:buffer';
import {
  type Config,
  type Cookie,
  createServer,
  file,
  PronghornError,
  type Request,
  type ResponseInit,
  type Server,
} from 'pronghorn';

const config: Config = {
  listen: ['http://127.0.0.1:8080', 'unix:/run/app.sock'],
  minServers: 2,
  maxServers: 8,
  minLoad: 0.2,
  maxLoad: 0.7,
  bindModel: 'reuseport',
  startMethod: 'auto',
  headerTimeout: 2.5,
};

export const server: Server = createServer(config);
server.on('request', (request) => request.respond({ code: 200, body: 'hi' }));
server.on('request', async (request: Request) => {
  const method: string = request.method;
  const url: string = request.url;
  const type: string | undefined = request.headers.get('content-type') ?? undefined;
  const known: boolean = request.headers.has('accept');
  const pairs: [string, string][] = [...request.headers];
  const entries: [string, string][] = [...request.headers.entries()];
  const text: string = await request.text();
  const bytes: Uint8Array = await request.bytes();
  const json = await request.json();
  const address: string | undefined = request.remoteAddress;
  const ends: (string | number | undefined)[] = [request.remotePort, request.localAddress, request.localPort];
  const sum: string | undefined = request.trailers.get('x-sum');
  const answer: ResponseInit = { headers: { 'content-type': 'text/plain' }, body: new Uint8Array(3) };
  request.respond(answer);
  return [method, url, type, known, pairs, entries, text, bytes, json, address, ends, sum];
});
server.on('route', (request) => {
  const parts: [string, string | null, string | undefined, string | undefined] = [
    request.path,
    request.query.get('a'),
    request.host,
    request.cookies.get('b'),
  ];
  return parts;
});
server.on('websocket', (socket, request) => socket.send(request.path));
server.handleProtocols = (protocols: Set<string>, request: Request) => protocols.has(request.path) && 'a';
server.on('request', async (request) => {
  const form = await request.form({ fields: 3 });
  const value: string | File | undefined = form.get('a');
  for await (const part of request.parts()) {
    if (part.kind === 'file') await part.bytes();
    else part.value.trim();
  }
  const cookies: Cookie[] = [{ name: 'a', value: 'b', sameSite: 'Lax' }];
  request.respond({ cookies, body: await file('/etc/hostname') });
  return value;
});
server.on('spawn', async (worker) => {
  const pid: number = worker.pid;
  return pid;
});
server.on('start', () => {});
export const running: Promise<void> = server.run();
export const stopped: Promise<void> = server.stop();

createServer();
createServer({}, (request) => request.respond({}));

export function codeOf(error: unknown): string | undefined {
  return error instanceof PronghornError ? error.code : undefined;
}

// @ts-expect-error: a misspelt option
createServer({ minServer: 2 });
// @ts-expect-error: a value of the wrong type
createServer({ minServers: '2' });
// @ts-expect-error: a choice that does not exist
createServer({ bindModel: 'both' });
// @ts-expect-error: an event that does not exist
server.on('requests', () => {});
// @ts-expect-error: a body that cannot be sent
createServer({}, (request) => request.respond({ body: 42 }));
// @ts-expect-error: a coding that does not exist
createServer({ compression: { encodings: ['lzma'] } });
// @ts-expect-error: an attribute that does not exist
createServer({}, (request) => request.respond({ cookies: [{ name: 'a', value: 'b', expiry: 1 }] }));
// @ts-expect-error: a handler that is no function
createServer({}, 'hello');
